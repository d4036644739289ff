/* cmd_dump_events.c -- `dure dump events`. */
#include "cmd_dump.h"
#include "worker/ws/event.h"

void
dump_events(struct grid *t)
{
	static const char *const auths[] = { "-", "user" };
	const struct event *const *table;
	const struct event *e;

	grid_add(t, "NAMESPACE", "EVENT", "AUTH", "DEADLINE_MS", NULL);
	for (table = event_tables; *table != NULL; table++)
		for (e = *table; e->name != NULL; e++)
			grid_add(t, e->nsp, e->name, auths[e->auth], arena_printf(t->mem, "%lld", (long long)e->deadline_ms), NULL);
}
