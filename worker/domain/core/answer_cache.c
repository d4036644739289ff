/* answer_cache.c -- the response cache of domain answers: single flight, fill marks, negative entries. See
 * answer_cache.h.
 *
 * A key holds a value, `null` (a negative entry) or a mark: '!' and a unique name, set by the process that fills the
 * key. A mark expires after CACHE_FILL_MS, so that no process waits for one that died.
 * Yields: answer_find answer_kept answer_peek. See: t/37-cache-answers.t, t/38-cache-herd.t
 */
#include "answer_cache.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "base/log.h"
#include "base/metric.h"
#include "link/near.h"
#include "link/redis.h"
#include "run/co.h"
#include "run/loop.h"

enum { HIT, MISS, LOCAL, JOINED };	/* cells of M_CACHE */
enum wait_end { SETTLED, MARK_GONE, MARK_STAYS };
enum { MARK_BYTES = 1 + UUID_TEXT_BYTES, LOOK_MIN_MS = 2, LOOK_MAX_MS = 20, FLIGHT_MS = 35000 };

static const struct str absent = { "null", 4 };

/* One fill of a missing key, shared by all callers in this process (single flight). It runs in a coroutine of its own:
 * it survives the caller that began it, and a caller's deadline starts no second query. */
struct flight {
	struct hashtab_node node;
	struct co_gate	 landed;
	struct answer	 answer;	/* its value is in the flight's arena */
	answer_fn	*make;
	int64_t		 ttl_s;
	int		 refs, rc;
	bool		 done;
	const char	*id;
	char		 key[];
};

static struct hashtab flights;

static struct redis_script keep_value = { .text =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
    "redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3]) return 1" };
