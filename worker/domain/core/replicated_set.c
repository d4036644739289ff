/* replicated_set.c -- see replicated_set.h. Yields: the loader, replicated_set_wait, replicated_set_stop. */
#include "replicated_set.h"

#include "base/err.h"
#include "link/redis.h"

/* A change announced during a load may be missing from it: load again. */
static void
load_set(void *arg)
{
	struct replicated_set *s = arg;
	int rc;

	do {
		s->again = false;
		rc = s->load();
	} while (s->again && !s->stopped);
	s->loading = false;
	s->known = s->known || rc == 0;
	if (rc < 0 && s->retry_ms > 0 && !s->stopped)
		loop_timer_start(&s->retry, s->retry_ms, 0);
	co_gate_wake_all(&s->changed);
}

static void
start_load(struct replicated_set *s)
{
	s->again = true;
	if (s->loading || s->stopped)
		return;
	s->loading = true;
	co_spawn(load_set, s, s->load_limit_ms);
}

static void
on_load_due(struct loop_timer *t)
{
	start_load(t->arg);
}

static void
on_published(void *arg, const char *p, size_t n)
{
	struct replicated_set *s = arg;

	if (p == NULL || s->apply == NULL)
		start_load(s);
	else
		s->apply(p, n);
}

static void
on_subscribed(void *arg)
{
	start_load(arg);
}

void
replicated_set_start(struct replicated_set *s, int64_t renew_ms)
{
	s->renew_ms = renew_ms;
	loop_timer_init(&s->retry, on_load_due, s);
	loop_timer_init(&s->renewal, on_load_due, s);
	if (renew_ms > 0)
		loop_timer_start(&s->renewal, 0, renew_ms);
	redis_subscribe(s->channel, on_published, on_subscribed, s);
}

bool
replicated_set_known(const struct replicated_set *s)
{
	return s->known;
}

int
replicated_set_wait(struct replicated_set *s, int64_t timeout_ms)
{
	int rc = 0;
	int64_t left_ms = timeout_ms, began_ms = mono_ms();

	while (!s->known && rc == 0 && left_ms > 0) {
		rc = co_gate_wait(&s->changed, left_ms);
		left_ms = timeout_ms - (mono_ms() - began_ms);
	}
	return s->known ? 0 : rc == E_CANCELED ? rc : E_DOWN;
}

void
replicated_set_stop(struct replicated_set *s)
{
	s->stopped = true;
	loop_timer_stop(&s->renewal);
	loop_timer_stop(&s->retry);
	while (s->loading && co_gate_wait(&s->changed, -1) == 0)
		;
}
