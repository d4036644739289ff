/* demo.c -- seeds the demo. See demo.h. Yields: demo_find_state demo_seed. */
#include "demo.h"

#include "base/err.h"
#include "base/log.h"
#include "base/signup.h"
#include "demo_curation.h"
#include "run/co.h"
#include "worker/domain/catalog/category.h"
#include "worker/domain/catalog/import.h"
#include "worker/domain/catalog/product.h"
#include "worker/domain/catalog/review.h"
#include "worker/domain/identity/account.h"
#include "worker/domain/live/stream.h"
#include "worker/domain/order/order.h"

__asm__(".pushsection .rodata\ndemo_shop:\n.incbin \"etc/demo/shop.ndjson\"\n.byte 0\n.popsection\n");
extern const char demo_shop[];

enum { HOUR_MS = 3600000, ITEMS_MAX = 10 };

static const struct { const char *email, *role, *tier; } people[DEMO_ACCOUNTS] = {	/* the admin last: see demo.h */
	{ "seller@dure.local", "seller", "free" },
	{ "buyer@dure.local", "user", "free" },
	{ "admin@dure.local", "admin", "admin" },
};
enum { SELLER, BUYER, ADMIN };

struct seeding {
	struct arena	*mem;
	const char	*seller, *buyer;	/* ids */
};

static struct pg_stmt find_state = PG_STMT("select", "users",
    "SELECT EXISTS (SELECT FROM users WHERE email = $1), EXISTS (SELECT FROM users),"
    "   EXISTS (SELECT FROM users WHERE email <> ALL ($2::text[]) AND email NOT LIKE $4)"
    "     OR EXISTS ("
    "       SELECT FROM products WHERE seller_id IS NULL OR seller_id NOT IN (SELECT id FROM users WHERE email = $3))"
    "     OR EXISTS (SELECT FROM streams WHERE seller_id::text NOT IN (SELECT id::text FROM users WHERE email = $3))");
enum { HAS_ADMIN, HAS_USERS, IS_FOREIGN };

int
demo_find_state(enum demo_state *state)
{
	const char *emails[DEMO_ACCOUNTS];
	struct pg_rows r;
	size_t i;
	int rc;

	for (i = 0; i < NELEM(people); i++)
		emails[i] = people[i].email;
	if ((rc = pg_query(pg_shared(), &r, &find_state, pg_text(people[ADMIN].email),
	    pg_text(pg_texts(co_arena(), emails, NELEM(people))), pg_text(people[SELLER].email),
	    pg_text(DEMO_TASTE_USERS))) < 0)
		return rc;
	*state = *pg_string(&r, 0, IS_FOREIGN) == 't' ? DEMO_FOREIGN : *pg_string(&r, 0, HAS_ADMIN) == 't' ? DEMO_DONE :
	    *pg_string(&r, 0, HAS_USERS) == 't' ? DEMO_BEGUN : DEMO_EMPTY;
	return 0;
}

/* --- Accounts --- */

/* Three groups of five without ambiguous characters; about 85 bits. */
static void
make_password(char out[sizeof(((struct demo_account *)0)->password)])
{
	static const char letters[] = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
	unsigned char random[17];
	size_t i;

	do {
		random_bytes(random, sizeof(random));
		for (i = 0; i < sizeof(random); i++)
			out[i] = i % 6 == 5 ? '-' : letters[random[i] % (sizeof(letters) - 1)];
		out[i] = '\0';
	} while (!password_varied(out));
}

static int
seed_account(struct arena *mem, size_t who, struct demo_account *out, const char **id)
{
	struct account a;
	int rc;

	*out = (struct demo_account){ .email = people[who].email, .role = people[who].role };
	make_password(out->password);
	rc = account_create(mem, people[who].email, out->password, people[who].role, people[who].tier, &a);
	if (rc == E_EMAIL_TAKEN && (rc = account_find_email(mem, people[who].email, &a)) == 0)
		rc = account_set_password(mem, a.id, out->password);
	if (rc == 0)
		*id = arena_strdup(mem, a.id);
	return rc;
}

/* --- The shop: one kind of line each --- */

/* The id of the category with this name; *id NULL: none. */
static int
find_category(struct arena *mem, const char *name, const char **id)
{
	const struct json *tree, *c;
	struct str list;
	int rc;

	*id = NULL;
	if (name == NULL)
		return 0;
	if ((rc = category_list(&list)) < 0 || (rc = json_parse(mem, list.p, list.n, &tree)) < 0)
		return rc;
	for (c = json_first(tree); c != NULL; c = json_next(c))
		if (strcmp(json_str(json_get(c, "name")), name) == 0)
			*id = json_str(json_get(c, "id"));
	return 0;
}

static int
seed_category(struct seeding *s, const struct json *line)
{
	const char *name = json_str(json_get(line, "category")), *parent, *there;
	int64_t position = 0;
	struct str json;
	int rc;

	if ((rc = find_category(s->mem, name, &there)) < 0 || there != NULL)
		return rc;
	if ((rc = find_category(s->mem, json_str(json_get(line, "parent")), &parent)) < 0)
		return rc;
	json_int(json_get(line, "position"), &position);
	return category_create(json_obj(s->mem, JS("name", name), JS("parentId", parent), JI("position", position)),
	    &json);
}

/* Ends an import, which must not have rejected anything. */
static int
end_import(struct arena *mem, struct import *im)
{
	struct str report;
	int rc = import_end(im, mem, &report);

	if (rc == 0 && im->rejected > 0) {
		log_error("the demo's content is refused", JR("report", report));
		rc = E_INTERNAL;
	}
	return rc;
}

