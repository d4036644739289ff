/* youtube.c -- see youtube.h. Yields: all. */
#include "youtube.h"

#include "../call/fetch.h"
#include "base/err.h"
#include "base/log.h"
#include "worker/domain/external/quota.h"
#include "youtube_parse.h"

enum { ROUNDS_MAX = 20, SEARCH_RESULTS = 25 };

static struct fetch_api youtube = { .api = API_YOUTUBE, .key_header = "X-Goog-Api-Key", .base = &conf.youtube_base_url,
    .key = &conf.youtube_api_key };

static const char *
url_text(struct arena *mem, const char *s)
{
	struct buf b = { 0 };

	for (; *s != '\0'; s++)
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
		    strchr("-_.~", *s) != NULL)
			buf_byte(&b, *s);
		else
			buf_printf(&b, "%%%02X", (unsigned)(unsigned char)*s);
	return buf_to_arena(mem, &b).p;
}

/* YouTube counts otherwise than Dure where another program uses the same key: its word ends the day. */
static int
ask(const struct fetch_ask *a, struct fetch_answer *out)
{
	int rc = fetch(&youtube, a, out);
	const char *reason;

	if (rc != E_FORBIDDEN)
		return rc;
	reason = youtube_error_reason(co_arena(), out->body);
	if (strcmp(reason, "quotaExceeded") == 0 || strcmp(reason, "dailyLimitExceeded") == 0) {
		enum external_bucket bucket = external_endpoints[a->endpoint].bucket;

		log_warn("external quota is used up", JS("api", "youtube"), JS("bucket", external_buckets[bucket].name),
		    JT("until", quota_day_end(now_ms() / 1000, external_buckets[bucket].zone) * 1000));
		(void)quota_exhaust(bucket);
		return E_RATE;
	}
	return rc;
}

static const char *
joined(struct arena *mem, struct strs ids)
{
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < ids.n; i++) {
		buf_str(&b, i > 0 ? "," : "");
		buf_str(&b, ids.v[i]);
	}
	return buf_to_arena(mem, &b).p;
}

/* Asks for videos by id, at most YOUTUBE_IDS_MAX, and stores them. */
static int
read_videos(struct arena *mem, struct strs ids, int64_t fresh_s, int64_t limit_ms, struct external_video **v, size_t *n)
{
	struct fetch_ask a = { .endpoint = YOUTUBE_VIDEOS, .method = "GET", .units = 1, .fresh_s = fresh_s,
	    .limit_ms = limit_ms, .path = arena_printf(mem, "/videos?part=snippet,contentDetails,statistics&id=%s",
	    joined(mem, ids)) };
	struct fetch_answer got;
	int rc;

	*n = 0;
	if ((rc = ask(&a, &got)) < 0 || (rc = youtube_parse_videos(mem, got.body, v, n)) < 0)
		return rc;
	return *n == 0 ? 0 : video_external_store(mem, *v, *n);
}

int
youtube_search(struct arena *mem, const char *words, int64_t limit_ms, struct strs *ids)
{
	int64_t began_ms = mono_ms(), left_ms;
	struct fetch_ask a = { .endpoint = YOUTUBE_SEARCH, .method = "GET", .units = 1,
	    .fresh_s = conf.external_search_ttl_s, .limit_ms = limit_ms,
	    .path = arena_printf(mem, "/search?part=id&type=video&maxResults=%d&q=%s", SEARCH_RESULTS,
	    url_text(mem, words)) };
	struct external_video *v;
	struct fetch_answer got;
	size_t n;
	int rc;

	if ((rc = ask(&a, &got)) < 0 || (rc = youtube_parse_search(mem, got.body, ids)) < 0 || ids->n == 0)
		return rc;
	if ((left_ms = began_ms + limit_ms - mono_ms()) <= 0)
		return E_TIMEOUT;
	return read_videos(mem, *ids, conf.external_search_ttl_s, left_ms, &v, &n);
}

static bool
has_video(const struct external_video *v, size_t n, const char *id)
{
	size_t i;

	for (i = 0; i < n && strcmp(v[i].id, id) != 0; i++)
		;
	return i < n;
}

/* Moves what an import called a video of YouTube, and is none, to `lost`. */
static void
split_ids(struct strs *ids, struct strs *lost)
{
	size_t i, kept = 0;

	for (i = 0; i < ids->n; i++)
		if (youtube_id_ok(ids->v[i]))
			ids->v[kept++] = ids->v[i];
		else
			lost->v[lost->n++] = ids->v[i];
	ids->n = kept;
}

/* One call's worth of the oldest. */
static int
refresh_some(struct arena *mem, int64_t *n)
{
	struct strs ids, lost = { 0 };
	struct external_video *v;
	int64_t dropped = 0;
	size_t got, i;
	int rc;

	if ((rc = video_external_stale(mem, YOUTUBE_IDS_MAX, &ids)) < 0 || ids.n == 0)
		return rc;
	lost.v = arena_alloc(mem, ids.n * sizeof(*lost.v));
	split_ids(&ids, &lost);
	if (ids.n > 0) {
		if ((rc = read_videos(mem, ids, 0, 0, &v, &got)) < 0)
			return rc;
		for (i = 0; i < ids.n; i++)
			if (!has_video(v, got, ids.v[i]))
				lost.v[lost.n++] = ids.v[i];
	}
	rc = video_external_drop(mem, lost, &dropped);
	*n += (int64_t)ids.n;
	return rc;
}

int
youtube_refresh(struct arena *mem, int64_t *n)
{
	int64_t before, expired = 0;
	int i, rc = 0, also;

	for (i = 0, before = -1; i < ROUNDS_MAX && rc == 0 && *n != before; i++) {
		before = *n;
		rc = refresh_some(mem, n);
	}
	also = video_external_expire(&expired);
	*n += expired;
	return rc < 0 ? rc : also;
}
