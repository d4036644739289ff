/* cmd_dump_events.c -- `dure dump events`: the events that clients may send, then those they receive. */
#include "cmd_dump.h"
#include "worker/ws/on/event_tables.h"
#include "worker/ws/session/event_out.h"

#define TEST_ONLY "test only (WS_PROTOCOL_TEST)"

static void
dump_in(struct grid *t)
{
	static const char *const auths[] = { "-", "user" };
	const struct event *const *table;
	const struct event *e;

	for (table = event_tables; *table != NULL; table++)
		for (e = *table; e->name != NULL; e++)
			grid_add(t, e->nsp, e->name, auths[e->auth],
			    arena_printf(t->mem, "%lld", (long long)e->deadline_ms), "in", "-",
			    *table == protocol_events ? TEST_ONLY : "-", NULL);
}

static void
dump_out(struct grid *t)
{
	const struct event_out *e;

	for (e = events_out; e->name != NULL; e++)
		grid_add(t, e->nsp, e->name, "-", "-", "out", e->to,
		    arena_printf(t->mem, "%s%s%s%s", e->help, e->alias != NULL ? "; also as " : "",
		    e->alias != NULL ? e->alias : "", e->test ? "; " TEST_ONLY : ""), NULL);
}

void
dump_events(struct grid *t)
{
	grid_add(t, "NAMESPACE", "EVENT", "AUTH", "DEADLINE_MS", "DIRECTION", "TO", "HELP", NULL);
	dump_in(t);
	dump_out(t);
}
