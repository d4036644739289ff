/* kafka_routes.c -- requests that are answered over the topics: accepted here, their outcome comes to the sockets.
 * Yields: all. */
#include "../req.h"
#include "base/err.h"
#include "base/metric.h"
#include "link/redis.h"
#include "proc/scoreboard.h"
#include "routes.h"
#include "worker/domain/analysis/analysis.h"
#include "worker/domain/analysis/batch.h"
#include "worker/domain/catalog/search.h"
#include "worker/domain/core/outbox.h"
#include "worker/domain/core/settings.h"

enum { REPORT_STALE_MS = 10000 };

/* 202 {success,data:{<id_name>,topic,status:"queued"},message} */
static int
reply_queued(struct req *rq, const char *id_name, const char *id, const char *topic, enum message m)
{
	return reply_data(rq, 202, json_obj(rq->mem, JS(id_name, id), JS("topic", topic), JS("status", "queued")), m);
}

struct search_in {
	const char		*query;
	const struct json	*options;
	int64_t			 limit;
	bool			 reviews;
};
static const struct param search_params[] = {
	P_STR(FROM_JSON, struct search_in, query, "query", REQUIRED, 1, 200),
	P_OBJ(FROM_JSON, struct search_in, options, "options", OPTIONAL),
	P_INT(FROM_JSON, struct search_in, limit, "options.limit", OPTIONAL, 1, 100, "20"),
	P_BOOL(FROM_JSON, struct search_in, reviews, "options.includeReviews", OPTIONAL, "false"),
	PARAM_END
};

static int
kafka_search(struct req *rq, const void *args)
{
	const struct search_in *in = args;
	const char *id;
	int rc;

	if ((rc = search_start(rq->mem, in->query, in->limit, in->reviews, rq->user, rq->traceparent, &id)) < 0)
		return rc;
	return reply_queued(rq, "messageId", id, "product-search-requests", MSG_SEARCH_QUEUED);
}

struct realtime_in {
	const char		*product;
	const struct json	*options;
	const char		*language;	/* this and the next are checked here, passed on in options */
	bool			 keywords, sentiment, trends;
};
#define ANALYSIS_OPTIONS(T) \
	P_OBJ(FROM_JSON, T, options, "options", OPTIONAL), \
	P_PICK(FROM_JSON, T, language, "options.language", OPTIONAL, "ko|en", NULL), \
	P_BOOL(FROM_JSON, T, keywords, "options.includeKeywords", OPTIONAL, "true"), \
	P_BOOL(FROM_JSON, T, sentiment, "options.includeSentiment", OPTIONAL, "true"), \
	P_BOOL(FROM_JSON, T, trends, "options.includeTrends", OPTIONAL, "false")
static const struct param realtime_params[] = {
	P_ID(FROM_JSON, struct realtime_in, product, "productId", REQUIRED),
	ANALYSIS_OPTIONS(struct realtime_in),
	PARAM_END
};

static int
kafka_realtime(struct req *rq, const void *args)
{
	const struct realtime_in *in = args;
	struct analysis_order o = { .product_id = in->product, .user_id = rq->user, .options = in->options,
		.accepted = rq->language, .kind = ANALYSIS_REALTIME, .traceparent = rq->traceparent };
	struct analysis_ticket t;
	int rc;

	if ((rc = settings_analysis()) < 0 || (rc = analysis_start(rq->mem, &o, false, &t)) < 0)
		return rc;
	return reply_queued(rq, "requestId", t.task_id, "analysis-requests", MSG_REALTIME_QUEUED);
}

struct batch_in {
	const char		*product;
	struct strs		 products;
	const struct json	*options;
	const char		*language;
	bool			 keywords, sentiment, trends;
};
static const struct param batch_params[] = {
	P_ID(FROM_JSON, struct batch_in, product, "productId", OPTIONAL),
	P_IDS(FROM_JSON, struct batch_in, products, "productIds", OPTIONAL, 1, 1000),
	ANALYSIS_OPTIONS(struct batch_in),
	PARAM_END
};

static int
kafka_batch(struct req *rq, const void *args)
{
	const struct batch_in *in = args;
	struct batch_order o = {
		.user_id = rq->user, .options = in->options, .products = in->products, .schedule = "now",
		.traceparent = rq->traceparent,
	};
	struct cronexpr_fault why;
	const char *one[] = { in->product }, *job;
	int rc;

	if (o.products.n == 0 && in->product != NULL)
		o.products = (struct strs){ one, 1 };
	if (o.products.n == 0) {		/* one of the two is required */
		rq->faults = (struct param_faults){ { { "productIds", REASON_REQUIRED, &batch_params[1] } }, 1 };
		return E_VALIDATION;
	}
	if ((rc = settings_analysis()) < 0 || (rc = batch_create(rq->mem, &o, &job, &why)) < 0)
		return rc;
	return reply_queued(rq, "jobId", job, "analysis-requests", MSG_BATCH_QUEUED);
}

