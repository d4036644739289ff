/* web.h -- calls to external HTTP services (webhooks, APIs) that yield.
 *
 * Each call is a libcurl transfer on Dure's loop. http and https only, no redirections, certificates are verified. The
 * URL may hold a secret (a webhook) and is never logged. Owns: libcurl.
 */
#ifndef LINK_WEB_H
#define LINK_WEB_H

#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct web_call {
	const char		*method, *url;
	const char *const	*headers;	/* "Name: value", ended by NULL; NULL: none */
	struct str		 body;		/* p NULL: none */
	int64_t			 timeout_ms;
	size_t			 answer_max;	/* bytes; a longer answer is cut there */
};
struct web_answer {
	int			 status;
	int64_t			 retry_after_s;	/* 0: not said */
	struct str		 body;		/* in the coroutine's arena */
};
/* Yields. 0 with any status; E_DOWN (no connection, a broken answer), E_TIMEOUT, E_CANCELED, E_VALIDATION (the
 * address). */
int	 web_call(const struct web_call *call, struct web_answer *out);

#endif
