/* curation_routes.c -- trends for everybody; for editors their lists and the key figures. Yields: all. The rules are in
 * domain/curation/. */
#include <time.h>

#include "../req.h"
#include "base/err.h"
#include "interaction_in.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/curation/curation_kpi.h"
#include "worker/domain/curation/editor_list.h"
#include "worker/domain/curation/trend.h"
#include "worker/domain/curation/video.h"

static int
trends_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = trend_active(rq->mem, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

/* --- Editors --- */

static int
editor_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = editor_list_read(rq->mem, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

struct entry_in {
	const char	*action, *target, *value, *until, *note;
	double		 factor;
	int64_t		 id;
};
static const struct param entry_params[] = {
	P_PICK(FROM_JSON, struct entry_in, action, "action", REQUIRED, EDITOR_ACTIONS, NULL),
	P_PICK(FROM_JSON, struct entry_in, target, "target", REQUIRED, EDITOR_TARGETS, NULL),
	P_STR(FROM_JSON, struct entry_in, value, "value", REQUIRED, 1, 255),
	P_NUM(FROM_JSON, struct entry_in, factor, "factor", OPTIONAL, 0, 10),
	P_TIME(FROM_JSON, struct entry_in, until, "until", OPTIONAL),
	P_STR(FROM_JSON, struct entry_in, note, "note", OPTIONAL, 0, 500),
	PARAM_END
};

/* A boost without a factor doubles. */
static int
editor_post(struct req *rq, const void *args)
{
	const struct entry_in *in = args;
	struct editor_entry e = { .action = in->action, .target = in->target, .value = in->value, .until = in->until,
	    .note = in->note, .editor = rq->user, .factor = strcmp(in->action, "boost") != 0 ? 1
	    : in->factor > 0 ? in->factor : 2 };
	struct str json;
	int rc;

	if (strcmp(in->target, "keyword") == 0 && video_keyword(rq->mem, in->value) == NULL)
		return fault_refuse(rq, "value", REASON_LENGTH, 1, VIDEO_KEYWORD_MAX);
	if ((rc = editor_list_put(rq->mem, &e, &json)) < 0)
		return rc;
	AUDIT("editor_list_changed", rq->user, rq->ip, JS("action", e.action), JS("target", e.target),
	    JS("value", e.value));
	return reply_data(rq, 201, json, MSG_NONE);
}

static const struct param delete_params[] = {
	P_INT(FROM_PATH, struct entry_in, id, "id", REQUIRED, 1, INT64_C(9007199254740991), NULL), PARAM_END
};

static int
editor_delete(struct req *rq, const void *args)
{
	const struct entry_in *in = args;
	int rc;

	if ((rc = editor_list_delete(in->id)) < 0)
		return rc;
	AUDIT("editor_list_changed", rq->user, rq->ip, JS("action", "delete"), JI("id", in->id));
	return reply_data(rq, 200, json_obj(rq->mem, JI("id", in->id)), MSG_NONE);
}

/* --- Key figures --- */

struct kpi_in { const char *day; };
static const struct param kpi_params[] = {
	P_TIME(FROM_QUERY, struct kpi_in, day, "day", OPTIONAL), PARAM_END
};

static int
kpi_read(struct req *rq, const void *args)
{
	const struct kpi_in *in = args;
	char now[TIME_TEXT_BYTES];
	const char *day = arena_copy(rq->mem, in->day != NULL ? in->day : time_text(now, now_ms()), 10);
	struct curation_kpi k;
	int rc;

	if ((rc = curation_kpi_read(day, &k)) < 0)
		return rc;
	return reply_data(rq, 200, json_obj(rq->mem, JS("day", day), JI("lists", k.lists), JI("clicked", k.clicked),
	    JD("clickRate", k.click_rate), JI("sessions", k.sessions), JD("videosPerSession", k.videos_per_session),
	    JI("users", k.users)), MSG_NONE);
}

const struct route curation_routes[] = {
	{ "GET", "/api/v1/trends", trends_read, NULL, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "Keywords that rise now; growth 1 is steady", LIST("Trend"), ROUTE_CACHEABLE },
	{ "GET", "/api/v1/editor/lists", editor_read, NULL, OPERATOR_CURATE, RATE_DEFAULT, 5000,
	    "What editors pin, block and boost", LIST("EditorEntry"), 0 },
	{ "POST", "/api/v1/editor/lists", editor_post, entry_params, OPERATOR_CURATE, RATE_DEFAULT, 5000,
	    "Pin, block or boost a channel, keyword or video; the same one again changes it",
	    "201 " DATA("EditorEntry"), 0 },
	{ "DELETE", "/api/v1/editor/lists/{id}", editor_delete, delete_params, OPERATOR_CURATE, RATE_DEFAULT, 5000,
	    "Take an entry back", DATA("{id:int}"), 0 },
	{ "GET", "/api/v1/curation/kpi", kpi_read, kpi_params, OPERATOR_CURATE, RATE_DEFAULT, 15000,
	    "Key figures of a day (UTC; today): lists recommended and clicked, sessions, videos watched in one",
	    DATA("{day:date, lists:int = 120, clicked:int = 31, clickRate:num = 0.258, sessions:int = 80, "
	    "videosPerSession:num = 3.2, users:int = 64}"), 0 },
	{ 0 }
};
