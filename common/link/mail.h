/* mail.h -- sends a mail: over SMTP (SMTP_URL), or as JSON to a service that sends it (MAIL_WEBHOOK_URL).
 *
 * Both are libcurl transfers on Dure's loop (link/web.h). The webhook gets {id,to,from,language,kind,subject,text,link}
 * with the id as Idempotency-Key. A mail is plain text in UTF-8; its Message-ID comes from the id, so that a mail sent
 * twice is recognised.
 */
#ifndef LINK_MAIL_H
#define LINK_MAIL_H

#include <stdbool.h>

#include "base/arena.h"

struct mail {
	const char	*id;			/* a UUID */
	const char	*to;			/* a normalised address (base/signup.h) */
	const char	*kind, *language;	/* "reset", "ko" */
	const char	*subject, *text, *link;	/* lines end with \n; link NULL: none */
};

/* Whether mail can be sent at all. */
bool	 mail_on(void);
/* Yields. 0: accepted; E_VALIDATION: refused for good (this address, this text); E_DOWN, E_TIMEOUT: try again;
 * E_CANCELED. */
int	 mail_send(const struct mail *m);

#endif
