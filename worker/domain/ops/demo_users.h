/* demo_users.h -- users of known taste, and what they watched. For demo_curation.c. */
#ifndef OPS_DEMO_USERS_H
#define OPS_DEMO_USERS_H

/* Adds 200 users, and the interactions and preferences of those that have none; `buyer` (an id) gets some as well.
 * Yields; errors as pg_query. */
int	 demo_users_seed(const char *buyer);

#endif
