/* cmd_dump_privacy.c -- `dure dump privacy` and `dure dump retention`: the tables with personal data, and how long
 * rows are kept. */
#include "base/conf.h"
#include "cmd_dump.h"
#include "worker/domain/identity/privacy.h"
#include "worker/domain/ops/retention.h"

void
dump_privacy(struct grid *t)
{
	const struct privacy_table *p;

	grid_add(t, "TABLE", "USER", "HOW", "WHAT", NULL);
	for (p = privacy_tables; p->table != NULL; p++)
		grid_add(t, p->table, p->column, p->how == PRIVACY_ERASE ? "erase" : "anonymise", p->what, NULL);
}

static const char *
key_of(size_t offset)
{
	const struct conf_key *k;

	for (k = conf_keys; k->name != NULL && k->offset != offset; k++)
		;
	return k->name;
}

void
dump_retention(struct grid *t)
{
	const struct retention *r;

	grid_add(t, "TABLE", "KEY", "WHAT", NULL);
	for (r = retentions; r->table != NULL; r++)
		grid_add(t, r->table, key_of(r->days), r->what, NULL);
}
