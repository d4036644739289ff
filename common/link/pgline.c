/* pgline.c -- see pgline.h. */
#include "pgline.h"

#include "pgset.h"
#include "run/co.h"

static struct pgwaiter *first, **end = &first;

void
pgline_join(struct pgwaiter *w)
{
	*end = w;
	end = &w->next;
}

void
pgline_leave(struct pgwaiter *w)
{
	struct pgwaiter **at = &first;

	while (*at != w)
		at = &(*at)->next;
	if ((*at = w->next) == NULL)
		end = at;
}

const struct pgwaiter *
pgline_first(void)
{
	return first;
}

static void
serve_first(struct pgconn *c, int rc)
{
	struct pgwaiter *w = first;

	first = w->next;
	if (first == NULL)
		end = &first;
	w->done = true;
	w->conn = c;
	w->rc = rc;
	co_wake(w->co);
}

void
pgline_serve(void)
{
	struct pgconn *c;

	while (first != NULL) {
		if (first->alone) {
			if ((c = pgset_find_idle()) == NULL)
				return;
			pgset_role(c, ROLE_ALONE);
		} else {
			if ((c = pgset_find_shared()) == NULL) {
				if ((c = pgset_find_idle()) == NULL)
					return;
				pgset_role(c, ROLE_SHARED);
			}
			c->reserved++;
		}
		serve_first(c, 0);
	}
}

int
pgline_wanted(void)
{
	const struct pgwaiter *w;
	int n = 0, shared = 0;

	for (w = first; w != NULL; w = w->next) {
		n += w->alone;
		shared |= !w->alone;
	}
	return n + shared - pgset_count(pgset_coming);
}

void
pgline_fail(int rc)
{
	while (first != NULL)
		serve_first(NULL, rc);
}
