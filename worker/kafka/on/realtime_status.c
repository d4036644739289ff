/* realtime_status.c -- topic realtime-status: progress of an analysis, and its sentiment cards. */
#include "base/err.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/kafka/topics_in.h"

enum { TEXT_MAX = 2000 };
#define COUNT_MAX 1000000000

struct progress_in {
	const char	*request, *product, *status, *message;
	double		 progress;
	double		 estimated;	/* seconds */
	int64_t		 steps, total, processed;
	const struct json *stats;
};
static const struct param progress_params[] = {
	P_ID(FROM_JSON, struct progress_in, request, "requestId", REQUIRED),
	P_ID(FROM_JSON, struct progress_in, product, "productId", OPTIONAL),
	P_NUM(FROM_JSON, struct progress_in, progress, "progress", REQUIRED, 0, 100),
	P_STR(FROM_JSON, struct progress_in, status, "status", OPTIONAL, 1, 50),
	P_STR(FROM_JSON, struct progress_in, message, "message", OPTIONAL, 0, TEXT_MAX),
	P_INT(FROM_JSON, struct progress_in, steps, "totalSteps", OPTIONAL, 0, 1000, "0"),
	P_NUM(FROM_JSON, struct progress_in, estimated, "estimatedTime", OPTIONAL, 0, COUNT_MAX),
	P_INT(FROM_JSON, struct progress_in, total, "totalReviews", OPTIONAL, -1, COUNT_MAX, "-1"),
	P_INT(FROM_JSON, struct progress_in, processed, "processedReviews", OPTIONAL, -1, COUNT_MAX, "-1"),
	P_OBJ(FROM_JSON, struct progress_in, stats, "stats", OPTIONAL),
	PARAM_END
};

/* type progress -- updates the task, publishes to its room. */
static int
progress_apply(struct kmsg *m, const void *args)
{
	const struct progress_in *in = args;
	struct analysis_progress p = {
		.request_id = in->request, .product_id = in->product, .message = in->message,
		.progress = (int64_t)in->progress, .total = in->total, .processed = in->processed,
		.total_steps = in->steps, .stats = in->stats, .sent = m->body, .partial = kmsg_from_channel(m),
	};

	p.estimated_s = json_num(json_get(m->body, "estimatedTime"), -1) >= 0 ? (int64_t)in->estimated : -1;
	if (analysis_step_read(m->body, &p.step) < 0) {
		m->reason = STEP_REASON;
		return E_VALIDATION;
	}
	return analysis_on_progress(m->pg, m->effects, &p);
}

struct card_in {
	struct analysis_card c;
	const char	*sentiment, *text;
};
static const struct param card_params[] = {
	P_ID(FROM_JSON, struct card_in, c.request_id, "requestId", REQUIRED),
	P_ID(FROM_JSON, struct card_in, c.product_id, "productId", OPTIONAL),
	P_OBJ(FROM_JSON, struct card_in, c.card, "card", REQUIRED),
	P_ID(FROM_JSON, struct card_in, c.card_id, "card.id", REQUIRED),
	P_PICK(FROM_JSON, struct card_in, sentiment, "card.sentiment", REQUIRED, "positive|negative|neutral", NULL),
	P_STR(FROM_JSON, struct card_in, text, "card.text", REQUIRED, 1, TEXT_MAX),
	PARAM_END
};

/* type sentiment-card -- stores the cards of a batch by one statement. */
static int
cards_store(struct kmsg *const *m, size_t n)
{
	struct analysis_card **cards = arena_alloc(m[0]->mem, n * sizeof(*cards));
	size_t i;
	int rc;

	for (i = 0; i < n; i++)
		cards[i] = &((struct card_in *)m[i]->args)->c;
	if ((rc = analysis_store_cards(m[0]->pg, m[0]->mem, cards, n)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		m[i]->rc = cards[i]->rc;
	return 0;
}

/* Publishes a stored card to its task's room. */
static int
card_publish(struct kmsg *m, const void *args)
{
	analysis_card_effects(m->effects, &((const struct card_in *)args)->c);
	return 0;
}

const struct topic_in on_realtime_status[] = {
	{ .topic = "realtime-status", .type = "progress", .handler = progress_apply, .params = progress_params,
	    .args_bytes = sizeof(struct progress_in) },
	{ .topic = "realtime-status", .type = "sentiment-card", .handler = card_publish, .params = card_params,
	    .args_bytes = sizeof(struct card_in), .store = cards_store, .table = "emotion_cards" },
	{ 0 }
};
