/* interaction_in.c -- see interaction_in.h. Does not yield. */
#include "interaction_in.h"

#include "base/conf.h"
#include "base/err.h"

static const struct param item_params[] = {
	P_ID(FROM_JSON, struct interaction, video, "videoId", REQUIRED),
	P_PICK(FROM_JSON, struct interaction, type, "type", REQUIRED, INTERACTION_TYPES, NULL),
	P_INT(FROM_JSON, struct interaction, watch_ms, "watchMs", OPTIONAL, 0, INTERACTION_WATCH_MAX, NULL),
	P_STR(FROM_JSON, struct interaction, recommendation, "recommendationId", OPTIONAL, 36, 36),
	P_TIME(FROM_JSON, struct interaction, at, "at", OPTIONAL),
	PARAM_END
};

void
faults_add(struct req *rq, const struct param_faults *f, const char *list, size_t at)
{
	int i;

	for (i = 0; i < f->n && rq->faults.n < PARAM_FAULTS_MAX; i++)
		rq->faults.v[rq->faults.n++] = (struct param_fault){ list == NULL ? f->v[i].field
		    : arena_printf(rq->mem, "%s[%zu].%s", list, at, f->v[i].field), f->v[i].reason, f->v[i].row };
}

int
fault_refuse(struct req *rq, const char *field, enum param_reason reason, int64_t min, int64_t max)
{
	struct param *row = arena_zalloc(rq->mem, sizeof(*row));
	struct param_faults f = { { { field, reason, row } }, 1 };

	*row = (struct param){ .name = field, .kind = reason == REASON_LENGTH ? PARAM_STR : PARAM_STRS, .min = min,
	    .max = max };
	faults_add(rq, &f, NULL, 0);
	return E_VALIDATION;
}

static int
bind_item(struct req *rq, const struct json *body, const char *list, size_t at, struct interaction *out)
{
	struct param_input in = { .body = body };
	struct param_faults faults = { .n = 0 };

	if (param_bind(rq->mem, item_params, &in, out, &faults) == 0 && out->recommendation != NULL &&
	    !uuid_valid(out->recommendation))
		faults = (struct param_faults){ { { "recommendationId", REASON_UUID, &item_params[3] } }, 1 };
	faults_add(rq, &faults, list, at);
	if (json_get(body, "watchMs") == NULL)
		out->watch_ms = -1;
	return faults.n > 0 ? E_VALIDATION : 0;
}

int
interactions_bind(struct req *rq, const struct json *list, const struct json *single, struct interaction **v, size_t *n)
{
	const struct json *item;
	size_t i = 0;
	int rc = 0;

	*n = list != NULL ? json_count(list) : 1;
	if (list != NULL && (json_type(list) != JSON_ARRAY || *n == 0 || *n > (size_t)conf.interactions_max))
		return fault_refuse(rq, "interactions", REASON_COUNT, 1, conf.interactions_max);
	*v = arena_zalloc(rq->mem, *n * sizeof(**v));
	if (list == NULL)
		return bind_item(rq, single, NULL, 0, *v);
	for (item = json_first(list); item != NULL; item = json_next(item), i++)
		rc = bind_item(rq, item, "interactions", i, &(*v)[i]) < 0 ? E_VALIDATION : rc;
	return rc;
}
