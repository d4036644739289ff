/* near.c -- the near cache: a table in order of use, filled by tracked reads, emptied by invalidations. See near.h.
 *
 * The answer to a read and the invalidation of its key come on two connections, so the invalidation may arrive first.
 * A read under way therefore has an entry of its own (`pending`); an invalidation marks it `stale`, and its answer is
 * returned but not kept.
 */
#include "near.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "base/log.h"
#include "base/metric.h"
#include "redis_conn.h"
#include "run/co.h"

enum { OVERHEAD_BYTES = 128, AGE_MAX_MS = 60000 };

struct entry {
	struct hashtab_node node;
	struct entry	*newer, *older;		/* in order of use, unless pending */
	struct co_gate	 answered;
	struct str	 value;
	int64_t		 born_ms;
	size_t		 n;
	bool		 pending, stale;
	char		 key[];
};

static struct {
	struct hashtab	 entries;
	struct entry	*newest, *oldest;
	size_t		 limit, bytes, count;
	int64_t		 redirect;		/* the id of the subscription connection; 0: disconnected */
	bool		 commands_up, asked, active;
} near;

static struct entry *
find_entry(const char *key, size_t n)
{
	uint64_t hash = hash_keyed(key, n);
	struct hashtab_node *node = NULL;
	struct entry *e;

	while ((node = hashtab_find(&near.entries, hash, node)) != NULL) {
		e = HOLDER(node, struct entry, node);
		if (e->n == n && memcmp(e->key, key, n) == 0)
			return e;
	}
	return NULL;
}

static size_t
entry_bytes(const struct entry *e)
{
	return e->n + e->value.n + OVERHEAD_BYTES;
}

/* Counts a value that is held from now on, or no longer. */
static void
count_entry(const struct entry *e, bool held)
{
	near.bytes = held ? near.bytes + entry_bytes(e) : near.bytes - entry_bytes(e);
	near.count = held ? near.count + 1 : near.count - 1;
	metric_set(M_CACHE_LOCAL, 0, (int64_t)near.bytes);
	metric_set(M_CACHE_VALUES, 0, (int64_t)near.count);
}

static void
link_newest(struct entry *e)
{
	e->newer = NULL;
	e->older = near.newest;
	if (near.newest != NULL)
		near.newest->newer = e;
	else
		near.oldest = e;
	near.newest = e;
}

static void
unlink_use(struct entry *e)
{
	if (e->newer != NULL)
		e->newer->older = e->older;
	else
		near.newest = e->older;
	if (e->older != NULL)
		e->older->newer = e->newer;
	else
		near.oldest = e->newer;
}

static void
drop_entry(struct entry *e)
{
	hashtab_del(&near.entries, &e->node);
	if (!e->pending) {
		unlink_use(e);
		count_entry(e, false);
	}
	free((char *)(uintptr_t)e->value.p);
	free(e);
}

static void
invalidate(struct entry *e)
{
	if (e->pending)
		e->stale = true;
	else
		drop_entry(e);
}

static void
invalidate_all(void)
{
	struct hashtab_node *node, *next;
	size_t slot;

	for (node = hashtab_each(&near.entries, &slot, NULL); node != NULL; node = next) {
		next = hashtab_each(&near.entries, &slot, node);
		invalidate(HOLDER(node, struct entry, node));
	}
}

static void
stop_tracking(void)
{
	near.active = near.asked = false;
	invalidate_all();
}

static void
on_tracking(void *arg, const struct redis_reply *r)
{
	if ((int64_t)(intptr_t)arg != near.redirect || !near.asked)
		return;			/* redirections to connections that are closed */
	near.active = r != NULL && r->type == REDIS_STATUS;
	if (r != NULL && r->type == REDIS_ERR)
		log_warn("redis refuses to track keys, the near cache is off", JS("error", r->s.p));
}

static void
start_tracking(void)
{
	if (near.limit == 0 || near.asked || !near.commands_up || near.redirect == 0)
		return;
	near.asked = true;
	redis_track(on_tracking, (void *)(intptr_t)near.redirect, near.redirect);
}

