/* req.c -- the states of a request, and the body of a stream. See req.h. Yields: req_read. */
#include "req.h"

#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "transport.h"

const struct transport *transport;

void
req_enter(struct req *rq, enum req_state state)
{
	static const unsigned next[] = {
		[REQ_HEADERS]	= 1u << REQ_BODY | 1u << REQ_ANSWERED,
		[REQ_BODY]	= 1u << REQ_HANDLER | 1u << REQ_ANSWERED,
		[REQ_HANDLER]	= 1u << REQ_BODY | 1u << REQ_ANSWERED,	/* back: refused, the rest is discarded first */
		[REQ_ANSWERED]	= 1u << REQ_CLOSING,
		[REQ_CLOSING]	= 0,
	};

	if ((next[rq->state] & 1u << state) == 0)
		bug("a request took an illegal step");
	rq->state = state;
}

bool
req_client_left(const struct req *rq)
{
	return rq->conn == NULL;
}

/* A stream's handler takes all that is there; its buffer becomes the one that fills. */
int
req_read(struct req *rq, struct str *chunk)
{
	struct buf empty = rq->chunk;
	int rc;

	buf_reset(&empty);
	*chunk = (struct str){ 0 };
	while (rq->in.n == 0 && !rq->eof) {
		if (rq->received > rq->limit)
			return E_TOO_LARGE;
		if ((rc = co_park(-1)) < 0)
			return rc;
	}
	if (rq->received > rq->limit)
		return E_TOO_LARGE;
	rq->chunk = rq->in;
	rq->in = empty;
	*chunk = (struct str){ rq->chunk.p, rq->chunk.n };
	if (rq->suspended && !rq->eof)
		transport->resume(rq);
	return 0;
}
