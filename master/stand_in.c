/* stand_in.c -- a secret of this master's own. See stand_in.h. */
#include "stand_in.h"

#include "base/log.h"
#include "base/str.h"

enum { SECRET_BYTES = 32 };

void
stand_in_secret(struct conf *c)
{
	static const char hex[] = "0123456789abcdef";
	static char text[2 * SECRET_BYTES + 1];
	unsigned char r[SECRET_BYTES];
	size_t i;

	if (c->strict || *c->jwt_secret != '\0')
		return;
	if (*text == '\0') {
		random_bytes(r, sizeof(r));
		for (i = 0; i < sizeof(r); i++) {
			text[2 * i] = hex[r[i] >> 4];
			text[2 * i + 1] = hex[r[i] & 15];
		}
		log_warn("JWT_SECRET is not set: a random one stands in; sessions and API keys end with this process");
	}
	c->jwt_secret = text;
}
