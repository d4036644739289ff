/* external_api.c -- the tables of external services. See external_api.h. */
#include "external_api.h"

#include "base/metric.h"

static int64_t youtube_units(void) { return conf.youtube_quota_daily; }
static int64_t youtube_searches(void) { return conf.youtube_search_daily; }
static int64_t anthropic_tokens(void) { return conf.anthropic_tokens_daily; }
static int64_t news_calls(void) { return conf.news_daily; }

static const char *const api_names[EXTERNAL_APIS] = { "youtube", "anthropic", "news" };
static const char *const result_names[EXTERNAL_RESULTS] = { "ok", "cached", "retried", "failed", "refused" };

const struct external_endpoint_row external_endpoints[EXTERNAL_ENDPOINTS] = {
	[YOUTUBE_VIDEOS] = { API_YOUTUBE, "videos.list", BUCKET_YOUTUBE_UNITS },
	[YOUTUBE_SEARCH] = { API_YOUTUBE, "search.list", BUCKET_YOUTUBE_SEARCHES },
	[ANTHROPIC_MESSAGES] = { API_ANTHROPIC, "messages", BUCKET_ANTHROPIC_TOKENS },
	[ANTHROPIC_BATCHES] = { API_ANTHROPIC, "messages.batches", BUCKET_ANTHROPIC_TOKENS },
	[NEWS_HEADLINES] = { API_NEWS, "top-headlines", BUCKET_NEWS_CALLS },
};
const struct external_bucket_row external_buckets[EXTERNAL_BUCKETS] = {
	[BUCKET_YOUTUBE_UNITS] = { API_YOUTUBE, "units", QUOTA_PACIFIC, youtube_units },
	[BUCKET_YOUTUBE_SEARCHES] = { API_YOUTUBE, "searches", QUOTA_PACIFIC, youtube_searches },
	[BUCKET_ANTHROPIC_TOKENS] = { API_ANTHROPIC, "tokens", QUOTA_UTC, anthropic_tokens },
	[BUCKET_NEWS_CALLS] = { API_NEWS, "calls", QUOTA_UTC, news_calls },
};

const char *
external_api_name(enum external_api api)
{
	return api_names[api];
}

bool
external_on(const struct conf *c, enum external_api api)
{
	const char *const keys[EXTERNAL_APIS] = { c->youtube_api_key, c->anthropic_api_key, c->news_api_key };

	return *keys[api] != '\0';
}

void
external_count(enum external_api api, enum external_result result)
{
	metric_add(M_EXTERNAL_CALLS, (size_t)api * EXTERNAL_RESULTS + result, 1);
}

static int
put_endpoint(size_t cell, struct buf *out)
{
	if (cell >= EXTERNAL_ENDPOINTS)
		return -1;
	buf_printf(out, "api=\"%s\",endpoint=\"%s\"", api_names[external_endpoints[cell].api],
	    external_endpoints[cell].name);
	return 0;
}

static int
put_result(size_t cell, struct buf *out)
{
	if (cell >= (size_t)EXTERNAL_APIS * EXTERNAL_RESULTS)
		return -1;
	buf_printf(out, "api=\"%s\",result=\"%s\"", api_names[cell / EXTERNAL_RESULTS],
	    result_names[cell % EXTERNAL_RESULTS]);
	return 0;
}

static int
put_bucket(size_t cell, struct buf *out)
{
	if (cell >= EXTERNAL_BUCKETS)
		return -1;
	buf_printf(out, "api=\"%s\",bucket=\"%s\"", api_names[external_buckets[cell].api], external_buckets[cell].name);
	return 0;
}

static int
put_api(size_t cell, struct buf *out)
{
	if (cell >= EXTERNAL_APIS)
		return -1;
	buf_printf(out, "api=\"%s\"", api_names[cell]);
	return 0;
}

void
external_metrics_start(void)
{
	metric_labels(M_API_USAGE, put_endpoint);
	metric_labels(M_EXTERNAL_CALLS, put_result);
	metric_labels(M_EXTERNAL_QUOTA_USED, put_bucket);
	metric_labels(M_EXTERNAL_QUOTA_LIMIT, put_bucket);
	metric_labels(M_EXTERNAL_BREAKER, put_api);
}
