/* apikey_check.c -- checks API keys, caches the result, counts uses. See apikey.h.
 *
 * The cache is indexed by a tag of the key, never by the key itself, which a memory dump would reveal. The tag is made
 * with every request that has a key, and takes a tenth of the time of the stored hash. Yields: apikey_check
 * apikey_flush.
 */
#include <stdio.h>
#include <stdlib.h>

#include "apikey.h"
#include "apikey_hash.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/user_id.h"
#include "link/pg.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"

enum { SETS = 512, PLACES = 2, NEAR_MS = 60000, CACHE_S = 300, FLUSH_MS = 5000, KEY_BYTES_MAX = 128 };
enum { CACHED, VERIFIED, REFUSED };	/* cells of M_AUTH */

struct seen {
	struct hash_tag	 tag;
	char		 hash[DIGEST_TEXT_BYTES];	/* under the secret that it is stored with; "": an empty slot */
	char		 id[UUID_TEXT_BYTES], user[USER_ID_BYTES_MAX + 1], role[8], tier[8];
	int64_t		 until_ms, used_ms, uses;	/* uses: not yet written */
};

static struct seen table[SETS * PLACES];
static struct loop_timer timer;
static bool flushing;
static unsigned revocations_heard;	/* a lookup that began before the last one may be stale */

static struct seen *
set_of(const struct hash_tag *tag)
{
	uint64_t part;

	memcpy(&part, tag->bytes, sizeof(part));
	return &table[part % SETS * PLACES];
}

static struct seen *
find_seen(const struct hash_tag *tag)
{
	struct seen *set = set_of(tag);
	int i;

	for (i = 0; i < PLACES; i++)
		if (hash_tag_equal(&set[i].tag, tag) && set[i].until_ms > loop_now_ms())
			return &set[i];
	return NULL;
}

/* A slot for the key: its own, an empty one, or the least recently used of those without unwritten uses. */
static struct seen *
find_place(const struct hash_tag *tag)
{
	struct seen *set = set_of(tag), *e = NULL;
	int i;

	for (i = 0; i < PLACES; i++)
		if (hash_tag_equal(&set[i].tag, tag))
			return &set[i];
	for (i = 0; i < PLACES; i++)
		if (set[i].uses == 0 && (e == NULL || set[i].used_ms < e->used_ms))
			e = &set[i];
	return e;
}

static void
count_use(struct seen *e)
{
	e->uses++;
	e->used_ms = now_ms();
}

static struct apikey
copy_key(struct arena *mem, const struct seen *e)
{
	return (struct apikey){ .id = arena_strdup(mem, e->id), .user = arena_strdup(mem, e->user),
	    .role = arena_strdup(mem, e->role), .tier = arena_strdup(mem, e->tier) };
}

static void
store_key(const char *key, const char *hash, const struct apikey *k)
{
	struct hash_tag tag = hash_tag(key, strlen(key));
	struct seen *e = find_place(&tag);
	int64_t uses;

	if (e == NULL)
		return;
	uses = strcmp(e->id, k->id) == 0 ? e->uses : 0;
	*e = (struct seen){ .tag = tag, .until_ms = loop_now_ms() + NEAR_MS, .uses = uses };
	snprintf(e->hash, sizeof(e->hash), "%s", hash);
	snprintf(e->id, sizeof(e->id), "%s", k->id);
	snprintf(e->user, sizeof(e->user), "%s", k->user);
	snprintf(e->role, sizeof(e->role), "%s", k->role);
	snprintf(e->tier, sizeof(e->tier), "%s", k->tier);
	count_use(e);
}

static int
read_cached(struct arena *mem, const char *hash, struct apikey *out)
{
	const struct json *j;
	struct str text;
	int64_t at_ms;
	int rc;

	if ((rc = redis_get(hash, &text)) < 0)
		return rc;
	if (text.p == NULL || json_parse(mem, text.p, text.n, &j) < 0 || !json_int(json_get(j, "at"), &at_ms))
		return E_NOT_FOUND;
	*out = (struct apikey){ .id = json_str(json_get(j, "id")), .user = json_str(json_get(j, "userId")),
	    .role = json_str(json_get(j, "role")), .tier = json_str(json_get(j, "tier")) };
	if (out->id == NULL || out->user == NULL || out->role == NULL || out->tier == NULL)
		return E_NOT_FOUND;
	return revoked_has(NULL, NULL, out->user, at_ms) ? E_NOT_FOUND : 0;	/* the account has changed since */
}

static struct pg_stmt find_key = PG_STMT("select", "api_keys",
    "SELECT k.id, k.user_id, u.role,"
    "   CASE WHEN array_position(tiers, k.tier) < array_position(tiers, u.tier) THEN k.tier ELSE u.tier END"
    " FROM (VALUES (ARRAY['free', 'premium', 'pro', 'admin'])) AS t (tiers), api_keys k"
    "   JOIN users u ON u.id = k.user_id"
    " WHERE k.key_hash = $1 AND u.is_active");
enum { ID, USER, ROLE, TIER };

static int
read_stored(struct arena *mem, const char *hash, struct apikey *out)
{
	struct pg_rows r;
	int64_t at_ms = now_ms();
	struct str text;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &find_key, pg_text(hash))) < 0 || r.n == 0)
		return rc < 0 ? rc : E_NOT_FOUND;
	*out = (struct apikey){ .id = pg_string(&r, 0, ID), .user = pg_string(&r, 0, USER),
	    .role = pg_string(&r, 0, ROLE), .tier = pg_string(&r, 0, TIER) };
	text = json_obj(mem, JS("id", out->id), JS("userId", out->user), JS("role", out->role), JS("tier", out->tier),
	    JI("at", at_ms));
	redis_send("SET apikey:%s %b EX %d", hash, text.p, text.n, CACHE_S);
	return 0;
}

