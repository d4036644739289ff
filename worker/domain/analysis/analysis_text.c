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

struct str
analysis_update_json(struct arena *mem, const struct analysis_update *u)
{
	return json_obj(mem, JS("requestId", u->request_id), JS("productId", u->product_id), JS("status", u->status),
	    JI("progress", u->progress), JS("message", u->message), JI("estimatedTime", u->estimated_s),
	    JI("currentStep", u->current_step), JI("totalSteps", u->total_steps),
	    JIF(u->total >= 0, JI("totalReviews", u->total)), JIF(u->processed >= 0,
	    JI("processedReviews", u->processed)), JIF(u->counted, JR("stats", stats_json(mem, u))),
	    JIF(u->results.p != NULL, JR("results", u->results)));
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

/* The progress hash, with the field names that other services read. */
static void
progress_effects(struct effects *effects, const struct analysis_update *u)
{
	struct arena *mem = effects_arena(effects);
	char *now = arena_alloc(mem, TIME_TEXT_BYTES), *end = arena_alloc(mem, TIME_TEXT_BYTES);
	const char *fields[] = {
		"status", u->status, "progress", number_text(mem, u->progress),
		"current_step", number_text(mem, u->current_step),
		"total_reviews", number_text(mem, u->total > 0 ? u->total : 0),
		"processed_reviews", number_text(mem, u->processed > 0 ? u->processed : 0),
		"estimated_completion", time_text(end, now_ms() + u->estimated_s * 1000),
		strcmp(u->status, "pending") == 0 ? "started_at" : NULL, time_text(now, now_ms()), NULL,
	};
	const char **copy = arena_alloc(mem, sizeof(fields));

	memcpy(copy, fields, sizeof(fields));
	effects_hash(effects, arena_key(mem, "analysis_progress", u->request_id), copy, conf.analysis_progress_ttl);
}

static void
stats_effects(struct effects *effects, const struct analysis_update *u)
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

	progress_effects(effects, u);
	effects_set(effects, arena_key(mem, "analysis:status", u->product_id),
	    analysis_status_fields(mem, u->status, u->progress, u->estimated_s), answer_ttl(conf.cache_status_ttl));
	effects_room(effects, arena_key(mem, "analysis", u->request_id), ROOM_PROGRESS, "analysis-update",
	    arena_key(mem, "analysis", u->request_id), payload, true);
	effects_channel(effects, arena_key(mem, "analysis_updates", u->request_id), payload);
	if (u->counted)
		stats_effects(effects, u);
}
