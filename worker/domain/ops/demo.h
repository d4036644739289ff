/* demo.h -- a small shop to look at: three accounts, products in categories with reviews, a planned stream, two orders.
 *
 * The content is etc/demo/shop.ndjson, built in. It is for development and for a database that holds nothing else. A
 * seeding that was cut short is completed by the next one: every step leaves alone what is there, and the admin's
 * account, made last, says that all is.
 */
#ifndef OPS_DEMO_H
#define OPS_DEMO_H

#include "base/arena.h"

/* FOREIGN: there are accounts, products or streams that are not the demo's */
enum demo_state { DEMO_EMPTY, DEMO_BEGUN, DEMO_DONE, DEMO_FOREIGN };

enum { DEMO_ACCOUNTS = 3 };
struct demo_account {
	const char	*email, *role;
	char		 password[20];		/* made anew, given once: only its hash is stored */
};

/* Both yield; errors as pg_query, and E_INTERNAL when the content itself is refused (logged). */
int	 demo_look(enum demo_state *state);
/* Seed, of DEMO_EMPTY or DEMO_BEGUN. The accounts with their passwords in out[]. */
int	 demo_seed(struct arena *mem, struct demo_account out[DEMO_ACCOUNTS]);

#endif
