/* serve.h -- a request from its first line to its last byte, independent of the library that moves the bytes (mhd.c).
 *
 * The transport calls serve_begin, serve_headers, serve_body for each piece of the body, serve_whole and serve_end,
 * and obeys the step that each returns. A handler that never parks has answered before the call returns. Otherwise the
 * transport suspends the connection until transport->resume and then calls serve_body or serve_whole again.
 */
#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

#include "req.h"

enum step {
	STEP_READ,	/* go on reading the request */
	STEP_WAIT,	/* suspend until transport->resume */
	STEP_ANSWER,	/* send the answer */
	STEP_REFUSE,	/* send the answer now, in the middle of the body, and close */
	STEP_UPGRADE,	/* send the 101, then hand the socket over */
};

/* Once a process. */
void		 serve_init(void);
/* The request line came; `target` is copied. `mhd`: the library's connection, NULL without the library. */
struct req	*serve_begin(struct conn *conn, const char *target, void *mhd);
/* Before the headers: so many bytes are enough for all their values, each with a NUL. */
void		 serve_expect_headers(struct req *rq, size_t bytes);
/* One header, of those in header.def; the value, of `n` bytes and a NUL, is copied. */
void		 serve_header(struct req *rq, enum header h, const char *value, size_t n);
enum step	 serve_headers(struct req *rq, const char *method);
enum step	 serve_body(struct req *rq, const char *p, size_t n);
enum step	 serve_whole(struct req *rq);
/* Replaces the three above for a GET that may only become a WebSocket: 0 when it does, with rq->reply set. On an error
 * the request was neither answered nor counted. */
int		 serve_upgrade(struct req *rq);
/* A request whose framing is at fault (RFC 9112): answer with the error on the connection's socket. */
void		 serve_malformed(struct conn *c, int rc, const char *ko, const char *en);
/* The request is over: answered, or its client disconnected, which cancels the handler. */
void		 serve_end(struct req *rq, bool answered);

#endif
