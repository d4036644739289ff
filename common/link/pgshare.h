/* pgshare.h -- how the processes of a host share its budget of connections. For pgpool.c. */
#ifndef LINK_PGSHARE_H
#define LINK_PGSHARE_H

#include <stdbool.h>

/* Publish how urgently this process needs a connection, if it `wants` one. */
void	 pgshare_tell(bool wants);
/* With the budget used up and others waiting, close idle connections; when another process has none at all, drain one
 * of ours. `waiting`: coroutines of this process wait too. */
void	 pgshare_yield(bool waiting);

#endif
