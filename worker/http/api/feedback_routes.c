/* feedback_routes.c -- interactions and recommendations in the shape of Gorse's API, for programs that speak it.
 * Yields: all. */
#include "../req.h"
#include "base/conf.h"
#include "base/err.h"
#include "interaction_in.h"
#include "routes.h"
#include "worker/domain/curation/recommendation.h"

/* Gorse's installations name their types themselves; these are the usual ones. */
static const struct { const char *name, *type; } feedback_types[] = {
	{ "read", "view" }, { "view", "view" }, { "click", "view" }, { "like", "like" }, { "star", "like" },
	{ "favorite", "like" }, { "share", "share" }, { "save", "save" }, { "skip", "skip" }, { "hide", "hide" },
	{ "dislike", "hide" },
};
#define FEEDBACK_TYPES "read|view|click|like|star|favorite|share|save|skip|hide|dislike"

struct feedback {
	const char	*type, *user, *item, *at;
	bool		 taken;
};
static const struct param feedback_params[] = {
	P_PICK(FROM_JSON, struct feedback, type, "FeedbackType", REQUIRED, FEEDBACK_TYPES, NULL),
	P_ID(FROM_JSON, struct feedback, user, "UserId", REQUIRED),
	P_ID(FROM_JSON, struct feedback, item, "ItemId", REQUIRED),
	P_TIME(FROM_JSON, struct feedback, at, "Timestamp", OPTIONAL),
	PARAM_END
};

struct feedback_in { const struct json *feedback; };
static const struct param body_params[] = {
	P_ANY(FROM_JSON, struct feedback_in, feedback, "feedback", OPTIONAL), PARAM_END
};

/* Only an admin acts for others. */
static bool
may_act_for(const struct req *rq, const char *user)
{
	return rq->admin || strcmp(rq->user, user) == 0;
}

static int
bind_feedback(struct req *rq, const struct json *list, struct feedback *v)
{
	struct param_input in = { 0 };
	struct param_faults faults;
	size_t i = 0;

	for (in.body = json_first(list); in.body != NULL; in.body = json_next(in.body), i++) {
		if (param_bind(rq->mem, feedback_params, &in, &v[i], &faults) < 0)
			faults_add(rq, &faults, "feedback", i);
		else if (!may_act_for(rq, v[i].user))
			return E_FORBIDDEN;
	}
	return rq->faults.n > 0 ? E_VALIDATION : 0;
}

static const char *
interaction_type(const char *name)
{
	size_t i;

	for (i = 0; i < NELEM(feedback_types) - 1 && strcmp(feedback_types[i].name, name) != 0; i++)
		;
	return feedback_types[i].type;
}

/* Stores all of one user's, from v[i] on. */
static int
add_of_user(struct req *rq, struct feedback *v, size_t i, size_t n)
{
	struct interaction *out = arena_zalloc(rq->mem, (n - i) * sizeof(*out));
	const char *user = v[i].user;
	size_t k = 0;

	for (; i < n; i++)
		if (!v[i].taken && strcmp(v[i].user, user) == 0) {
			v[i].taken = true;
			out[k++] = (struct interaction){ .video = v[i].item, .type = interaction_type(v[i].type),
			    .at = v[i].at, .watch_ms = -1 };
		}
	return interaction_add(user, out, k);
}

/* POST /api/feedback -- each user's are stored whole or not at all. */
static int
feedback_post(struct req *rq, const void *args)
{
	const struct feedback_in *in = args;
	const struct json *list = json_type(rq->json) == JSON_ARRAY ? rq->json : in->feedback;
	size_t n = json_count(list), i;
	struct feedback *v = arena_zalloc(rq->mem, (n + 1) * sizeof(*v));
	int rc;

	if (list == NULL || json_type(list) != JSON_ARRAY || n == 0 || n > (size_t)conf.interactions_max)
		return fault_refuse(rq, "feedback", REASON_COUNT, 1, conf.interactions_max);
	if ((rc = bind_feedback(rq, list, v)) < 0)
		return rc;
	for (i = 0; i < n; i++)
		if (!v[i].taken && (rc = add_of_user(rq, v, i, n)) < 0)
			return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JI("RowAffected", (int64_t)n)));
}

struct recommend_in { const char *user; int64_t n; };
static const struct param recommend_params[] = {
	P_ID(FROM_PATH, struct recommend_in, user, "userId", REQUIRED),
	P_INT(FROM_QUERY, struct recommend_in, n, "n", OPTIONAL, 1, RECOMMENDATION_LIMIT_MAX, "10"),
	PARAM_END
};

static int
recommend_read(struct req *rq, const void *args)
{
	const struct recommend_in *in = args;
	struct str list;
	int rc;

	if (!may_act_for(rq, in->user))
		return E_FORBIDDEN;
	if ((rc = recommendation_ids(rq->mem, in->user, in->n, &list)) < 0)
		return rc;
	return reply_json(rq, 200, list);
}

const struct route feedback_routes[] = {
	{ "POST", "/api/feedback", feedback_post, body_params, AUTH_USER, RATE_DEFAULT, 30000,
	    "Interactions as Gorse takes them: a list of {FeedbackType,UserId,ItemId,Timestamp?}; of others by an admin alone",
	    "{RowAffected:int = 2} !FORBIDDEN !VIDEO_NOT_FOUND", ROUTE_ONCE | ROUTE_LIST },
	{ "GET", "/api/recommend/{userId}", recommend_read, recommend_params, AUTH_USER, RATE_DEFAULT, 10000,
	    "A user's recommendations as Gorse gives them: ids of videos; of others for an admin alone",
	    "[string] = [\"v1\",\"v2\"] !FORBIDDEN", 0 },
	{ 0 }
};