/* Whether a bridge of this host has Kafka. */
static bool
bridge_connected(void)
{
	int i;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		const struct slot *s = scoreboard_slot(i);

		if (s->kind == PROC_KAFKA && s->state == SLOT_READY && s->links_up & LINK_KAFKA)
			return true;
	}
	return false;
}

/* `report`, an object, with the shards of the outbox that this host's bridge holds. */
static struct str
with_shards(struct req *rq, struct str report, uint64_t *const *blocks, size_t n)
{
	struct buf b = { 0 };
	const char *sep = "";
	size_t i;

	buf_add(&b, report.p, report.n - 1);
	buf_str(&b, ",\"shards\":[");
	for (i = 0; i < OUTBOX_SHARDS; i++)
		if (metric_total(blocks, n, M_OUTBOX_SHARDS, i) > 0) {
			buf_printf(&b, "%s%zu", sep, i);
			sep = ",";
		}
	buf_str(&b, "]}");
	return buf_to_arena(rq->mem, &b);
}

/* What a bridge wrote last; where none has recently, or Redis is down, what this host knows. */
static int
kafka_status(struct req *rq, const void *args)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];
	size_t n = scoreboard_blocks(blocks);
	struct redis_reply r = { .type = REDIS_NIL };
	struct str figures;
	int64_t at_ms = 0;

	(void)args;
	if (redis_cmd(&r, "HMGET system_status kafka kafka_at") == 0 && r.type == REDIS_ARRAY && r.n == 2 &&
	    r.v[0].type == REDIS_STR &&
	    r.v[1].type == REDIS_STR && parse_int(r.v[1].s.p, 0, INT64_MAX, &at_ms) &&
	    now_ms() - at_ms < REPORT_STALE_MS)
		return reply_data(rq, 200, with_shards(rq, r.v[0].s, blocks, n), MSG_NONE);
	figures = json_obj(rq->mem, JI("depth", (int64_t)metric_total(blocks, n, M_OUTBOX_DEPTH, 0)),
	    JI("ageMs", (int64_t)metric_total(blocks, n, M_OUTBOX_AGE, 0)));
	return reply_data(rq, 200, with_shards(rq, json_obj(rq->mem, JB("connected", bridge_connected()),
	    JS("error", bridge_connected() ? NULL : "no bridge has reported lately"),
	    JI("lag", (int64_t)metric_total_all(blocks, n, M_KAFKA_LAG)), JR("outbox", figures),
	    JR("brokers", STR("[]")),
	    JR("topics", STR("[]"))), blocks, n), MSG_NONE);
}

const struct route kafka_routes[] = {
	{ "POST", "/api/kafka/search", kafka_search, search_params, AUTH_OPTIONAL, RATE_DEFAULT, 10000,
	    "Search products through the pipeline; subscribe to the messageId",
	    "202 " DATA_SAID("{messageId:uuid, topic:string = \"product-search-requests\", status:'queued'}"),
	    ROUTE_ONCE },
	{ "POST", "/api/kafka/analysis/realtime", kafka_realtime, realtime_params, AUTH_OPTIONAL, RATE_DEFAULT, 10000,
	    "Analyse a product now; subscribe to the requestId",
	    "202 " DATA_SAID("{requestId:string, topic:string = \"analysis-requests\", "
	    "status:'queued'}") " !ANALYSIS_PAUSED", ROUTE_ONCE },
	{ "POST", "/api/kafka/analysis/batch", kafka_batch, batch_params, AUTH_OPTIONAL, RATE_DEFAULT, 30000,
	    "Analyse several products as one job; subscribe to the jobId",
	    "202 " DATA_SAID("{jobId:string, topic:string = \"analysis-requests\", "
	    "status:'queued'}") " !ANALYSIS_PAUSED", ROUTE_ONCE },
	{ "GET", "/api/kafka/status", kafka_status, NULL, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "Brokers, topics with their lag, outbox depth and age, the bridges that share it and the shards of this "
	    "host's, and what is wrong", DATA("KafkaStatus"), 0 },
	{ 0 }
};
