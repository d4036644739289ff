/* pgset.c -- the connections of this process: counting, choosing, opening within the budget, dropping. See pgset.h. */
#include "pgset.h"

#include "proc/scoreboard.h"

enum {
	BACKOFF_MIN_MS	= 50,
	BACKOFF_MAX_MS	= 2000,
};

struct pgconn *pgset;
static struct pgconn_server *primary;
static int failures;			/* attempts to connect, in a row */
static int64_t retry_ms, borrow_ms;	/* the earliest next attempt to connect, and to borrow */

int
pgset_count(bool (*is)(const struct pgconn *))
{
	const struct pgconn *c;
	int n = 0;

	for (c = pgset; c != NULL; c = c->next)
		n += is(c);
	return n;
}

bool pgset_live(const struct pgconn *c) { return c->state != PGCONN_LOST; }
bool pgset_up(const struct pgconn *c) { return c->state == PGCONN_UP; }
bool pgset_busy(const struct pgconn *c) { return c->depth + c->reserved > 0 || c->role == ROLE_ALONE; }
bool pgset_for_statements(const struct pgconn *c) { return pgset_live(c) && !c->session; }
bool pgset_live_busy(const struct pgconn *c) { return pgset_live(c) && pgset_busy(c); }
bool pgset_live_shared(const struct pgconn *c) { return pgset_live(c) && c->role == ROLE_SHARED; }

bool
pgset_coming(const struct pgconn *c)
{
	return (c->state == PGCONN_OPENING && c->role == ROLE_IDLE) ||
	    (c->state == PGCONN_UP && c->role == ROLE_DRAINING && !c->leaving && pgconn_stuck_ms(c) < PGSET_STUCK_MS);
}

int
pgset_random_ms(int max)
{
	uint32_t r;

	random_bytes(&r, sizeof(r));
	return (int)(r % (uint32_t)max);
}

bool
pgset_budget_full(void)
{
	return scoreboard_db_used() >= scoreboard_db_budget();
}

int
pgset_strongest_wish(void)
{
	const struct slot *me = scoreboard_me(), *s;
	int i, most = 0;

	for (i = 0; i < SCOREBOARD_SLOTS; i++) {
		s = scoreboard_slot(i);
		if (s != me && s->state != SLOT_FREE && s->state != SLOT_DEAD && s->db_wanted > most)
			most = s->db_wanted;
	}
	return most;
}

void
pgset_role(struct pgconn *c, enum pgconn_role role)
{
	c->role = role;
	c->since_ms = loop_now_ms();
}

void
pgset_return(struct pgconn *c)
{
	if (c->borrowed)
		scoreboard_db_return();
	c->borrowed = false;
}

void
pgset_drop(struct pgconn *c)
{
	pgconn_close(c);
	pgset_return(c);
}

void
pgset_start(struct pgconn_server *server)
{
	primary = server;
	failures = 0;
	retry_ms = borrow_ms = 0;
}

void
pgset_back_off(void)
{
	int ms = failures > 5 ? BACKOFF_MAX_MS : BACKOFF_MIN_MS << failures;

	retry_ms = loop_now_ms() + ms / 2 + pgset_random_ms(ms / 2);
	failures++;
}

void
pgset_reached(void)
{
	failures = 0;
}

int
pgset_failures(void)
{
	return failures;
}

bool
pgset_backing_off(void)
{
	return loop_now_ms() < retry_ms;
}

void
pgset_hold_off(int ms)
{
	borrow_ms = loop_now_ms() + ms;
}

bool
pgset_open(enum pgconn_role role)
{
	struct pgconn *c;

	if (pgset_backing_off() || (loop_now_ms() < borrow_ms && pgset_strongest_wish() == 2) ||
	    !scoreboard_db_borrow())
		return false;
	c = pgconn_open(primary);
	c->borrowed = true;
	c->next = pgset;
	pgset = c;
	pgset_role(c, role);
	return true;
}

struct pgconn *
pgset_find_idle(void)
{
	struct pgconn *c;

	for (c = pgset; c != NULL; c = c->next)
		if (c->state == PGCONN_UP && c->role == ROLE_IDLE)
			return c;
	return NULL;
}

struct pgconn *
pgset_find_shared(void)
{
	struct pgconn *c, *best = NULL;
	int load, least = 0;

	for (c = pgset; c != NULL; c = c->next) {
		if (c->state != PGCONN_UP || c->role != ROLE_SHARED || c->worn)
			continue;
		load = c->depth + c->reserved + (pgconn_stuck_ms(c) >= PGSET_STUCK_MS ? PGSET_DEPTH_MAX : 0);
		if (best == NULL || load < least) {
			best = c;
			least = load;
		}
	}
	return best;
}

void
pgset_free_lost(void)
{
	struct pgconn **at = &pgset, *c;

	while ((c = *at) != NULL) {
		if (c->state != PGCONN_LOST || c->role == ROLE_ALONE || c->reserved > 0) {
			at = &c->next;
			continue;
		}
		*at = c->next;
		pgconn_free(&c);
	}
}

