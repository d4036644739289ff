/* recommendation_routes.c -- what users do with videos, what they think of keywords, what is recommended to them.
 * Yields: all. The rules are in domain/curation/. */
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "interaction_in.h"
#include "routes.h"
#include "worker/domain/curation/curation_rule.h"
#include "worker/domain/curation/preference.h"
#include "worker/domain/curation/recommendation.h"
#include "worker/domain/curation/video.h"

/* --- Interactions --- */

static const struct param interaction_params[] = {
	P_ID(FROM_JSON, struct interaction_in, v.video, "videoId", OPTIONAL),
	P_PICK(FROM_JSON, struct interaction_in, v.type, "type", OPTIONAL, INTERACTION_TYPES, NULL),
	P_INT(FROM_JSON, struct interaction_in, v.watch_ms, "watchMs", OPTIONAL, 0, INTERACTION_WATCH_MAX, NULL),
	P_STR(FROM_JSON, struct interaction_in, v.recommendation, "recommendationId", OPTIONAL, 36, 36),
	P_TIME(FROM_JSON, struct interaction_in, v.at, "at", OPTIONAL),
	P_ANY(FROM_JSON, struct interaction_in, list, "interactions", OPTIONAL),
	PARAM_END
};

/* POST /api/v1/interactions -- one, or a list as the body or in `interactions`; answered once committed. */
static int
interaction_post(struct req *rq, const void *args)
{
	const struct interaction_in *in = args;
	const struct json *list = json_type(rq->json) == JSON_ARRAY ? rq->json : in->list;
	struct interaction *v;
	size_t n;
	int rc;

	if (rq->json == NULL)
		return E_BAD_REQUEST;
	if ((rc = interactions_bind(rq, list, rq->json, &v, &n)) < 0 || (rc = interaction_add(rq->user, v, n)) < 0)
		return rc;
	return reply_data(rq, 201, json_obj(rq->mem, JI("accepted", (int64_t)n)), MSG_NONE);
}

struct undo_in { const char *video, *type; };
static const struct param undo_params[] = {
	P_ID(FROM_PATH, struct undo_in, video, "videoId", REQUIRED),
	P_PICK(FROM_PATH, struct undo_in, type, "type", REQUIRED, INTERACTION_UNDOABLE, NULL), PARAM_END
};

/* DELETE /api/v1/interactions/{videoId}/{type} -- repeated, it takes back nothing more. */
static int
interaction_delete(struct req *rq, const void *args)
{
	const struct undo_in *in = args;
	int64_t n;
	int rc;

	if ((rc = interaction_undo(rq->user, in->video, in->type, &n)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JI("removed", n)), MSG_NONE);
}

/* --- Preferences --- */

struct keywords_in {
	int64_t	 limit;
	const struct json *keywords;
	bool	 replace;
};
static const struct param keywords_params[] = {
	P_INT(FROM_QUERY, struct keywords_in, limit, "limit", OPTIONAL, 1, 500, "200"), PARAM_END
};

