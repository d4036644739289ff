/* mark.c -- messages to oneself. See mark.h. Yields: mark_wait. */
#include "mark.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "link/redis.h"
#include "run/co.h"

static char channel[192];
static struct mark *marks;
static uint64_t last;

static void
on_message(void *arg, const char *p, size_t n)
{
	struct mark *m;

	(void)arg;
	if (p == NULL)
		return;
	for (m = marks; m != NULL; m = m->next) {
		if (strlen(m->text) != n || memcmp(m->text, p, n) != 0)
			continue;
		m->seen = true;
		co_wake(m->co);
		return;
	}
}

void
mark_start(const char *process)
{
	snprintf(channel, sizeof(channel), "ws:mark:%s", process);
	redis_subscribe(channel, on_message, NULL, NULL);
}

const char *
mark_channel(void)
{
	return channel;
}

void
mark_new(struct mark *m)
{
	*m = (struct mark){ .next = marks, .co = co_self() };
	snprintf(m->text, sizeof(m->text), "%llu", (unsigned long long)++last);
	marks = m;
}

int
mark_wait(struct mark *m, int64_t ms)
{
	int64_t until = mono_ms() + ms, left;
	struct mark **at = &marks;
	int rc = 0;

	while (!m->seen && rc == 0)
		rc = co_park((left = until - mono_ms()) > 0 ? left : 0);
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	return m->seen ? 0 : rc;
}
