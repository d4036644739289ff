/* account.c -- the rules and SQL of accounts. See account.h. Yields: all. */
#include "account.h"

#include "apikey.h"
#include "base/err.h"
#include "base/user_id.h"
#include "link/pg.h"
#include "link/redis.h"
#include "password.h"
#include "revoked.h"

enum { REGISTERING_S = 30 };

#define COLUMNS "id, email, role, tier, iso(created_at), is_active, password_hash"
enum { ID, EMAIL, ROLE, TIER, CREATED_AT, ACTIVE, PASSWORD_HASH };

static int
account_from_row(const struct pg_rows *r, struct account *out)
{
	if (r->n == 0)
		return E_NOT_FOUND;
	*out = (struct account){
		.id = pg_string(r, 0, ID), .email = pg_string(r, 0, EMAIL), .role = pg_string(r, 0, ROLE),
		.tier = pg_string(r, 0, TIER), .created_at = pg_string(r, 0, CREATED_AT),
		.active = *pg_string(r, 0, ACTIVE) == 't', .password_hash = pg_string(r, 0, PASSWORD_HASH),
	};
	return 0;
}

static struct pg_stmt find_by_id = PG_STMT("select", "users", "SELECT " COLUMNS " FROM users WHERE id = $1::text");
static struct pg_stmt find_by_email = PG_STMT("select", "users", "SELECT " COLUMNS " FROM users WHERE email = $1");

int
account_find(struct arena *mem, const char *id, struct account *out)
{
	struct pg_rows r;
	int rc;

	(void)mem;
	if (!user_id_valid(id))
		return E_NOT_FOUND;
	rc = pg_query(pg_as(id), &r, &find_by_id, pg_text(id));
	return rc < 0 ? rc : account_from_row(&r, out);
}

int
account_find_email(struct arena *mem, const char *email, struct account *out)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &find_by_email, pg_text(email));

	(void)mem;
	return rc < 0 ? rc : account_from_row(&r, out);
}

static struct pg_stmt add_user = PG_STMT("insert", "users",
    "INSERT INTO users (email, password_hash, role, tier) VALUES ($1, $2, $3, $4) RETURNING " COLUMNS);

static int
insert_account(struct arena *mem, const char *email, const char *password, const char *role, const char *tier,
    struct account *out)
{
	const char *hash;
	struct pg_rows r;
	int rc;

	if ((rc = password_hash(mem, password, &hash)) < 0)
		return rc;
	rc = pg_query(pg_shared(), &r, &add_user, pg_text(email), pg_text(hash), pg_text(role), pg_text(tier));
	if (rc == E_CONFLICT)
		return E_EMAIL_TAKEN;
	return rc < 0 ? rc : account_from_row(&r, out);
}

int
account_create(struct arena *mem, const char *email, const char *password, const char *role, const char *tier,
    struct account *out)
{
	struct redis_reply first = { .type = REDIS_NIL };
	int rc = account_find_email(mem, email, out);

	if (rc != E_NOT_FOUND)
		return rc == 0 ? E_EMAIL_TAKEN : rc;
	if (redis_cmd(&first, "SET registering:%s 1 NX EX %d", email, REGISTERING_S) == 0 && first.type == REDIS_NIL)
		return E_EMAIL_TAKEN;
	rc = insert_account(mem, email, password, role, tier, out);
	redis_send("DEL registering:%s", email);
	return rc;
}

static struct pg_stmt set_password = PG_STMT("update", "users",
    "UPDATE users SET password_hash = $2, updated_at = now() WHERE id = $1::text");

int
account_set_password(struct arena *mem, const char *id, const char *password)
{
	struct pg_rows r;
	const char *hash;
	int rc;

	if ((rc = password_hash(mem, password, &hash)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &set_password, pg_text(id), pg_text(hash))) < 0)
		return rc;
	return r.affected > 0 ? 0 : E_NOT_FOUND;
}

static struct pg_stmt renew_hash = PG_STMT("update", "users",
    "UPDATE users SET password_hash = $2 WHERE id = $1::text AND password_hash = $3");

int
account_renew_hash(struct arena *mem, struct account *a, const char *password)
{
	struct pg_rows r;
	const char *hash;
	int rc;

	if ((rc = password_hash(mem, password, &hash)) < 0 ||
	    (rc = pg_query(pg_shared(), &r, &renew_hash, pg_text(a->id), pg_text(hash), pg_text(a->password_hash))) < 0)
		return rc;
	if (r.affected == 0)
		return E_NOT_FOUND;
	a->password_hash = hash;
	return 0;
}

static struct pg_stmt change_user = PG_STMT("update", "users",
    "UPDATE users SET role = coalesce($2, role), tier = coalesce($3, tier),"
    "   is_active = coalesce($4::boolean, is_active), updated_at = now()"
    " WHERE id = $1::text");

int
account_change(struct arena *mem, const char *id, const char *role, const char *tier, int active)
{
	const char *flag = active < 0 ? NULL : active ? "true" : "false";
	struct pg_rows r;
	int rc;

	rc = pg_query(pg_shared(), &r, &change_user, pg_text(id), pg_text(role), pg_text(tier), pg_text(flag));
	if (rc < 0 || r.affected == 0)
		return rc < 0 ? rc : E_NOT_FOUND;
	if ((rc = apikey_forget_user(id)) < 0)
		return rc;
	return revoke_user(mem, id);
}

static struct pg_stmt mark_seen = PG_STMT("update", "users",
    "UPDATE users SET last_login_at = now() WHERE id = $1::text RETURNING is_active, password_hash = $2");
enum { ACTIVE_NOW, SAME_PASSWORD };

int
account_seen(const struct account *a)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &mark_seen, pg_text(a->id), pg_text(a->password_hash));

	if (rc < 0)
		return rc;
	if (r.n == 0 || pg_integer(&r, 0, SAME_PASSWORD) == 0)
		return E_CREDENTIALS;
	return pg_integer(&r, 0, ACTIVE_NOW) != 0 ? 0 : E_INACTIVE;
}

/* As the index users_rank: the address, else the id behind a space. */
#define RANK "coalesce(email, ' ' || id)"
static struct pg_stmt list_users = PG_STMT("select", "users",
    "WITH page AS (SELECT *, " RANK " AS rank FROM users WHERE " RANK " > $1"
    " AND ($3 = '' OR id = $3 OR position(lower($3) IN email) > 0) ORDER BY " RANK " LIMIT $2)"
    " SELECT coalesce(json_agg(json_build_object('id', id, 'email', email, 'role', role, 'tier', tier,"
    "   'isActive', is_active, 'createdAt', iso(created_at), 'lastLoginAt', iso(last_login_at)) ORDER BY rank),"
    "   '[]')::text,"
    "   count(*), max(rank)"
    " FROM page");
enum { PAGE, PAGE_COUNT, PAGE_LAST };

int
account_search(const char *text, const char *after, int64_t limit, struct str *json, const char **next)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &list_users, pg_text(after), pg_int(limit), pg_text(text))) < 0)
		return rc;
	*json = pg_value(&r, 0, PAGE);
	*next = pg_integer(&r, 0, PAGE_COUNT) < limit ? NULL : pg_string(&r, 0, PAGE_LAST);
	return 0;
}

int
account_list(const char *after, int64_t limit, struct str *json, const char **next)
{
	return account_search("", after, limit, json, next);
}
