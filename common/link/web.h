/* web.h -- calls to external HTTP services (webhooks, APIs) and mail servers that yield.
 *
 * Each call is a libcurl transfer on Dure's loop. http and https only, no redirections, certificates are verified. The
 * URL may hold a secret (a webhook) and is never logged. Owns: libcurl.
 */
#ifndef LINK_WEB_H
#define LINK_WEB_H

#include <stdbool.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

struct web_call {
	const char		*method, *url;
	const char *const	*headers;	/* "Name: value", ended by NULL; NULL: none */
	struct str		 body;		/* p NULL: none */
	int64_t			 timeout_ms;
	size_t			 answer_max;	/* bytes; a longer answer is cut there */
	bool			 quiet;		/* a failure is not logged */
	bool			 whole;		/* a longer answer is not cut: E_TOO_LARGE, as soon as it is longer */
	/* Takes the body of a 2xx answer piece by piece, in the loop; must not yield. Negative: the call fails with
	 * E_TOO_LARGE. NULL: the body is collected. */
	int			(*take)(void *arg, const char *p, size_t n);
	void			*arg;
};
struct web_answer {
	int			 status;
	int64_t			 retry_after_s;	/* 0: not said */
	const char		*retry_after, *etag;	/* the headers, in the coroutine's arena; NULL: absent */
	struct str		 body;		/* in the coroutine's arena */
};
/* Yields. 0 with any status; E_DOWN (no connection, a broken answer), E_TIMEOUT, E_CANCELED, E_VALIDATION (the
 * address), E_TOO_LARGE. */
int	 web_call(const struct web_call *call, struct web_answer *out);

enum web_tls { WEB_TLS_IF_OFFERED, WEB_TLS_NEEDED };
/* A mail to one address, for the server of an smtp:// or smtps:// URL with user and password in it. */
struct web_mail {
	const char	*url, *from, *to;
	struct str	 text;		/* headers and body, lines end with \r\n */
	enum web_tls	 tls;		/* of smtp://: STARTTLS */
	int64_t		 timeout_ms;
};
/* Yields. 0: the server has accepted it. Else as web_call; *status is the server's last reply, 0: none. */
int	 web_send_mail(const struct web_mail *mail, int *status);

#endif