static struct pg_stmt renew_hash = PG_STMT("update", "api_keys",
    "UPDATE api_keys SET key_hash = $2 WHERE key_hash = $1 RETURNING user_id");

/* A key that an older server stored: from its first use on it has today's hash. Another process may have been first. */
static int
read_old(struct arena *mem, const char *key, const char *hash, struct apikey *out)
{
	const char *at = apikey_secrets();
	char old[APIKEY_OLD_HASH_BYTES];
	struct pg_rows r;
	int rc;

	while (apikey_next_old_hash(&at, old, key)) {
		if ((rc = pg_query(pg_shared(), &r, &renew_hash, pg_text(old), pg_text(hash))) < 0)
			return rc;
		if (r.n > 0)
			redis_send("SADD user:%s:apikeys %s", pg_string(&r, 0, 0), hash);
	}
	return read_stored(mem, hash, out);
}

static int
look_up(struct arena *mem, const char *key, const char *first, struct apikey *out)
{
	const char *at = apikey_secrets();
	char hash[DIGEST_TEXT_BYTES];
	unsigned before = revocations_heard;
	int rc = E_API_KEY;

	while (apikey_next_hash(&at, hash, key)) {
		if (revoked_has_key(hash))
			return E_API_KEY;
		rc = read_cached(mem, arena_printf(mem, "apikey:%s", hash), out);
		if (rc < 0)
			rc = read_stored(mem, hash, out);
		if (rc != E_NOT_FOUND)
			break;
	}
	if (rc == E_NOT_FOUND)
		rc = read_old(mem, key, strcpy(hash, first), out);
	if (rc == 0 && revoked_has_key(hash))		/* revoked during the lookup */
		return E_API_KEY;
	if (rc == 0 && revoked_known() && revocations_heard == before)
		store_key(key, hash, out);
	return rc == E_NOT_FOUND ? E_API_KEY : rc;
}

bool
apikey_recall(struct arena *mem, const char *key, struct apikey *out)
{
	size_t n = strlen(key);
	struct hash_tag tag;
	struct seen *e;

	if (n > KEY_BYTES_MAX)
		return false;
	tag = hash_tag(key, n);
	if ((e = find_seen(&tag)) == NULL)
		return false;
	metric_add(M_AUTH, CACHED, 1);
	count_use(e);
	*out = copy_key(mem, e);
	return true;
}

int
apikey_check(struct arena *mem, const char *key, struct apikey *out)
{
	char first[DIGEST_TEXT_BYTES];
	int rc;

	if (strlen(key) > KEY_BYTES_MAX)
		return E_API_KEY;
	rc = look_up(mem, key, apikey_hash(first, key), out);
	metric_add(M_AUTH, rc == 0 ? VERIFIED : REFUSED, 1);
	return rc;
}

void
apikey_on_revoked(const struct revocation *r)
{
	struct seen *e;

	if (r->kind != REVOKED_KEY && r->kind != REVOKED_USER)
		return;
	revocations_heard++;
	for (e = table; e < table + NELEM(table); e++)
		if (strcmp(r->kind == REVOKED_KEY ? e->hash : e->user, r->id) == 0)
			e->until_ms = 0;
}

static struct pg_stmt add_uses = PG_STMT("update", "api_keys",
    "UPDATE api_keys k SET request_count = request_count + u.n,"
    "   last_used_at = greatest(last_used_at, to_timestamp(u.at / 1000.0))"
    " FROM unnest($1::uuid[], $2::bigint[], $3::float8[]) AS u (id, n, at)"
    " WHERE k.id = u.id");

static void
add_element(struct buf *b, const char *text)
{
	buf_byte(b, b->n == 0 ? '{' : ',');
	buf_str(b, text);
}

/* Moves the counts into three arrays and resets them. False: there were none. */
static bool
collect_uses(struct buf *ids, struct buf *uses, struct buf *times)
{
	char number[24];
	struct seen *e;

	for (e = table; e < table + NELEM(table); e++) {
		if (e->uses == 0)
			continue;
		add_element(ids, e->id);
		snprintf(number, sizeof(number), "%lld", (long long)e->uses);
		add_element(uses, number);
		snprintf(number, sizeof(number), "%lld", (long long)e->used_ms);
		add_element(times, number);
		e->uses = 0;
	}
	return ids->n > 0;
}

static const char *
end_array(struct buf *b)
{
	buf_add(b, "}", 2);
	return b->p;
}

int
apikey_flush(void)
{
	struct buf ids = { 0 }, uses = { 0 }, times = { 0 };
	int rc = 0;

	if (collect_uses(&ids, &uses, &times))
		rc = pg_query(pg_shared(), NULL, &add_uses, pg_text(end_array(&ids)), pg_text(end_array(&uses)),
		    pg_text(end_array(&times)));
	if (rc < 0)
		log_warn("uses of API keys could not be stored", JS("error", err_row(rc)->code));
	buf_fini(&ids);
	buf_fini(&uses);
	buf_fini(&times);
	return rc;
}

static void
flush_in_coroutine(void *arg)
{
	(void)arg;
	apikey_flush();
	flushing = false;
}

static void
on_flush_timer(struct loop_timer *t)
{
	(void)t;
	if (flushing)
		return;
	flushing = true;
	co_spawn(flush_in_coroutine, NULL, 0);
}

void
apikey_start(void)
{
	loop_timer_init(&timer, on_flush_timer, NULL);
	loop_timer_start(&timer, FLUSH_MS, FLUSH_MS);
}
