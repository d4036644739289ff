/* pgline.h -- the line of coroutines that wait for a connection of the pool, first come, first served. For pgpool.c. */
#ifndef LINK_PGLINE_H
#define LINK_PGLINE_H

#include <stdbool.h>

struct co;
struct pgconn;

/* One that waits, on its coroutine's stack while it is in the line. */
struct pgwaiter {
	struct pgwaiter	*next;
	struct co	*co;
	bool		 alone, done;	/* whether it needs a connection of its own; whether it has left the line */
	struct pgconn	*conn;		/* its connection, or NULL and rc */
	int		 rc;
};

void	 pgline_join(struct pgwaiter *w);
/* It goes, unserved. */
void	 pgline_leave(struct pgwaiter *w);
/* The one whose turn is next; NULL: nobody waits. */
const struct pgwaiter *pgline_first(void);
/* Give out what is free: an idle connection to one that needs it alone (ROLE_ALONE), a shared one, `reserved`, to
 * another. Wakes. */
void	 pgline_serve(void);
/* All are refused with this error. Wakes. */
void	 pgline_fail(int rc);
/* How many connections they could use beyond those that are being opened; may be negative. */
int	 pgline_wanted(void);

#endif
