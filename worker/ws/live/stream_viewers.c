/* stream_viewers.c -- the viewers of this process. See stream_viewers.h. Yields: stream_viewers_flush, the
 * rounds.
 *
 *
 * Only the rounds free people and streams, so a round may keep pointers to them while it waits.
 */
#include "stream_viewers.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/hashtab.h"
#include "base/json.h"
#include "run/co.h"
#include "run/loop.h"
#include "worker/domain/live/viewers.h"
#include "worker/ws/session/session_store.h"

enum { ROUND_MS = 1000, ROUND_LIMIT_MS = 20000, PEOPLE_AT_ONCE = 1000 };

struct person {
	struct hashtab_node	 node;
	uint32_t		 sockets;
	bool			 told;		/* to Redis */
	bool			 stored;	/* in the table */
	char			 user[];
};
struct stream {
	struct hashtab_node	 node;
	struct hashtab		 people;
	/* now; as last sent, -1: never; the highest; what the table has */
	int64_t			 count, sent_count, peak, stored_peak;
	uint32_t		 untold, unstored;	/* people whose viewing may have to be reported, or stored */
	char			 key[];
};

static struct hashtab audiences;
static struct loop_timer timer;
static bool running;

static uint64_t
hash_of_name(const char *s)
{
	return hash_keyed(s, strlen(s));
}

static struct stream *
find_stream(const char *key)
{
	struct hashtab_node *node = NULL;
	uint64_t hash = hash_of_name(key);

	while ((node = hashtab_find(&audiences, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct stream, node)->key, key) == 0)
			return HOLDER(node, struct stream, node);
	return NULL;
}

static struct stream *
need_stream(const char *key)
{
	struct stream *a = find_stream(key);

	if (a != NULL)
		return a;
	if ((a = calloc(1, sizeof(*a) + strlen(key) + 1)) == NULL)
		abort();
	strcpy(a->key, key);
	a->sent_count = -1;
	hashtab_add(&audiences, &a->node, hash_of_name(key));
	return a;
}

static struct person *
need_person(struct stream *a, const char *user)
{
	struct hashtab_node *node = NULL;
	uint64_t hash = hash_of_name(user);
	struct person *p;

	while ((node = hashtab_find(&a->people, hash, node)) != NULL)
		if (strcmp(HOLDER(node, struct person, node)->user, user) == 0)
			return HOLDER(node, struct person, node);
	if ((p = calloc(1, sizeof(*p) + strlen(user) + 1)) == NULL)
		abort();
	strcpy(p->user, user);
	hashtab_add(&a->people, &p->node, hash);
	return p;
}

void
stream_viewers_entered(struct sio *s, const char *key, bool admitted)
{
	struct stream *a = need_stream(key);

	(void)admitted;
	if (s->user != NULL && need_person(a, s->user)->sockets++ == 0)
		a->untold++;
}

void
stream_viewers_left(struct sio *s, const char *key)
{
	struct stream *a = find_stream(key);

	if (a != NULL && s->user != NULL && --need_person(a, s->user)->sockets == 0)
		a->untold++;
}

void
stream_viewers_watch(struct sio *s, const char *key, bool admitted)
{
	(void)s;
	(void)admitted;
	(void)need_stream(key);
}

int64_t
stream_viewers_count(const char *key)
{
	const struct stream *a = find_stream(key);

	return a != NULL ? a->count : 0;
}

/* --- A round --- */

static struct person *
next_person(struct stream *a, size_t *slot, struct person *after)
{
	struct hashtab_node *node = hashtab_each(&a->people, slot, after != NULL ? &after->node : NULL);

	return node != NULL ? HOLDER(node, struct person, node) : NULL;
}

/* People for whom `wanted` is true, at most PEOPLE_AT_ONCE. */
static size_t
collect_people(struct stream *a, struct person **out, bool (*wanted)(const struct person *p))
{
	struct person *p = NULL;
	size_t slot, n = 0;

	while (n < PEOPLE_AT_ONCE && (p = next_person(a, &slot, p)) != NULL)
		if (wanted(p))
			out[n++] = p;
	return n;
}

static bool
note_entered(const struct person *p)
{
	return p->sockets > 0 && !p->told;
}

static bool
note_left(const struct person *p)
{
	return p->sockets == 0 && p->told;
}

static bool
is_new(const struct person *p)
{
	return p->told && !p->stored;
}

static bool
is_nobody(const struct person *p)
{
	return p->sockets == 0 && !p->told;
}

static struct strs
names_of(struct person **people, size_t n)
{
	struct strs names = { arena_alloc(co_arena(), (n + 1) * sizeof(char *)), n };
	size_t i;

	for (i = 0; i < n; i++)
		names.v[i] = people[i]->user;
	return names;
}

/* Report all people that `wanted` selects to Redis. False when it cannot be reached. */
static bool
publish_changes_of(struct stream *a, bool (*wanted)(const struct person *p), bool come)
{
	struct person **people = arena_alloc(co_arena(), PEOPLE_AT_ONCE * sizeof(struct person *));
	size_t n, i;
	int rc;

	while ((n = collect_people(a, people, wanted)) > 0) {
		struct strs names = names_of(people, n);

		rc = come ? viewers_come(session_store_process(), a->key, names, &a->count)
		    : viewers_go(session_store_process(), a->key, names, &a->count);
		if (rc < 0)
			return false;
		for (i = 0; i < n; i++)
			people[i]->told = come;
		if (a->count > a->peak)
			a->peak = a->count;
		a->unstored += come ? (uint32_t)n : 0;
		if (n < PEOPLE_AT_ONCE)
			break;
	}
	return true;
}

