/* waiting.h -- a polling request that waits for the fanout's answer and notices when its client disconnects. */
#ifndef HTTP_WAITING_H
#define HTTP_WAITING_H

#include "proc/relay.h"
#include "req.h"
#include "run/loop.h"

struct waiting {		/* in its coroutine's arena */
	struct waiting	*next;		/* in its owner's list */
	struct req	*rq;
	struct co	*co;
	struct loop_io	 client;	/* a suspended connection does not notice that its client left */
	const char	*sid;		/* poll_relay.c: of the session on another host, once it was asked; else NULL */
	uint32_t	 id;
	int		 rc;		/* 1: no answer yet */
	bool		 left;
};
/* Create one for the running coroutine and watch its client until waiting_fini. Lives in rq->mem. */
struct waiting	*waiting_new(struct req *rq, uint32_t id);
void		 waiting_fini(struct waiting *w);
/* Yields until the request is answered (0 or its error), its client disconnects (E_CANCELED), or `ms` have passed (-1:
 * until the coroutine's deadline). */
int		 waiting_park(struct waiting *w, int64_t ms);
/* Remove the one with this id from a list; NULL: it is not there. */
struct waiting	*waiting_take(struct waiting **list, uint32_t id);
/* End the wait with the fanout's answer, or with an error. */
void		 waiting_answer(struct waiting *w, const struct relay_frame *f);
void		 waiting_fail(struct waiting *w, int rc);
/* The header of a 'W' or 'P' frame of a request. */
struct str	 waiting_describe(struct arena *mem, const struct req *rq);

#endif
