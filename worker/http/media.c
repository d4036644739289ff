/* media.c -- the policy of pages with a player. See media.h. */
#include "media.h"

#include "base/buf.h"
#include "base/conf.h"
#include "base/origins.h"

static void
add_origins(struct buf *b)
{
	const char *at = conf.media_origins;
	struct str origin;

	while (origins_next(&at, &origin)) {
		buf_byte(b, ' ');
		buf_add(b, origin.p, origin.n);
	}
}

const char *
media_policy(void)
{
	static struct buf policy;

	if (policy.n > 0)
		return policy.p;
	buf_str(&policy, "default-src 'self'; media-src 'self' blob:");
	add_origins(&policy);
	buf_str(&policy, "; connect-src 'self'");
	add_origins(&policy);
	buf_byte(&policy, '\0');
	return policy.p;
}
