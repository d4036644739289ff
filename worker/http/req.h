/* req.h -- one HTTP request, as a handler sees it: its input, and how to answer.
 *
 * A handler runs in a coroutine with the row's deadline and returns 0 after one of the reply calls, or an error,
 * which the dispatcher (handle.c) answers from the error table. Everything in `mem` is freed when the handler has
 * returned; reply calls copy what they are given, unless they say otherwise. Only req_read yields. The client may
 * disconnect at any wait, and the library and `conn` go with it: what a handler reads, `header`, `ip` and `uri` too,
 * is the request's own and lives until the handler has returned.
 */
#ifndef HTTP_REQ_H
#define HTTP_REQ_H

#include "base/language.h"
#include "base/log.h"
#include "base/param.h"
#include "conn.h"
#include "header.h"
#include "message.h"
#include "route.h"
#include "uri.h"

enum { REQ_ID_BYTES = 129, REPLY_HEADERS_MAX = 8, REQ_NUMBER_BYTES = 24 };

struct reply_header {
	const char	*name, *value;
};
struct reply {
	int			 status;	/* 0: none yet */
	const char		*type;		/* Content-Type; NULL: no body */
	struct str		 body;		/* in req.out, or static */
	const char		*policy;	/* Content-Security-Policy; NULL: everything from this server alone */
	const char		*etag;	/* quoted; NULL: made from the body where the route is ROUTE_CACHEABLE */
	const char		*cache;		/* Cache-Control of a ROUTE_CACHEABLE read; NULL: no-cache */
	const char		*encoding;	/* of the body as given; NULL: may be compressed */
	struct spool		*spool;		/* in place of `body`, owned; NULL: none */
	struct reply_header	 extra[REPLY_HEADERS_MAX];
	int			 n_extra;
};

/* What the client may still ask (limit.c). */
struct req_rate {
	int64_t	 max;		/* 0: not limited */
	int64_t	 left, full_s;	/* requests; when all of them are there again, s since 1970 */
	int64_t	 retry_s;	/* of a refusal; 0: nothing to say */
	char	 text[3][REQ_NUMBER_BYTES];
};

enum req_state {
	REQ_HEADERS,	/* the request line is here, the headers are not yet */
	REQ_BODY,	/* the body is read and kept, or discarded when the answer is an error already */
	REQ_HANDLER,	/* the handler runs, or waits for the body */
	REQ_ANSWERED,	/* the answer is made; the library sends it */
	REQ_CLOSING,	/* the answer was sent past the library, in the middle of the body; the connection closes */
};

struct req {
	/* What handlers read. */
	struct arena		*mem;			/* of the coroutine */
	const struct route	*route;
	enum method		 method;
	char			 id[REQ_ID_BYTES];
	const char		*ip;			/* the client's, behind trusted proxies too */
	const char		*user;			/* NULL: anonymous */
	const char		*tier;			/* of the user; NULL: free */
	const char		*role, *sid, *jti;	/* of the user's token; NULL: not given */
	const char		*api_key;		/* the id of the key in the user's stead; NULL: by a token */
	int64_t			 token_exp_s;
	const char		*traceparent;		/* for what the request causes; NULL: none, or malformed */
	struct trace		*trace;			/* the span that is recorded of it, owned; NULL: none */
	struct log_work		 work;			/* these three, for handle.c */
	enum language		 language;		/* that Accept-Language asks for */
	bool			 english;		/* messages are; by default as DEFAULT_LANGUAGE says */
	bool			 admin;
	bool			 forwarded;		/* a proxy has handed it on: see header_forwards */
	const struct json	*json;			/* the body where the row takes JSON; NULL: none */
	/* NULL: absent; behind `target`, whose memory is the request's own */
	const char		*header[HDR_COUNT];
	/* the client's connection comes from this host; from one of TRUSTED_PROXIES */
	bool			 loopback, trusted;

	/* The answer. */
	struct reply		 reply;
	struct param_faults	 faults;
	const char		*why;			/* more precise than the error's own text; NULL */
	struct str		 details;		/* of a failure, a JSON array; p NULL: made from the faults */
	struct buf		 out;			/* the body */

