/* revoked.c -- the replicated list of revocations. See revoked.h. Yields: revoked_wait revoke_*. */
#include "revoked.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "base/log.h"
#include "base/str.h"
#include "issuer.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/domain/core/replicated_set.h"

enum { SWEEP_MS = 10000, LEEWAY_MS = 5000, RETRY_MS = 200, ID_MAX = 255 };

struct entry {
	struct hashtab_node node;
	enum revoked_kind kind;
	int64_t		 cut_ms, until_ms;
	bool		 stored;	/* Redis had it at the last load */
	char		 id[];
};

static const char *const kinds[REVOKED_KINDS] = { "jti", "sid", "user", "key" };

static struct {
	struct hashtab	  entries;
	struct loop_timer sweep;
	void		(*on_revoked)(const struct revocation *r);
} self;

static uint64_t
hash_of(enum revoked_kind kind, const char *id)
{
	return hash_bytes(id, strlen(id)) + (uint64_t)kind * 0x9e3779b97f4a7c15u;
}

static struct entry *
find_entry(enum revoked_kind kind, const char *id)
{
	uint64_t hash = hash_of(kind, id);
	struct hashtab_node *node = NULL;
	struct entry *e;

	while ((node = hashtab_find(&self.entries, hash, node)) != NULL) {
		e = HOLDER(node, struct entry, node);
		if (e->kind == kind && strcmp(e->id, id) == 0)
			return e;
	}
	return NULL;
}

static struct entry *
add_entry(enum revoked_kind kind, const char *id)
{
	size_t n = strlen(id);
	struct entry *e;

	if ((e = find_entry(kind, id)) != NULL)
		return e;
	if ((e = calloc(1, sizeof(*e) + n + 1)) == NULL)
		bug("no memory for a revoked token");
	e->kind = kind;
	memcpy(e->id, id, n);
	hashtab_add(&self.entries, &e->node, hash_of(kind, id));
	return e;
}

/* A little longer than any token lives that it applies to. */
static int64_t
needed_until_ms(enum revoked_kind kind, int64_t cut_ms)
{
	int64_t life_s = kind == REVOKED_USER && issuer_on() ? conf.auth_expires_max_s : conf.jwt_expires_s;
	int64_t until_ms = now_ms() + (life_s > conf.jwt_expires_s ? life_s : conf.jwt_expires_s) * 1000;

	return (until_ms > cut_ms ? until_ms : cut_ms) + LEEWAY_MS;
}

static struct entry *
apply_entry(enum revoked_kind kind, const char *id, int64_t cut_ms)
{
	int64_t until_ms = needed_until_ms(kind, cut_ms);
	struct entry *e = add_entry(kind, id);
	bool later = cut_ms > e->cut_ms;

	e->cut_ms = later ? cut_ms : e->cut_ms;
	e->until_ms = until_ms > e->until_ms ? until_ms : e->until_ms;
	if (later && self.on_revoked != NULL)
		self.on_revoked(&(struct revocation){ kind, e->id, cut_ms });
	return e;
}

/* "<kind> <id> <cut>"; NULL: malformed. */
static struct entry *
apply_text(const char *p, size_t n)
{
	char text[ID_MAX + 64], *id, *cut;
	int64_t cut_ms;
	int k;

	if (n >= sizeof(text))
		return NULL;
	memcpy(text, p, n);
	text[n] = '\0';
	if ((id = strchr(text, ' ')) == NULL || (cut = strrchr(text, ' ')) == id ||
	    !parse_int(cut + 1, 1, INT64_MAX, &cut_ms))
		return NULL;
	*id++ = '\0';
	*cut = '\0';
	for (k = 0; k < REVOKED_KINDS; k++)
		if (strcmp(text, kinds[k]) == 0)
			return apply_entry((enum revoked_kind)k, id, cut_ms);
	return NULL;
}

static void
on_sweep(struct loop_timer *t)
{
	int64_t now = now_ms();
	struct hashtab_node *node, *next;
	size_t slot;

	(void)t;
	for (node = hashtab_each(&self.entries, &slot, NULL); node != NULL; node = next) {
		next = hashtab_each(&self.entries, &slot, node);
		if (HOLDER(node, struct entry, node)->until_ms > now)
			continue;
		hashtab_del(&self.entries, node);
		free(HOLDER(node, struct entry, node));
	}
}

static const char *
text_of(struct arena *mem, const struct entry *e)
{
	return arena_printf(mem, "%s %s %lld", kinds[e->kind], e->id, (long long)e->cut_ms);
}