static void
on_commands(bool up)
{
	near.commands_up = up;
	if (!up)
		stop_tracking();
	else
		start_tracking();
}

static void
on_redirect(int64_t id)
{
	near.redirect = id;
	stop_tracking();		/* a new connection needs a new redirection */
	start_tracking();
}

static void
on_invalid(const struct redis_reply *keys)
{
	struct entry *e;
	size_t i;

	if (keys->type != REDIS_ARRAY) {	/* nil: every key was flushed */
		invalidate_all();
		return;
	}
	for (i = 0; i < keys->n; i++)
		if (keys->v[i].type == REDIS_STR && (e = find_entry(keys->v[i].s.p, keys->v[i].s.n)) != NULL)
			invalidate(e);
}

static void
on_close(void)
{
	near.limit = 0;
	stop_tracking();
}

void
near_open(size_t bytes)
{
	static const struct redis_tracker tracker = { .on_commands = on_commands, .on_redirect = on_redirect,
	    .on_invalid = on_invalid, .on_close = on_close };

	near.limit = bytes;
	if (bytes > 0)
		redis_set_tracker(&tracker);
}

bool
near_get(const char *key, struct str *out)
{
	struct entry *e;

	if (!near.active || (e = find_entry(key, strlen(key))) == NULL || e->pending)
		return false;
	if (loop_now_ms() - e->born_ms > AGE_MAX_MS) {
		drop_entry(e);
		return false;
	}
	unlink_use(e);
	link_newest(e);
	*out = e->value;
	return true;
}

static struct entry *
add_pending(const char *key)
{
	size_t n = strlen(key);
	struct entry *e = calloc(1, sizeof(*e) + n + 1);

	if (e == NULL)
		bug("no memory for the near cache");
	e->n = n;
	e->pending = true;
	memcpy(e->key, key, n);
	hashtab_add(&near.entries, &e->node, hash_keyed(key, n));
	return e;
}

/* Keeps the answer of a read that was not invalidated, and drops the least recently used values over the bound. */
static void
keep_value(struct entry *e, struct str value)
{
	if (value.p != NULL) {
		char *copy = malloc(value.n + 1);

		if (copy == NULL)
			bug("no memory for the near cache");
		memcpy(copy, value.p, value.n);
		copy[value.n] = '\0';
		e->value = (struct str){ copy, value.n };
	}
	e->pending = false;
	e->born_ms = loop_now_ms();
	count_entry(e, true);
	link_newest(e);
	while (near.bytes > near.limit && near.oldest != e)
		drop_entry(near.oldest);
}

static int
ask_tracked(const char *key, struct str *out)
{
	struct redis_batch *b = redis_batch();
	struct redis_reply r[2];
	int rc;

	redis_add(b, "CLIENT CACHING YES");
	redis_add(b, "GET %s", key);
	if ((rc = redis_run(b, r)) < 0)
		return rc;
	*out = r[1].type == REDIS_STR ? r[1].s : (struct str){ NULL, 0 };
	return 0;
}

int
near_read(const char *key, struct str *out)
{
	struct entry *e;
	int rc;

	if (near_get(key, out))
		return 0;
	if (!near.active)
		return redis_get(key, out);
	if ((e = find_entry(key, strlen(key))) != NULL) {
		if ((rc = co_gate_wait(&e->answered, -1)) < 0)
			return rc;
		return near_get(key, out) ? 0 : redis_get(key, out);
	}
	e = add_pending(key);		/* a pending entry is dropped by its reader only */
	rc = ask_tracked(key, out);
	if (rc == 0 && !e->stale && near.active && entry_bytes(e) + out->n <= near.limit / 8) {
		struct co_gate waiting = e->answered;

		e->answered = (struct co_gate){ NULL, NULL };
		keep_value(e, *out);
		co_gate_wake_all(&waiting);
	} else {
		co_gate_wake_all(&e->answered);
		drop_entry(e);
	}
	return rc;
}

size_t near_bytes(void) { return near.bytes; }
size_t near_count(void) { return near.count; }
bool near_active(void) { return near.active; }
