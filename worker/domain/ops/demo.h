/* demo.h -- a small demo shop: three accounts, products in categories with reviews, a scheduled stream, two orders; and
 * the videos of demo_curation.h.
 *
 * The content is etc/demo/shop.ndjson, built in. For development, on a database without other content. An interrupted
 * seeding is completed by the next one: every step skips what exists, and the admin's account, created last, marks
 * completion.
 */
#ifndef OPS_DEMO_H
#define OPS_DEMO_H

#include "base/arena.h"

/* FOREIGN: there are accounts, products or streams that are not the demo's */
enum demo_state { DEMO_EMPTY, DEMO_BEGUN, DEMO_DONE, DEMO_FOREIGN };

enum { DEMO_ACCOUNTS = 3 };
struct demo_account {
	const char	*email, *role;
	char		 password[20];		/* generated; returned once, only its hash is stored */
};

/* Both yield; errors as pg_query, and E_INTERNAL when the content itself is rejected (logged). */
int	 demo_find_state(enum demo_state *state);
/* Seeds the demo, from DEMO_EMPTY or DEMO_BEGUN. out[]: the accounts with their passwords. */
int	 demo_seed(struct arena *mem, struct demo_account out[DEMO_ACCOUNTS]);

#endif