static int
seed_reviews(struct seeding *s, const char *product, const struct json *reviews)
{
	struct import *im = review_import(product);
	const struct json *v;
	int64_t n = 0;
	int rc = 0;

	for (v = json_first(reviews); v != NULL && rc == 0; v = json_next(v)) {
		struct str text = json_text(s->mem, v);

		rc = import_add(im, ++n, text.p, text.n);
	}
	return rc < 0 ? rc : end_import(s->mem, im);
}

static int
seed_product(struct seeding *s, const struct json *line)
{
	const struct json *product = json_get(line, "product");
	struct caller who = { .user = s->seller };
	struct str text = json_text(s->mem, product);
	struct import *im = product_import(&who);
	const char *category;
	int rc;

	if ((rc = find_category(s->mem, json_str(json_get(line, "category")), &category)) < 0)
		return rc;
	text = str_of(arena_printf(s->mem, "%.*s,\"categoryId\":\"%s\"}", (int)text.n - 1, text.p, category));
	if ((rc = import_add(im, 1, text.p, text.n)) < 0 || (rc = end_import(s->mem, im)) < 0)
		return rc;
	return seed_reviews(s, json_str(json_get(product, "id")), json_get(line, "reviews"));
}

/* The seller's only stream, created if missing; *key. */
static int
need_stream(struct seeding *s, const struct json *line, const char **key)
{
	const struct json *plan = json_get(line, "stream"), *found;
	char at[TIME_TEXT_BYTES];
	const char *next;
	int64_t hours = 0;
	struct str json;
	int rc;

	json_int(json_get(line, "hours"), &hours);
	if ((rc = stream_list(s->mem, NULL, s->seller, 1, NULL, &json, &next)) < 0 ||
	    (rc = json_parse(s->mem, json.p, json.n, &found)) < 0)
		return rc;
	if ((found = json_first(found)) == NULL) {
		struct stream_plan p = {
			.title = json_str(json_get(plan, "title")),
			.description = json_str(json_get(plan, "description")),
			.scheduled_at = time_text(at, (now_ms() / HOUR_MS + hours) * HOUR_MS),
		};

		if ((rc = stream_create(s->mem, s->seller, &p, &json)) < 0 ||
		    (rc = json_parse(s->mem, json.p, json.n, &found)) < 0)
			return rc;
	}
	*key = json_str(json_get(found, "streamKey"));
	return 0;
}

static int
seed_stream(struct seeding *s, const struct json *line)
{
	struct caller who = { .user = s->seller };
	const struct json *v;
	struct str list;
	const char *key;
	int rc = need_stream(s, line, &key);

	for (v = json_first(json_get(line, "products")); v != NULL && rc == 0; v = json_next(v))
		if ((rc = stream_pin(s->mem, key, &who, json_str(v), -1, false, &list)) == E_CONFLICT)
			rc = 0;
	return rc;
}

static int
pay_order(struct seeding *s, const char *id)
{
	struct caller who = { .user = s->buyer };
	struct order_change c = { .id = id, .action = ORDER_PAY, .who = &who, .amount = -1 };
	struct order_changed done;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = pg_end(&pg, order_move(pg, s->mem, &c, &done))) == 0)
		order_publish(&done);
	return rc == E_ORDER_STATE ? 0 : rc;		/* paid before */
}

static int
seed_order(struct seeding *s, const struct json *line)
{
	struct order_item items[ITEMS_MAX];
	struct order_request o = { .id = json_str(json_get(line, "order")), .user = s->buyer, .items = items };
	struct order_outcome out;
	const struct json *v;
	int rc;

	for (v = json_first(json_get(line, "items")); v != NULL && o.n < NELEM(items); v = json_next(v)) {
		items[o.n].product = json_str(json_get(v, "productId"));
		json_int(json_get(v, "quantity"), &items[o.n++].quantity);
	}
	if ((rc = order_place(s->mem, &o, &out)) == E_CONFLICT)		/* placed before */
		rc = 0;
	return rc == 0 && json_bool(json_get(line, "paid"), false) && order_pays_directly() ? pay_order(s, o.id) : rc;
}

static const struct {
	const char	*member;		/* that a line of this kind has */
	int		(*seed)(struct seeding *s, const struct json *line);
} kinds[] = {
	{ "product", seed_product },
	{ "stream", seed_stream },
	{ "order", seed_order },
	{ "category", seed_category },		/* a product's line refers to one */
};

static int
seed_line(struct seeding *s, const char *p, size_t n)
{
	const struct json *line;
	size_t i;
	int rc = json_parse(s->mem, p, n, &line);

	for (i = 0; rc == 0 && i < NELEM(kinds); i++)
		if (json_get(line, kinds[i].member) != NULL)
			return kinds[i].seed(s, line);
	return rc;
}

int
demo_seed(struct arena *mem, struct demo_account out[DEMO_ACCOUNTS])
{
	struct seeding s = { .mem = mem };
	const char *p, *end, *admin;
	int rc;

	if ((rc = seed_account(mem, SELLER, &out[SELLER], &s.seller)) < 0 ||
	    (rc = seed_account(mem, BUYER, &out[BUYER], &s.buyer)) < 0)
		return rc;
	for (p = demo_shop; rc == 0 && (end = strchr(p, '\n')) != NULL; p = end + 1)
		rc = seed_line(&s, p, (size_t)(end - p));
	rc = rc < 0 ? rc : demo_curation_seed(mem, s.buyer);
	return rc < 0 ? rc : seed_account(mem, ADMIN, &out[ADMIN], &admin);
}
