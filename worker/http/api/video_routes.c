/* video_routes.c -- curated videos: import, reading, search, what editors change. Yields: all. The rules are in
 * domain/curation/video.h. */
#include "../items.h"
#include "../req.h"
#include "routes.h"
#include "worker/domain/curation/video.h"

/* POST …/import -- items are written as they come; sending all again is harmless. */
static int
video_take(struct req *rq, const void *args)
{
	(void)args;
	return items_import(rq, video_import());
}

struct list_in {
	const char	*q, *channel, *keyword, *sort, *cursor;
	int64_t		 limit;
};
static const struct param list_params[] = {
	P_STR(FROM_QUERY, struct list_in, q, "q", OPTIONAL, 0, 200),
	P_STR(FROM_QUERY, struct list_in, channel, "channel", OPTIONAL, 1, 255),
	P_STR(FROM_QUERY, struct list_in, keyword, "keyword", OPTIONAL, 1, VIDEO_KEYWORD_MAX),
	P_PICK(FROM_QUERY, struct list_in, sort, "sort", OPTIONAL, VIDEO_SORTS, "newest"),
	P_PAGE(struct list_in, 100, "20"),
	PARAM_END
};

static struct video_filter
filter_of(const struct list_in *in)
{
	return (struct video_filter){ .q = in->q, .channel = in->channel, .keyword = in->keyword, .sort = in->sort,
	    .limit = in->limit, .cursor = in->cursor };
}

static int
video_page(struct req *rq, const void *args)
{
	struct video_filter f = filter_of(args);
	const char *next;
	struct str list;
	int rc;

	if ((rc = video_list(rq->mem, &f, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

static const struct param search_params[] = {
	P_STR(FROM_QUERY, struct list_in, q, "q", REQUIRED, 1, 200),
	P_PICK(FROM_QUERY, struct list_in, sort, "sort", OPTIONAL, VIDEO_SORTS, "popular"),
	P_PAGE(struct list_in, 100, "20"),
	PARAM_END
};

static int
video_find(struct req *rq, const void *args)
{
	struct video_filter f = filter_of(args);
	const char *next, *source;
	struct str list;
	int rc;

	if ((rc = video_search(rq->mem, &f, rq->user, &list, &next, &source)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JR("data", list), JS("nextCursor", next),
	    JS("source", source)));
}

struct one_in {
	const char	*id, *pinned_until;
	bool		 hidden;
};
static const struct param one_params[] = {
	P_ID(FROM_PATH, struct one_in, id, "videoId", REQUIRED), PARAM_END
};

static int
video_read(struct req *rq, const void *args)
{
	const struct one_in *in = args;
	struct str json;
	int rc;

	if ((rc = video_get(rq->mem, in->id, rq->admin, &json)) < 0)
		return rc;
	return reply_data(rq, 200, json, MSG_NONE);
}

static const struct param change_params[] = {
	P_ID(FROM_PATH, struct one_in, id, "videoId", REQUIRED),
	P_BOOL(FROM_JSON, struct one_in, hidden, "hidden", OPTIONAL, NULL),
	P_TIME(FROM_JSON, struct one_in, pinned_until, "pinnedUntil", OPTIONAL),
	PARAM_END
};

/* pinnedUntil null ends the pin. */
static int
video_patch(struct req *rq, const void *args)
{
	const struct one_in *in = args;
	const struct json *hidden = json_get(rq->json, "hidden");
	struct video_change c = { .sets_hidden = hidden != NULL && json_type(hidden) == JSON_BOOL, .hidden = in->hidden,
	    .sets_pin = json_get(rq->json, "pinnedUntil") != NULL, .pinned_until = in->pinned_until };
	struct str json;
	int rc;

	if ((rc = video_change(rq->mem, in->id, &c, &json)) < 0)
		return rc;
	return reply_data(rq, 200, json, MSG_NONE);
}

const struct route video_routes[] = {
	{ "POST", "/api/v1/videos/import", video_take, NULL, OPERATOR_CURATE, RATE_DEFAULT, 600000,
	    "Import videos: NDJSON or a JSON array of {videoId,title,channelId?,publishedAt?,viewCount?,likeCount?,"
	    "keywords?[],emotions?{},…}; a known videoId is replaced", "Imported", ROUTE_STREAM },
	{ "GET", "/api/v1/videos", video_page, list_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "Videos, by sort; q is a part of title or channel", LIST("Video"), ROUTE_CACHEABLE },
	{ "GET", "/api/v1/videos/search", video_find, search_params, AUTH_OPTIONAL, RATE_DEFAULT, 10000,
	    "Search videos; source says where the answer is from",
	    "{success:true, data:[Video], nextCursor:null|string, source:string = \"local\"}", 0 },
	{ "GET", "/api/v1/videos/{videoId}", video_read, one_params, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "One video; VIDEO_NOT_FOUND where there is none, or it is hidden",
	    DATA("Video") " !VIDEO_NOT_FOUND", ROUTE_CACHEABLE },
	{ "PATCH", "/api/v1/videos/{videoId}", video_patch, change_params, OPERATOR_CURATE, RATE_DEFAULT, 5000,
	    "Hide a video (hidden), or pin it (pinnedUntil; null ends it)", DATA("Video") " !VIDEO_NOT_FOUND", 0 },
	{ 0 }
};
