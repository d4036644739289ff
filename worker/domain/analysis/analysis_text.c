/* analysis_text.c -- an analysis's keys, payloads, user messages and effects. See analysis_text.h. */
#include "analysis_text.h"
#include "worker/domain/core/answer_cache.h"

#include "base/conf.h"
#include "base/language.h"
#include "worker/domain/core/room.h"

static const struct {
	const char	*ko, *en;
} texts[] = {
	[TEXT_PENDING] = { "분석 대기 중입니다.", "The analysis is waiting to begin." },
	[TEXT_COMPLETED] = { "분석이 완료되었습니다.", "The analysis is complete." },
	[TEXT_FAILED] = { "분석에 실패했습니다.", "The analysis has failed." },
	[TEXT_TITLE_COMPLETED] = { "분석 완료", "Analysis complete" },
	[TEXT_TITLE_FAILED] = { "분석 실패", "Analysis failed" },
	[TEXT_TELL_COMPLETED] = { " 상품의 리뷰 분석이 완료되었습니다.", ": the analysis of its reviews is complete." },
	[TEXT_TELL_FAILED] = { " 상품의 리뷰 분석에 실패했습니다.", ": the analysis of its reviews has failed." },
};

const char *
analysis_text(enum analysis_text what, const char *language)
{
	return language_english(language_find(language)) ? texts[what].en : texts[what].ko;
}

static struct str
stats_json(struct arena *mem, const struct analysis_update *u)
{
	return json_obj(mem, JI("positive", u->positive), JI("negative", u->negative), JI("neutral", u->neutral));
}

static int64_t
at_least_0(int64_t n)
{
	return n > 0 ? n : 0;
}

/* What Dure reads and does not pass on: the kind of a message, its sender, and the parts of a result. */
static const char *const consumed[] = { "type", "source", "result", "sentiment", "summary", "keywords", "language",
    NULL };

struct str
analysis_update_json(struct arena *mem, const struct analysis_update *u)
{
	const struct json *step = json_get(u->sent, "step");
	bool as_sent = step != NULL && json_type(step) != JSON_NULL;
	const struct json_field f[] = {
		JS("requestId", u->request_id), JS("productId", u->product_id), JS("status", u->status),
		JI("progress", u->progress), JS("message", u->message), JI("estimatedTime", at_least_0(u->estimated_s)),
		JI("currentStep", u->current_step), JI("totalSteps", at_least_0(u->total_steps)),
		JIF(as_sent, JR("step", as_sent ? json_text(mem, step) : STR(""))),
		JIF(!as_sent && u->step != NULL, JS("step", u->step)),
		JIF(u->total >= 0, JI("totalReviews", u->total)),
		JIF(u->processed >= 0, JI("processedReviews", u->processed)),
		JIF(u->counted, JR("stats", stats_json(mem, u))), JIF(u->results.p != NULL, JR("results", u->results)),
		JIF(u->error.p != NULL, JR("error", u->error)),
	};
	struct buf b = { 0 };

	buf_byte(&b, '{');
	json_put_fields(&b, f, NELEM(f));
	json_put_others(&b, u->sent, f, NELEM(f), consumed);
	buf_byte(&b, '}');
	return buf_to_arena(mem, &b);
}

static int64_t
read_number(const struct json *state, const char *name, int64_t none)
{
	int64_t n;

	return json_int(json_get(state, name), &n) ? n : none;
}

void
analysis_update_read(struct arena *mem, struct str state, struct analysis_update *out)
{
	const struct json *j = NULL, *stats;

	if (json_parse(mem, state.p, state.n, &j) < 0)
		j = NULL;
	stats = json_get(j, "stats");
	out->message = json_str(json_get(j, "message"));
	out->step = json_str(json_get(j, "step"));
	out->estimated_s = read_number(j, "estimatedTime", 0);
	out->current_step = read_number(j, "currentStep", 0);
	out->total_steps = read_number(j, "totalSteps", 0);
	out->total = read_number(j, "totalReviews", -1);
	out->processed = read_number(j, "processedReviews", -1);
	out->counted = stats != NULL;
	out->positive = read_number(stats, "positive", 0);
	out->negative = read_number(stats, "negative", 0);
	out->neutral = read_number(stats, "neutral", 0);
}

struct str
analysis_status_fields(struct arena *mem, const char *status, int64_t progress, int64_t estimated_s)
{
	return json_obj(mem, JS("status", status), JI("progress", progress), JI("estimatedTime", estimated_s));
}

static const char *
number_text(struct arena *mem, int64_t n)
{
	return arena_printf(mem, "%lld", (long long)n);
}

void
analysis_stats_effects(struct effects *effects, const struct analysis_update *u)
{
	struct arena *mem = effects_arena(effects);
	const char *key = arena_key(mem, "analysis_stats", u->request_id);
	char *now = arena_alloc(mem, TIME_TEXT_BYTES);
	const char *fields[] = {
		"positive", number_text(mem, u->positive), "negative", number_text(mem, u->negative),
		"neutral", number_text(mem, u->neutral),
		"total_processed", number_text(mem, u->positive + u->negative + u->neutral),
		"last_updated", time_text(now, now_ms()), NULL,
	};
	const char **copy = arena_alloc(mem, sizeof(fields));

	memcpy(copy, fields, sizeof(fields));
	effects_hash(effects, key, copy, conf.analysis_progress_ttl);
	effects_channel(effects, key, stats_json(mem, u));
}

void
analysis_state_effects(struct effects *effects, const struct analysis_update *u, struct str payload)
{
	struct arena *mem = effects_arena(effects);

	effects_set(effects, arena_key(mem, "analysis:status", u->product_id),
	    analysis_status_fields(mem, u->status, u->progress, u->estimated_s), answer_ttl(conf.cache_status_ttl));
	effects_room(effects, arena_key(mem, "analysis", u->request_id), ROOM_PROGRESS, "analysis-update",
	    arena_key(mem, "analysis", u->request_id), payload, true);
	effects_channel(effects, arena_key(mem, "analysis_updates", u->request_id), payload);
}