static struct redis_script take_mark_away = { .text =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0" };

int64_t
answer_ttl(int64_t ttl_s)
{
	int64_t most = ttl_s * conf.cache_ttl_jitter / 100;
	uint32_t r;

	if (most <= 0)
		return ttl_s;
	random_bytes(&r, sizeof(r));
	return ttl_s - (int64_t)(r % (uint64_t)(most + 1));
}

bool answer_is_mark(struct str v) { return v.n > 0 && v.p[0] == '!'; }
bool answer_is_absence(struct str v) { return v.n == absent.n && memcmp(v.p, absent.p, absent.n) == 0; }

/* The value under the key; p NULL: there is none, or Redis is down. */
static struct str
find_cached(const char *key, bool *local)
{
	struct str v = { NULL, 0 };

	*local = near_get(key, &v);
	if (!*local && near_read(key, &v) < 0)
		v.p = NULL;
	return v;
}

struct str
answer_peek(const char *key)
{
	bool local;
	struct str v = find_cached(key, &local);

	return v.p == NULL || answer_is_mark(v) || answer_is_absence(v) ? (struct str){ NULL, 0 } : v;
}

/* Whether the value ends the search: *out and *rc are set then. */
static bool
is_settled(struct str v, bool local, struct answer *out, int *rc)
{
	if (v.p == NULL || answer_is_mark(v))
		return false;
	metric_add(M_CACHE, local ? LOCAL : HIT, 1);
	*out = (struct answer){ .value = v, .status = 200, .cached = true };
	*rc = answer_is_absence(v) ? E_NOT_FOUND : 0;
	return true;
}

bool
answer_kept(const char *key, struct answer *out, int *rc)
{
	bool local;
	struct str v = find_cached(key, &local);

	return is_settled(v, local, out, rc);
}

/* --- Between processes --- */

/* Puts this process's mark under the key: 1, or 0 where something is there. Errors as redis_cmd. */
static int
put_mark(const char *key, const char *mark)
{
	struct redis_reply r;
	int rc = redis_cmd(&r, "SET %s %s NX PX %lld", key, mark, (long long)conf.cache_fill_ms);

	return rc < 0 ? rc : r.type == REDIS_STATUS;
}

/* Waits until another process's mark is replaced by an answer or goes away, for as long as a mark may live. */
static enum wait_end
await_other(const char *key, struct answer *out, int *rc)
{
	int64_t until_ms = loop_now_ms() + conf.cache_fill_ms, pause_ms = LOOK_MIN_MS;
	struct str v;
	bool local;

	do {
		if ((*rc = co_sleep(pause_ms)) < 0)
			return SETTLED;
		v = find_cached(key, &local);
		if (is_settled(v, false, out, rc))
			return SETTLED;
		if (v.p == NULL)
			return MARK_GONE;
		pause_ms = pause_ms * 2 < LOOK_MAX_MS ? pause_ms * 2 : LOOK_MAX_MS;
	} while (loop_now_ms() < until_ms);
	return MARK_STAYS;
}

/* Marks the key as this process's to fill. True: the search ends here, with another's answer or *rc < 0. `mark` is ""
 * where the key is not marked: without Redis, and behind a mark that outlived its time. */
static bool
claim_key(const char *key, char mark[MARK_BYTES], struct answer *out, int *rc)
{
	enum wait_end end = MARK_GONE;
	int put = 0;

	mark[0] = '!';
	uuid_text(mark + 1);
	while (end == MARK_GONE && (put = put_mark(key, mark)) == 0)
		end = await_other(key, out, rc);
	if (put == E_TIMEOUT)		/* Redis may still execute the SET, and no later write would replace it */
		redis_send_eval(&take_mark_away, "1 %s %s", key, mark);
	if (put <= 0)
		mark[0] = '\0';
	return end == SETTLED;
}

static void
store_value(const char *key, const char *mark, struct str value, int64_t ttl_s)
{
	redis_send_eval(&keep_value, "1 %s %s %b %lld", key, mark, value.p, value.n, (long long)answer_ttl(ttl_s));
}

/* Fills the key from the database, on behalf of all callers. */
static int
make_answer(struct arena *mem, const char *key, int64_t ttl_s, answer_fn *make, const char *id, struct answer *out)
{
	char mark[MARK_BYTES];
	int rc;

	if (claim_key(key, mark, out, &rc))
		return rc;
	*out = (struct answer){ .status = 200 };
	rc = make(mem, id, out);
	metric_add(M_CACHE, rc == 0 && out->cached ? HIT : MISS, 1);
	if (mark[0] == '\0')
		return rc;
	if (rc == 0 && out->status == 200 && !out->passing)
		store_value(key, mark, out->value, ttl_s);
	else if (rc == E_NOT_FOUND && conf.cache_negative_ttl > 0)
		store_value(key, mark, absent, conf.cache_negative_ttl);
	else
		redis_send_eval(&take_mark_away, "1 %s %s", key, mark);
	return rc;
}

/* --- Within the process --- */

static struct flight *
find_flight(const char *key, uint64_t hash)
{
	struct hashtab_node *node = NULL;

	while ((node = hashtab_find(&flights, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct flight, node)->key, key) == 0)
			return HOLDER(node, struct flight, node);
	return NULL;
}

static struct flight *
add_flight(const char *key, uint64_t hash, int64_t ttl_s, answer_fn *make, const char *id)
{
	size_t n = strlen(key) + 1, m = strlen(id) + 1;
	struct flight *f = calloc(1, sizeof(*f) + n + m);

	if (f == NULL)
		bug("no memory for a flight");
	f->make = make;
	f->ttl_s = ttl_s;
	memcpy(f->key, key, n);
	f->id = memcpy(f->key + n, id, m);
	hashtab_add(&flights, &f->node, hash);
	return f;
}

static void
leave_flight(struct flight *f)
{
	if (--f->refs > 0)
		return;
	free((char *)(uintptr_t)f->answer.value.p);
	free(f);
}

/* Hands the answer to all waiters. The flight leaves the table first: later callers begin a new one. */
static void
settle_flight(struct flight *f, int rc, const struct answer *a)
{
	hashtab_del(&flights, &f->node);
	f->done = true;
	f->rc = rc;
	if (rc == 0) {
		char *copy = malloc(a->value.n + 1);

		if (copy == NULL)
			bug("no memory for an answer");
		memcpy(copy, a->value.p, a->value.n);
		f->answer = *a;
		f->answer.value.p = copy;
	}
	co_gate_wake_all(&f->landed);
}

static void
run_flight(void *arg)
{
	struct flight *f = arg;
	struct answer a = { 0 };

	f->refs++;
	settle_flight(f, make_answer(co_arena(), f->key, f->ttl_s, f->make, f->id, &a), &a);
	leave_flight(f);
}

int
answer_find(struct arena *mem, const char *key, int64_t ttl_s, answer_fn *make, const char *id, struct answer *out)
{
	struct flight *f;
	uint64_t hash;
	int rc = 0;

	if (answer_kept(key, out, &rc))
		return rc;
	hash = hash_keyed(key, strlen(key));
	if ((f = find_flight(key, hash)) != NULL)
		metric_add(M_CACHE, JOINED, 1);
	else
		f = add_flight(key, hash, ttl_s, make, id);
	if (f->refs++ == 0)
		co_spawn(run_flight, f, FLIGHT_MS);
	while (!f->done && rc == 0)
		rc = co_gate_wait(&f->landed, -1);
	if (f->done && rc == 0 && (rc = f->rc) == 0) {
		*out = f->answer;
		out->value.p = arena_copy(mem, f->answer.value.p, f->answer.value.n);
	}
	leave_flight(f);
	return rc;
}
