/* barrier.c -- sentinels on the subscriptions of this process. See barrier.h. Yields: barrier_wait, barrier_pass. */
#include "barrier.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"

enum { AWAY_MS = 5 };		/* Redis is away: the caller tries again, but not at once */

static char channel[192];
static struct barrier *barriers;
static uint64_t last;

static void
on_barrier(void *arg, const char *p, size_t n)
{
	struct barrier *b;

	(void)arg;
	if (p == NULL)
		return;
	for (b = barriers; b != NULL; b = b->next) {
		if (strlen(b->text) != n || memcmp(b->text, p, n) != 0)
			continue;
		b->passed = true;
		co_wake(b->co);
		return;
	}
}

void
barrier_start(const char *process)
{
	snprintf(channel, sizeof(channel), "ws:mark:%s", process);
	redis_subscribe(channel, on_barrier, NULL, NULL);
}

const char *
barrier_channel(void)
{
	return channel;
}

void
barrier_init(struct barrier *b)
{
	*b = (struct barrier){ .next = barriers, .co = co_self() };
	snprintf(b->text, sizeof(b->text), "%llu", (unsigned long long)++last);
	barriers = b;
}

int
barrier_wait(struct barrier *b, int64_t ms)
{
	int64_t until = mono_ms() + ms, left;
	struct barrier **at = &barriers;
	int rc = 0;

	while (!b->passed && rc == 0)
		rc = co_park((left = until - mono_ms()) > 0 ? left : 0);
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	return b->passed ? 0 : rc;
}

int
barrier_pass(void)
{
	struct barrier *b = arena_alloc(co_arena(), sizeof(*b));
	int rc;

	barrier_init(b);
	rc = redis_cmd(NULL, "PUBLISH %s %s", channel, b->text);
	return barrier_wait(b, rc == E_DOWN ? AWAY_MS : BARRIER_MS);
}
