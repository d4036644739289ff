/* watchlist_updates.c -- topic watchlist-updates: changes of watched products. */
#include "base/err.h"
#include "worker/domain/catalog/watch.h"
#include "worker/kafka/topics_in.h"

enum { NAME_MAX_CHARS = 1000, PRICE_MAX = 1000000000 };

struct update_in {
	const char	*product, *user, *kind, *type, *request, *name;
	const struct json *data;
	double		 old_price, new_price, savings;
};
static const struct param update_params[] = {
	P_ID(FROM_JSON, struct update_in, product, "productId", REQUIRED),
	P_ID(FROM_JSON, struct update_in, user, "userId", OPTIONAL),
	P_ID(FROM_JSON, struct update_in, request, "requestId", OPTIONAL),
	P_PICK(FROM_JSON, struct update_in, kind, "updateType", REQUIRED, "added|removed|price_changed", NULL),
	P_PICK(FROM_JSON, struct update_in, type, "type", OPTIONAL, "price-alert", NULL),
	P_OBJ(FROM_JSON, struct update_in, data, "data", OPTIONAL),
	P_STR(FROM_JSON, struct update_in, name, "data.productName", OPTIONAL, 0, NAME_MAX_CHARS),
	P_NUM(FROM_JSON, struct update_in, old_price, "data.oldPrice", OPTIONAL, 0, PRICE_MAX),
	P_NUM(FROM_JSON, struct update_in, new_price, "data.newPrice", OPTIONAL, 0, PRICE_MAX),
	P_NUM(FROM_JSON, struct update_in, savings, "data.savings", OPTIONAL, 0, PRICE_MAX),
	PARAM_END
};

static double
price_of(const struct json *data, const char *name)
{
	return json_num(json_get(data, name), -1);
}

/* Updates the rows of the users who watch the product, notifies them, publishes to their rooms. */
static int
update_apply(struct kmsg *m, const void *args)
{
	const struct update_in *in = args;
	struct watch_update u = {
		.product = in->product, .user = in->user, .kind = in->kind, .request_id = in->request,
		.alert = in->type != NULL, .name = in->name != NULL && *in->name != '\0' ? in->name : NULL,
		.old_price = price_of(in->data, "oldPrice"), .new_price = price_of(in->data, "newPrice"),
	};

	if (in->data != NULL)
		u.data = json_text(m->mem, in->data);
	if (strcmp(u.kind, "price_changed") == 0 && u.new_price < 0) {
		m->reason = "data.newPrice: is required of a changed price";
		return E_VALIDATION;
	}
	return watch_on_update(m->pg, m->effects, &u);
}

/* Here `type` in the body is data, not the type of message: the row's type is one that no message has. */
const struct topic_in on_watchlist_updates[] = {
	{ .topic = "watchlist-updates", .type = "update", .handler = update_apply, .params = update_params,
	    .args_bytes = sizeof(struct update_in) },
	{ 0 }
};