static void
free_nobodies(struct stream *a)
{
	struct person **people = arena_alloc(co_arena(), PEOPLE_AT_ONCE * sizeof(struct person *));
	size_t n, i;

	while ((n = collect_people(a, people, is_nobody)) > 0)
		for (i = 0; i < n; i++) {
			hashtab_del(&a->people, &people[i]->node);
			free(people[i]);
		}
}

/* The viewers who joined and left since the last round. */
static void
publish_changes(struct stream *a)
{
	uint32_t untold = a->untold;

	if (untold == 0)
		return;
	a->untold = 0;
	if (!publish_changes_of(a, note_entered, true) || !publish_changes_of(a, note_left, false))
		a->untold += untold;		/* again in the next round */
	free_nobodies(a);
}

static void
store_peak(struct stream *a)
{
	struct person **people = arena_alloc(co_arena(), PEOPLE_AT_ONCE * sizeof(struct person *));
	size_t n = a->unstored > 0 ? collect_people(a, people, is_new) : 0, i;

	if (n == 0)
		a->unstored = 0;
	if ((n == 0 && a->peak <= a->stored_peak) || viewers_store(a->key, names_of(people, n), a->peak) < 0)
		return;
	a->stored_peak = a->peak;
	for (i = 0; i < n; i++)
		people[i]->stored = true;
}

static void
forget_published(struct stream *a)
{
	struct person *p = NULL;
	size_t slot;

	while ((p = next_person(a, &slot, p)) != NULL)
		p->told = false;
	a->untold++;
}

static void
broadcast_in(const char *prefix, const struct stream *a, struct str payload)
{
	struct room *r = (struct room *)(uintptr_t)room_find(arena_printf(co_arena(), "%s%s", prefix, a->key));
	struct room_event e = { .class = ROOM_PROGRESS, .event = STR("stream:viewers"), .payload = payload };

	if (r != NULL)
		room_broadcast(r, &e);
}

static void
broadcast_count(struct stream *a)
{
	struct str payload;

	if (a->sent_count == a->count)
		return;
	a->sent_count = a->count;
	payload = json_obj(co_arena(), JS("streamKey", a->key), JI("count", a->count));
	broadcast_in(STREAM_VIEWERS_ROOM, a, payload);
	broadcast_in(STREAM_WATCH_ROOM, a, payload);
}

/* The stream has no viewers and no watchers in this process. */
static bool
is_over(const struct stream *a)
{
	return a->people.n == 0 && a->untold == 0 && room_find(arena_printf(co_arena(), STREAM_WATCH_ROOM "%s",
	    a->key)) == NULL;
}

static struct stream **
all_streams(size_t *n)
{
	struct stream **all = arena_alloc(co_arena(), (audiences.n + 1) * sizeof(struct stream *));
	struct hashtab_node *node = NULL;
	size_t slot;

	for (*n = 0; (node = hashtab_each(&audiences, &slot, node)) != NULL; (*n)++)
		all[*n] = HOLDER(node, struct stream, node);
	return all;
}

static void
renew_lease(struct stream **all, size_t n)
{
	struct viewers_state *states = arena_alloc(co_arena(), (n + 1) * sizeof(*states));
	const char **keys = arena_zalloc(co_arena(), (n + 1) * sizeof(*keys));
	size_t i, k;

	for (i = k = 0; i < n; i++)
		if (all[i]->people.n > 0)
			keys[k++] = all[i]->key;
	if (viewers_beat(session_store_process(), keys, k, states) == 0)
		for (i = k = 0; i < n; i++)
			if (all[i]->people.n > 0 && all[i]->key == keys[k]) {
				all[i]->count = states[k].count;
				if (!states[k++].known)
					forget_published(all[i]);
			}
}

/* Of those without people here the count is only read. */
static void
poll_counts(struct stream **all, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (all[i]->people.n == 0)
			(void)viewers_count((const char *const[]){ all[i]->key }, 1, &all[i]->count);
}

static void
run_round(void *arg)
{
	struct stream **all;
	size_t n, i;

	(void)arg;
	all = all_streams(&n);
	renew_lease(all, n);
	poll_counts(all, n);
	for (i = 0; i < n; i++) {
		publish_changes(all[i]);
		broadcast_count(all[i]);
		store_peak(all[i]);
		if (is_over(all[i])) {
			hashtab_del(&audiences, &all[i]->node);
			free(all[i]->people.slots);
			free(all[i]);
		}
	}
	running = false;
}

static void
on_round(struct loop_timer *t)
{
	(void)t;
	if (running || audiences.n == 0)
		return;
	running = true;
	co_spawn(run_round, NULL, ROUND_LIMIT_MS);
}

void
stream_viewers_start(void)
{
	loop_timer_init(&timer, on_round, NULL);
	loop_timer_start(&timer, ROUND_MS, ROUND_MS);
}

void
stream_viewers_flush(void)
{
	loop_timer_stop(&timer);
	while (running && co_sleep(10) == 0)
		;
	if (audiences.n == 0 || running)	/* no time to wait for the round under way */
		return;
	running = true;
	run_round(NULL);
}
