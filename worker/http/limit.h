/* limit.h -- rate limits: by the route's class, and by API key, user or address of the client.
 *
 * The host's shared memory (proc/bucket.h) decides. For RATE_AUTH routes Redis does, so that the limit holds over all
 * hosts: `rate_limit:{user or address}:{path}` counts RATE_AUTH_WINDOW, `ip_limit_auth:{address}` an hour. The use of
 * API keys is shared with the other hosts once a second (limit_share.h). While Redis is down each host decides alone.
 * What all routes count is shown in Redis once a second (limit_show.h).
 */
#ifndef HTTP_LIMIT_H
#define HTTP_LIMIT_H

#include "req.h"

/* Whether the client's address is blocked: 0, or E_BLOCKED with rq->rate.retry_s. Does not yield. */
int	 limit_blocked(struct req *rq);
/* Limit guesses at API keys, by address: whether the allowance is used up, asked before a key is looked up (0, or
 * E_RATE); and count a wrong key. Neither yields. */
int	 limit_guesses(struct req *rq);
void	 limit_guessed(struct req *rq);
/* Take one request from the client's allowance for rq->route, and note what is left for the answer's headers. Yields
 * for RATE_AUTH only. 0, E_RATE or E_BLOCKED with rq->rate.retry_s, E_CANCELED. */
int	 limit_take(struct req *rq);
/* The request was refused by another limit, for rq->rate.retry_s: the headers promise nothing before. Does not yield.
 */
void	 limit_postpone(struct req *rq);
/* The X-RateLimit-* headers of the answer, at most 3; returns how many. Their values live in `rq`. */
int	 limit_headers(struct req *rq, struct reply_header *headers);

#endif
