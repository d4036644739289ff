/* cache_routes.c -- the answer cache, for operators. Yields: all. The work is done in domain/ops/cache_admin.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/ops/cache_admin.h"

static int
cache_health_read(struct req *rq, const void *args)
{
	struct str data;
	bool up;

	(void)args;
	cache_health(rq->mem, &data, &up);
	return reply_json(rq, up ? 200 : 503, json_obj(rq->mem, JB("success", up), JR("data", data)));
}

static int
cache_stats_read(struct req *rq, const void *args)
{
	struct str data;
	int rc;

	(void)args;
	if ((rc = cache_stats(rq->mem, &data)) < 0)
		return rc;
	return reply_data(rq, 200, data, MSG_NONE);
}

struct days_in { int64_t days; };
static const struct param days_params[] = {
	P_INT(FROM_QUERY, struct days_in, days, "days", OPTIONAL, 1, 31, "7"), PARAM_END
};

static int
cache_hitrate_read(struct req *rq, const void *args)
{
	const struct days_in *in = args;
	struct str data;
	int rc;

	if ((rc = cache_hitrate(rq->mem, in->days, &data)) < 0)
		return rc;
	return reply_data(rq, 200, data, MSG_NONE);
}

struct ids_in { struct strs ids; };
static const struct param ids_params[] = {
	P_IDS(FROM_JSON, struct ids_in, ids, "productIds", REQUIRED, 1, 1000), PARAM_END
};
struct id_in { const char *id; };
static const struct param id_params[] = {
	P_ID(FROM_PATH, struct id_in, id, "productId", REQUIRED), PARAM_END
};

static int
forget_products(struct req *rq, struct strs ids)
{
	int64_t deleted;
	int rc;

	if ((rc = cache_invalidate(rq->mem, ids, &deleted)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JI("products", (int64_t)ids.n), JI("deletedKeys", deleted)),
	    MSG_CACHE_DELETED);
}

static int
cache_delete(struct req *rq, const void *args)
{
	const struct id_in *in = args;
	const char *one[] = { in->id };

	return forget_products(rq, (struct strs){ one, 1 });
}

static int
cache_delete_batch(struct req *rq, const void *args)
{
	const struct ids_in *in = args;

	return forget_products(rq, in->ids);
}

static int
cache_warmup(struct req *rq, const void *args)
{
	const struct ids_in *in = args;
	struct strs missing;
	int64_t warmed;
	int rc;

	if ((rc = cache_warm(rq->mem, in->ids, &warmed, &missing)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JI("warmed", warmed), JR("missing", strs_json(rq->mem, missing))),
	    MSG_CACHE_WARMED);
}

const struct route cache_routes[] = {
	{ "GET", "/api/analyze/cache/health", cache_health_read, NULL, OPERATOR_CACHE_READ, RATE_DEFAULT, 5000,
	    "Whether Redis answers, and how fast",
	    DATA("CacheHealth") " 503 {success:false, data:CacheHealth}", 0 },
	{ "GET", "/api/analyze/cache/stats", cache_stats_read, NULL, OPERATOR_CACHE_READ, RATE_DEFAULT, 10000,
	    "Today's hits and misses, keys and memory",
	    DATA("{date:date, hits:int = 80, misses:int = 20, hitRate:num = 0.8, keys:int, memoryBytes:int, "
	    "memoryPeakBytes:int}"), 0 },
	{ "GET", "/api/analyze/cache/hitrate", cache_hitrate_read, days_params, OPERATOR_CACHE_READ, RATE_DEFAULT, 5000,
	    "The daily hit rate",
	    DATA("{days:int = 7, hits:int = 80, misses:int = 20, hitRate:num = 0.8, daily:[{date:date, "
	    "hits:int, misses:int, hitRate:num}]}"), 0 },
	{ "DELETE", "/api/analyze/cache/batch", cache_delete_batch, ids_params, OPERATOR_CACHE_CHANGE,
	    RATE_DEFAULT, 10000, "Forget the cached answers about several products", DATA_SAID("CacheDeletion"), 0 },
	{ "DELETE", "/api/analyze/cache/{productId}", cache_delete, id_params, OPERATOR_CACHE_CHANGE,
	    RATE_DEFAULT, 5000, "Forget the cached answers about a product", DATA_SAID("CacheDeletion"), 0 },
	{ "POST", "/api/analyze/cache/warmup", cache_warmup, ids_params, OPERATOR_CACHE_CHANGE, RATE_DEFAULT, 30000,
	    "Load results from the database into the cache", DATA_SAID("{warmed:int = 2, missing:[string]}"), 0 },
	{ 0 }
};
