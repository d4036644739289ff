/* shelf.h -- answers that were sent before and may be sent again: the library's response, found by the bytes of its
 * body.
 *
 * Only the request id and what is left of a rate limit differ between two answers with the same body of a
 * ROUTE_CACHEABLE route, so the built response with its headers is kept and lent. Bounded; a place is taken over by the
 * next answer that belongs there, unless it is lent. Nothing here is trusted to be fresh: a body decides, not an
 * address. Owned by response.c, which makes and frees the responses.
 */
#ifndef HTTP_SHELF_H
#define HTTP_SHELF_H

#include "req.h"

enum { SHELF_BODY_MAX = 8192, SHELF_OWN = 4 };

struct shelf_place {
	uint64_t	 hash;
	const char	*type;
	char		*body;
	size_t		 n;
	bool		 packed;		/* the response is compressed; `body` is not */
	bool		 limited;		/* it has the headers of a rate limit */
	void		*response;		/* NULL: empty */
	int		 lent;			/* to requests between their handler and their answer */
	char		*own[SHELF_OWN];	/* in the response: the id and the rate limit that it carries */
};

/* Whether an answer is fit for the shelf: a whole 200 with nothing of its own but the body and the id. */
bool			 shelf_fits(const struct req *rq);
/* The place for rq->reply's body. `found`: it holds this answer; else it is empty or may be taken over; NULL: it is
 * lent. */
struct shelf_place	*shelf_place(const struct req *rq, bool *found);
/* Put a copy of the answer's body there; the caller has freed what the place held and sets `response` and `own`. */
void			 shelf_put(struct shelf_place *p, const struct req *rq);

#endif