	struct req_rate		 rate;
	const struct idempotency *once;	/* what this request does under an Idempotency-Key; NULL: none */

	/* The rest belongs to serve.c and mhd.c. */
	const struct endpoint	*endpoint;		/* NULL: no route */
	struct route_match	 match;
	struct uri		 uri;
	struct conn		*conn;			/* NULL once the client has disconnected */
	/* the request target, taken apart in place; then the values of the headers */
	struct buf		 target;
	size_t			 target_bytes;		/* without its NUL */
	struct buf		 in, chunk;		/* body bytes not yet read; handed out by req_read */
	struct co		*co;
	int64_t			 began_us, received;
	int64_t			 length;		/* Content-Length; -1: none or chunked */
	int64_t			 limit;			/* bytes of body allowed */
	int			 error;			/* found before the handler could run */
	struct client		*client;		/* charged for this request; NULL: nothing is */
	int64_t			 charged_bytes;		/* of its body */
	enum req_state		 state;			/* changed by req_enter alone */
	int			 head_error;		/* of the head's form; 0: none */
	bool			 has_body;		/* one is announced */
	bool			 stream;		/* the route takes it piece by piece */
	bool			 charged;	/* a stream, else a body that came early, is charged to `client` */
	bool			 eof;			/* the body is whole */
	bool			 suspended;	/* the library ignores the connection until transport->resume */
	bool			 close_after;		/* the answer is the connection's last */
	void			*transport;		/* the MHD connection */
	void			*response;		/* the MHD response, once built */
	struct cached_response	*cached;		/* or the cache slot it is lent from */
	struct req		*prev, *next;		/* among those under way; in the free list */
	char			 etag[24], retry_after[24];
	char			 accept_key[32];	/* of an upgrade */
	bool			 deflate;		/* permessage-deflate was accepted in it */
	bool			 narrow;		/* with a window too small to deflate for */
	uint8_t			 owner;			/* which fanout process gets it */
	char			 allow[64];
	char			 client_ip[INET6_ADDRSTRLEN];	/* `ip` */
};

/* Change the state; a step that no request may take aborts. For the transport and the dispatcher. */
void	 req_enter(struct req *rq, enum req_state state);
/* Whether the connection is closed, so that an answer would reach no client. */
bool	 req_client_left(const struct req *rq);

/* The next part of a ROUTE_STREAM body in *chunk, valid until the next call; n == 0 at its end. Yields.
 * 0, E_TOO_LARGE, E_CANCELED (the client went away), E_TIMEOUT. */
int	 req_read(struct req *rq, struct str *chunk);

/* Answers; each returns 0, so that a handler may end with it. `body` is JSON text. */
int	 reply_json(struct req *rq, int status, struct str body);
int	 reply_text(struct req *rq, int status, const char *type, struct str body);
/* 204, without a body. */
int	 reply_nothing(struct req *rq);
/* Bytes that live as long as the process, with their ETag; `gzipped` (p NULL: none) is sent to clients that accept
 * it. */
int	 reply_static(struct req *rq, const char *type, struct str body, struct str gzipped, const char *etag);
/* {"success":true,"data":<data>}, with "message" when `message` is not MSG_NONE. */
int	 reply_data(struct req *rq, int status, struct str data, enum message message);
/* {"success":true,"data":<list>,"nextCursor":…}; `next` NULL: the last page. */
int	 reply_list(struct req *rq, struct str list, const char *next);
/* One more header; name and value must live until the handler returns. */
void	 reply_header(struct req *rq, const char *name, const char *value);

/* An error of the table as an answer, in the shape and language the client asked for (for the dispatcher). */
void	 reply_error(struct req *rq, int rc);
/* After the answer was given: ETag and 304, compression, and every header of it. Fills `headers`, returns how many. */
enum { REPLY_ALL_HEADERS = 32 };
int	 reply_finish(struct req *rq, struct reply_header headers[REPLY_ALL_HEADERS]);

#endif