static int
reply_keywords(struct req *rq, int64_t limit)
{
	struct str list;
	int rc;

	if ((rc = preference_list(rq->mem, rq->user, limit, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

static int
keywords_read(struct req *rq, const void *args)
{
	const struct keywords_in *in = args;

	return reply_keywords(rq, in->limit);
}

struct keyword_in { const char *keyword; double score; };
static const struct param keyword_params[] = {
	P_STR(FROM_JSON, struct keyword_in, keyword, "keyword", REQUIRED, 1, VIDEO_KEYWORD_MAX),
	P_NUM(FROM_JSON, struct keyword_in, score, "score", OPTIONAL, 0, 1),
	PARAM_END
};
static const struct param change_params[] = {
	P_ANY(FROM_JSON, struct keywords_in, keywords, "keywords", REQUIRED),
	P_BOOL(FROM_JSON, struct keywords_in, replace, "replace", OPTIONAL, NULL),
	PARAM_END
};

/* score null, or none, forgets the keyword. */
static int
bind_keyword(struct req *rq, const struct json *body, size_t at, struct preference *out)
{
	struct param_input input = { .body = body };
	struct param_faults faults;
	struct keyword_in in = { 0 };
	const struct json *score = json_get(body, "score");

	if (param_bind(rq->mem, keyword_params, &input, &in, &faults) < 0) {
		faults_add(rq, &faults, "keywords", at);
		return E_VALIDATION;
	}
	if ((out->keyword = video_keyword(rq->mem, in.keyword)) == NULL)
		return fault_refuse(
		    rq, arena_printf(rq->mem, "keywords[%zu].keyword", at), REASON_LENGTH, 1, VIDEO_KEYWORD_MAX);
	out->score = score == NULL || json_type(score) == JSON_NULL ? -1 : in.score;
	return 0;
}

static int
keywords_put(struct req *rq, const void *args)
{
	const struct keywords_in *in = args;
	size_t n = json_count(in->keywords), i = 0;
	struct preference *v = arena_zalloc(rq->mem, (n + 1) * sizeof(*v));
	const struct json *row;
	int rc = 0;

	if (json_type(in->keywords) != JSON_ARRAY || n > PREFERENCES_SET_MAX)
		return fault_refuse(rq, "keywords", REASON_COUNT, 0, PREFERENCES_SET_MAX);
	for (row = json_first(in->keywords); row != NULL; row = json_next(row), i++)
		rc = bind_keyword(rq, row, i, &v[i]) < 0 ? E_VALIDATION : rc;
	if (rc < 0 || (rc = preference_set(rq->user, v, n, in->replace)) < 0)
		return rc;
	return reply_keywords(rq, PREFERENCES_SET_MAX);
}

/* --- Recommendations --- */

struct list_in {
	const char	*emotion, *video, *user;
	int64_t		 limit;
};
static const struct param list_params[] = {
	P_PICK(FROM_QUERY, struct list_in, emotion, "emotion", OPTIONAL, EMOTION_NAMES, NULL),
	P_INT(FROM_QUERY, struct list_in, limit, "limit", OPTIONAL, 1, RECOMMENDATION_LIMIT_MAX, "20"),
	PARAM_END
};

static int
recommendation_read(struct req *rq, const void *args)
{
	const struct list_in *in = args;
	struct str list;
	int rc;

	if ((rc = recommendation_find(rq->mem, rq->user, in->emotion, rq->english, in->limit, &list)) < 0)
		return rc;
	return reply_data(rq, 200, list, MSG_NONE);
}

static const struct param products_params[] = {
	P_INT(FROM_QUERY, struct list_in, limit, "limit", OPTIONAL, 1, RECOMMENDATION_LIMIT_MAX, "20"), PARAM_END
};

static int
products_read(struct req *rq, const void *args)
{
	const struct list_in *in = args;
	struct str list;
	int rc;

	if ((rc = recommendation_products(rq->mem, rq->user, rq->english, in->limit, &list)) < 0)
		return rc;
	return reply_data(rq, 200, list, MSG_NONE);
}

static const struct param similar_params[] = {
	P_ID(FROM_PATH, struct list_in, video, "videoId", REQUIRED),
	P_INT(FROM_QUERY, struct list_in, limit, "limit", OPTIONAL, 1, RECOMMENDATION_LIMIT_MAX, "20"),
	PARAM_END
};

static int
similar_read(struct req *rq, const void *args)
{
	const struct list_in *in = args;
	struct str list;
	int rc;

	if ((rc = recommendation_similar(rq->mem, rq->user, in->video, rq->english, in->limit, &list)) < 0)
		return rc;
	return reply_data(rq, 200, list, MSG_NONE);
}

const struct route recommendation_routes[] = {
	{ "POST", "/api/v1/interactions", interaction_post, interaction_params, AUTH_USER, RATE_DEFAULT, 15000,
	    "What the caller did with videos: one, or a list of up to INTERACTIONS_MAX as the body or in interactions; all of "
	    "them or none", "201 " DATA("{accepted:int}") " !VIDEO_NOT_FOUND", ROUTE_ONCE | ROUTE_LIST },
	{ "DELETE", "/api/v1/interactions/{videoId}/{type}", interaction_delete, undo_params, AUTH_USER,
	    RATE_DEFAULT, 5000,
	    "Take back a like, share, save, skip or hide; the preferences move back", DATA("{removed:int}"), 0 },
	{ "GET", "/api/v1/preferences/keywords", keywords_read, keywords_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "What the caller thinks of keywords: 0 dislikes, 0.5 neutral, 1 likes", LIST("KeywordTaste"), 0 },
	{ "PUT", "/api/v1/preferences/keywords", keywords_put, change_params, AUTH_USER, RATE_DEFAULT, 5000,
	    "Set some of them ({keyword,score}; score null forgets it); replace true forgets all others",
	    LIST("KeywordTaste"), 0 },
	{ "GET", "/api/v1/recommendations", recommendation_read, list_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "Videos that the caller may like, best first, each with the reason; emotion: what they should fit",
	    DATA("[Recommendation]"), 0 },
	{ "GET", "/api/v1/recommendations/products", products_read, products_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "Products that the caller may like, with the sentiment of their reviews",
	    DATA("[ProductRecommendation]"), 0 },
	{ "GET", "/api/v1/recommendations/videos/{videoId}/similar", similar_read, similar_params, AUTH_OPTIONAL,
	    RATE_DEFAULT, 10000, "Videos similar to one: watched by the same users, or of the same keywords",
	    DATA("[Recommendation]") " !VIDEO_NOT_FOUND", 0 },
	{ 0 }
};
