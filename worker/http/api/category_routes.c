/* category_routes.c -- the tree of categories. Yields: all. The rules are in domain/catalog/category.h. */
#include "../req.h"
#include "routes.h"
#include "worker/domain/catalog/category.h"

static int
category_read(struct req *rq, const void *args)
{
	struct str list;
	int rc;

	(void)args;
	if ((rc = category_list(&list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

struct category_in {
	const char	*id, *name, *parent;
	int64_t		 position;
};
#define CATEGORY_PARAMS(name_needed) \
	P_STR(FROM_JSON, struct category_in, name, "name", name_needed, 1, CATEGORY_NAME_MAX), \
	P_ID(FROM_JSON, struct category_in, parent, "parentId", OPTIONAL), \
	P_INT(FROM_JSON, struct category_in, position, "position", OPTIONAL, 0, 1000000, NULL)
static const struct param create_params[] = { CATEGORY_PARAMS(REQUIRED), PARAM_END };
static const struct param change_params[] = {
	P_ID(FROM_PATH, struct category_in, id, "id", REQUIRED), CATEGORY_PARAMS(OPTIONAL), PARAM_END
};

/* What was given; a null parent makes a root. */
static struct str
fields_of(struct req *rq, const struct category_in *in)
{
	return json_obj(rq->mem, JIF(in->name != NULL, JS("name", in->name)),
	    JIF(json_get(rq->json, "parentId") != NULL, JS("parentId", in->parent)),
	    JIF(json_get(rq->json, "position") != NULL, JI("position", in->position)));
}

static int
category_post(struct req *rq, const void *args)
{
	struct str json;
	int rc;

	if ((rc = category_create(fields_of(rq, args), &json)) < 0)
		return rc;
	return reply_data(rq, 201, json, MSG_NONE);
}

static int
category_patch(struct req *rq, const void *args)
{
	const struct category_in *in = args;
	struct str json;
	int rc;

	if ((rc = category_change(in->id, fields_of(rq, in), &json)) < 0)
		return rc;
	return reply_data(rq, 200, json, MSG_NONE);
}

static const struct param id_params[] = {
	P_ID(FROM_PATH, struct category_in, id, "id", REQUIRED), PARAM_END
};

static int
category_remove(struct req *rq, const void *args)
{
	const struct category_in *in = args;
	int rc;

	if ((rc = category_delete(in->id)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true),
	    JS("message", message_text(MSG_CATEGORY_DELETED, rq->english))));
}

const struct route category_routes[] = {
	{ "GET", "/api/v1/categories", category_read, NULL, AUTH_OPTIONAL, RATE_DEFAULT, 5000,
	    "All categories, parents before their children", LIST("Category"), ROUTE_CACHEABLE },
	{ "POST", "/api/v1/categories", category_post, create_params, AUTH_ADMIN, RATE_DEFAULT, 5000, "Make a category",
	    "201 " DATA("Category") " !CONFLICT !NOT_FOUND", ROUTE_ONCE },
	{ "PATCH", "/api/v1/categories/{id}", category_patch, change_params, AUTH_ADMIN, RATE_DEFAULT, 5000,
	    "Rename a category, or move it with all that is in it; parentId null makes it a root",
	    DATA("Category") " !CONFLICT", 0 },
	{ "DELETE", "/api/v1/categories/{id}", category_remove, id_params, AUTH_ADMIN, RATE_DEFAULT, 5000,
	    "Delete an empty category", SAID " !CATEGORY_IN_USE", 0 },
	{ 0 }
};
