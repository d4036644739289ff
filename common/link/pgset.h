/* pgset.h -- the connections of this process, for pgpool.c and its parts: their number and choice, opening and dropping
 * them within the budget of the host. The coroutines that wait for one stand in pgline.c.
 */
#ifndef LINK_PGSET_H
#define LINK_PGSET_H

#include "pgconn.h"

enum {
	PGSET_STUCK_MS	= 50,		/* a shared connection with such a slow statement is avoided */
	PGSET_DEPTH_MAX	= 4096,		/* statements under way on one connection */
};

/* All of them, linked by next. A lost one stays while a coroutine holds it. */
extern struct pgconn *pgset;

int	 pgset_count(bool (*is)(const struct pgconn *));
bool	 pgset_live(const struct pgconn *c);		/* open or opening */
bool	 pgset_up(const struct pgconn *c);
bool	 pgset_busy(const struct pgconn *c);		/* held by a coroutine */
bool	 pgset_live_busy(const struct pgconn *c);
bool	 pgset_live_shared(const struct pgconn *c);
bool	 pgset_for_statements(const struct pgconn *c);	/* live, and not taken for long */
bool	 pgset_coming(const struct pgconn *c);		/* will soon be free for a waiter by itself */

struct pgconn *pgset_find_idle(void);
struct pgconn *pgset_find_shared(void);			/* the shared one with the least under way */
void	 pgset_role(struct pgconn *c, enum pgconn_role role);

/* Open one more; false when that must wait: for the budget, the back-off, the hold-off. */
bool	 pgset_open(enum pgconn_role role);
/* Close; the struct stays. */
void	 pgset_drop(struct pgconn *c);
/* A lost connection no longer counts in the budget. */
void	 pgset_return(struct pgconn *c);
/* Frees the lost ones that no coroutine holds. */
void	 pgset_free_lost(void);

/* The server they are to; no failures yet; one more failure to connect: the next attempt waits (50 ms doubling to 2 s,
 * with jitter); success. */
void	 pgset_start(struct pgconn_server *server);
void	 pgset_back_off(void);
void	 pgset_reached(void);
int	 pgset_failures(void);
bool	 pgset_backing_off(void);
/* After giving one up for another process that has none: do not borrow for so long while one is in need. */
void	 pgset_hold_off(int ms);
bool	 pgset_budget_full(void);
/* What another process wishes most: slot.db_wanted. */
int	 pgset_strongest_wish(void);
/* 0 .. max - 1 */
int	 pgset_random_ms(int max);

#endif
