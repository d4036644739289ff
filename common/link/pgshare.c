/* pgshare.c -- see pgshare.h. */
#include "pgshare.h"

#include "pgset.h"
#include "proc/scoreboard.h"
#include "run/loop.h"

enum {
	TURN_MS		= 100,		/* a process may keep its last connection this long while another has none */
	/* a process with a connection gets the last one only when it has been idle for this long */
	KEEP_LAST_MS	= 1000,
};

void
pgshare_tell(bool wants)
{
	struct slot *me = scoreboard_me();

	if (me != NULL)
		me->db_wanted = !wants ? 0 : pgset_count(pgset_for_statements) > 0 ? 1 : 2;
}

/* Whether another process needs an idle connection more urgently. */
static bool
may_go(const struct pgconn *c, int wish, bool turn_over, bool waiting)
{
	if (waiting)
		return wish == 2 && turn_over;
	return wish == 2 || pgset_count(pgset_for_statements) > 1 || c->since_ms + KEEP_LAST_MS <= loop_now_ms();
}

void
pgshare_yield(bool waiting)
{
	int wish = pgset_budget_full() ? pgset_strongest_wish() : 0;
	struct pgconn *c, *mine = NULL;
	bool turn_over;

	if (wish == 0)
		return;
	for (c = pgset; c != NULL; c = c->next) {
		if (c->state != PGCONN_UP || (c->role != ROLE_IDLE && c->role != ROLE_SHARED))
			continue;
		turn_over = c->opened_ms + TURN_MS <= loop_now_ms();
		if (!pgset_busy(c) && may_go(c, wish, turn_over, waiting)) {
			pgset_drop(c);
			break;
		}
		if (turn_over)
			mine = c;
	}
	if (c == NULL && (wish < 2 || mine == NULL))
		return;
	if (c == NULL) {
		pgset_role(mine, ROLE_DRAINING);
		mine->leaving = true;
	}
	pgset_hold_off(TURN_MS + pgset_random_ms(TURN_MS / 2));
}
