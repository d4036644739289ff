/* apikey.c -- the rules and SQL of API keys. See apikey.h. Yields: all. Checking one is in apikey_check.c. */
#include "apikey.h"

#include "apikey_hash.h"
#include "base/conf.h"
#include "base/err.h"
#include "link/pg.h"
#include "link/redis.h"
#include "tier.h"

/* Ends the transaction; the result is `rc`, or that of the commit. */
static int
end_transaction(struct pg **pg, int rc)
{
	if (rc == 0)
		return pg_commit(pg);
	pg_rollback(pg);
	return rc;
}

#define FIELDS "'id', id, 'name', name, 'tier', tier, 'hint', hint, 'requestCount', request_count, " \
	"'lastUsedAt', iso(last_used_at), 'rotatedAt', iso(rotated_at), 'createdAt', iso(created_at)"

static struct pg_stmt list_keys = PG_STMT("select", "api_keys",
    "SELECT coalesce(json_agg(json_build_object(" FIELDS ") ORDER BY created_at DESC, id), '[]')::text"
    " FROM api_keys WHERE user_id = $1::uuid");

int
apikey_list(struct arena *mem, const char *user, struct str *json)
{
	struct pg_rows r;
	int rc;

	(void)mem;
	if ((rc = pg_query(pg_as(user), &r, &list_keys, pg_text(user))) == 0)
		*json = pg_value(&r, 0, 0);
	return rc;
}

/* The last characters, by which users tell their keys apart. */
static const char *
hint_of(const char *key)
{
	return key + strlen(key) - 4;
}

/* Locks the owner's row, so that two concurrent requests cannot exceed the limit together. */
static struct pg_stmt lock_owner = PG_STMT("select", "users",
    "SELECT tier, (SELECT count(*) FROM api_keys WHERE user_id = u.id)"
    " FROM users u WHERE id = $1::uuid FOR UPDATE OF u");
enum { OWNER_TIER, OWNER_KEYS };
static struct pg_stmt add_key = PG_STMT("insert", "api_keys",
    "INSERT INTO api_keys (user_id, name, key_hash, hint, tier)"
    " VALUES ($1, $2, $3, $4, $5)"
    " RETURNING json_build_object('key', $6::text, " FIELDS ")::text");

static int
insert_key(struct pg *pg, const char *user, const char *name, const char *tier, const char *key, const char *hash,
    struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &lock_owner, pg_text(user))) < 0 || r.n == 0)
		return rc < 0 ? rc : E_FORBIDDEN;
	if (tier == NULL)
		tier = pg_string(&r, 0, OWNER_TIER);
	if (tier_rank(tier) > tier_rank(pg_string(&r, 0, OWNER_TIER)))
		return E_FORBIDDEN;
	if (pg_integer(&r, 0, OWNER_KEYS) >= conf.api_keys_max)
		return E_CONFLICT;
	rc = pg_query(pg, &r, &add_key, pg_text(user), pg_text(name), pg_text(hash), pg_text(hint_of(key)),
	    pg_text(tier), pg_text(key));
	if (rc == 0)
		*json = pg_value(&r, 0, 0);
	return rc;
}

int
apikey_create(struct arena *mem, const char *user, const char *name, const char *tier, struct str *json)
{
	char *key = digest_random(arena_alloc(mem, DIGEST_TEXT_BYTES)), hash[DIGEST_TEXT_BYTES];
	struct pg *pg;
	int rc;

	if ((rc = pg_begin_as(&pg, user)) < 0)
		return rc;
	rc = end_transaction(&pg, insert_key(pg, user, name, tier, key, apikey_hash(hash, key), json));
	if (rc == 0)
		redis_send("SADD user:%s:apikeys %s", user, hash);
	return rc;
}

/* After a change of a key: revokes the old hash in all processes and updates the user's list in Redis. */
static int
revoke_and_forget(struct arena *mem, const char *user, const char *old_hash, const char *new_hash)
{
	struct redis_batch *b = redis_batch();
	int rc;

	redis_add(b, "DEL apikey:%s", old_hash);
	redis_add(b, "SREM user:%s:apikeys %s", user, old_hash);
	if (new_hash != NULL)
		redis_add(b, "SADD user:%s:apikeys %s", user, new_hash);
	rc = redis_run(b, NULL);
	return rc < 0 ? rc : revoke_key(mem, old_hash);
}

static struct pg_stmt find_hash = PG_STMT("select", "api_keys",
    "SELECT key_hash FROM api_keys WHERE id = $1::uuid AND user_id = $2::uuid FOR UPDATE");
static struct pg_stmt change_key = PG_STMT("update", "api_keys",
    "UPDATE api_keys SET key_hash = $2, hint = $3, rotated_at = now()"
    " WHERE id = $1::uuid"
    " RETURNING json_build_object('key', $4::text, " FIELDS ")::text");
static struct pg_stmt drop_key = PG_STMT("delete", "api_keys", "DELETE FROM api_keys WHERE id = $1::uuid");

static int
need_hash(struct pg *pg, const char *user, const char *id, const char **hash)
{
	struct pg_rows r;
	int rc;

	if (!uuid_valid(id))
		return E_NOT_FOUND;
	if ((rc = pg_need(pg, &r, &find_hash, pg_text(id), pg_text(user))) < 0)
		return rc;
	*hash = pg_string(&r, 0, 0);
	return 0;
}

int
apikey_rotate(struct arena *mem, const char *user, const char *id, struct str *json)
{
	char *key = digest_random(arena_alloc(mem, DIGEST_TEXT_BYTES)), hash[DIGEST_TEXT_BYTES];
	const char *old_hash = NULL;
	struct pg_rows r;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin_as(&pg, user)) < 0)
		return rc;
	apikey_hash(hash, key);
	if ((rc = need_hash(pg, user, id, &old_hash)) == 0)
		rc = pg_query(pg, &r, &change_key, pg_text(id), pg_text(hash), pg_text(hint_of(key)), pg_text(key));
	if ((rc = end_transaction(&pg, rc)) < 0)
		return rc;
	*json = pg_value(&r, 0, 0);
	return revoke_and_forget(mem, user, old_hash, hash);
}

int
apikey_delete(struct arena *mem, const char *user, const char *id)
{
	const char *hash = NULL;
	struct pg *pg;
	int rc;

	if ((rc = pg_begin_as(&pg, user)) < 0)
		return rc;
	if ((rc = need_hash(pg, user, id, &hash)) == 0)
		rc = pg_query(pg, NULL, &drop_key, pg_text(id));
	if ((rc = end_transaction(&pg, rc)) < 0)
		return rc;
	return revoke_and_forget(mem, user, hash, NULL);
}

int
apikey_forget_user(const char *user)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r;
	size_t i;
	int rc;

	if ((rc = redis_cmd(&r, "SMEMBERS user:%s:apikeys", user)) < 0)
		return rc;
	for (i = 0; i < r.n; i++)
		redis_add(b, "DEL apikey:%s", r.v[i].s.p);
	return redis_run(b, NULL);
}