/* Queues the entry, and for a token the key that other services read. */
static void
add_stored(struct redis_batch *b, struct arena *mem, const struct entry *e)
{
	int64_t left_s = (e->cut_ms - now_ms()) / 1000;

	if (e->kind == REVOKED_JTI && left_s > 0)
		redis_add(b, "SET token_blacklist:%s 1 EX %lld", e->id, (long long)left_s);
	redis_add(b, "ZADD auth:revocations %lld %s", (long long)e->until_ms, text_of(mem, e));
}

/* Writes entries back that this process holds and Redis has lost. */
static int
restore_redis(void)
{
	struct redis_batch *b = redis_batch();
	int64_t now = now_ms(), n = 0;
	struct hashtab_node *node = NULL;
	const struct entry *e;
	size_t slot;
	int rc;

	while ((node = hashtab_each(&self.entries, &slot, node)) != NULL) {
		e = HOLDER(node, struct entry, node);
		if (!e->stored && e->until_ms > now) {
			add_stored(b, co_arena(), e);
			n++;
		}
	}
	if (n > 0 && (rc = redis_run(b, NULL)) < 0)
		return rc;
	if (n > 0)
		log_warn("Redis had forgotten revocations", JI("entries", n));
	return 0;
}

static int
load_list(void)
{
	int64_t now = now_ms();
	struct redis_reply r[2];
	struct redis_batch *b = redis_batch();
	struct hashtab_node *node = NULL;
	struct entry *e;
	size_t slot, i;
	int rc;

	redis_add(b, "ZREMRANGEBYSCORE auth:revocations -inf %lld", (long long)now);
	redis_add(b, "ZRANGEBYSCORE auth:revocations %lld +inf", (long long)now);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	while ((node = hashtab_each(&self.entries, &slot, node)) != NULL)
		HOLDER(node, struct entry, node)->stored = false;
	for (i = 0; i < r[1].n; i++)
		if (r[1].v[i].type == REDIS_STR && (e = apply_text(r[1].v[i].s.p, r[1].v[i].s.n)) != NULL)
			e->stored = true;
	return restore_redis();
}

static void
apply_revocation(const char *p, size_t n)
{
	apply_text(p, n);
}
static struct replicated_set set = { .channel = "auth:revoked", .load = load_list, .apply = apply_revocation,
    .retry_ms = RETRY_MS };

void
revoked_start(void (*on_revoked)(const struct revocation *r))
{
	self.on_revoked = on_revoked;
	loop_timer_init(&self.sweep, on_sweep, NULL);
	loop_timer_start(&self.sweep, SWEEP_MS, SWEEP_MS);
	replicated_set_start(&set, 0);
}

bool
revoked_known(void)
{
	return replicated_set_known(&set);
}

int
revoked_wait(void)
{
	return replicated_set_wait(&set, conf.redis_timeout_ms);
}

static bool
has_entry(enum revoked_kind kind, const char *id, int64_t issued_ms)
{
	const struct entry *e;

	if (id == NULL)
		return false;
	e = find_entry(kind, id);
	return e != NULL && issued_ms <= e->cut_ms;
}

bool
revoked_has(const char *jti, const char *sid, const char *user, int64_t issued_ms)
{
	if (self.entries.n == 0)
		return false;
	return has_entry(REVOKED_JTI, jti, issued_ms) || has_entry(REVOKED_SID, sid, issued_ms) ||
	    has_entry(REVOKED_USER, user, issued_ms);
}

bool
revoked_has_key(const char *hash)
{
	return self.entries.n > 0 && has_entry(REVOKED_KEY, hash, 0);
}

static int
revoke_id(struct arena *mem, enum revoked_kind kind, const char *id, int64_t cut_ms)
{
	const struct entry *e = apply_entry(kind, id, cut_ms);
	struct redis_batch *b = redis_batch();

	add_stored(b, mem, e);
	redis_add(b, "PUBLISH auth:revoked %s", text_of(mem, e));
	return redis_run(b, NULL);
}

int
revoke_token(struct arena *mem, const char *jti, int64_t exp_s)
{
	return exp_s > now_ms() / 1000 ? revoke_id(mem, REVOKED_JTI, jti, exp_s * 1000) : 0;
}

int
revoke_session(struct arena *mem, const char *sid)
{
	/* no further token is issued for it */
	return revoke_id(mem, REVOKED_SID, sid, now_ms() + conf.jwt_expires_s * 1000);
}

int
revoke_user(struct arena *mem, const char *user)
{
	return revoke_id(mem, REVOKED_USER, user, now_ms());
}

int
revoke_key(struct arena *mem, const char *hash)
{
	return revoke_id(mem, REVOKED_KEY, hash, now_ms());
}
