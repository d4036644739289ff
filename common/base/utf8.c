/* utf8.c -- UTF-8 in parts. See utf8.h. */
#include "utf8.h"

#include <stdint.h>
#include <string.h>

/* The first byte of a sequence. */
static bool
begin_sequence(struct utf8 *u, unsigned char c)
{
	u->lo = 0x80;
	u->hi = 0xbf;
	if (c < 0x80)
		return true;
	if (c < 0xc2 || c > 0xf4)
		return false;
	u->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	if (c == 0xe0)
		u->lo = 0xa0;
	if (c == 0xed)
		u->hi = 0x9f;
	if (c == 0xf0)
		u->lo = 0x90;
	if (c == 0xf4)
		u->hi = 0x8f;
	return true;
}

static bool
go_on(struct utf8 *u, unsigned char c)
{
	if (c < u->lo || c > u->hi)
		return false;
	u->need--;
	u->lo = 0x80;
	u->hi = 0xbf;
	return true;
}

bool
utf8_add(struct utf8 *u, const void *p, size_t n)
{
	const unsigned char *s = p, *end = s + n;
	uint64_t word;

	while (s < end) {
		if (u->need == 0 && end - s >= 8) {	/* eight ASCII bytes at a time */
			memcpy(&word, s, 8);
			if ((word & 0x8080808080808080u) == 0) {
				s += 8;
				continue;
			}
		}
		if (!(u->need == 0 ? begin_sequence(u, *s) : go_on(u, *s)))
			return false;
		s++;
	}
	return true;
}

bool
utf8_whole(const struct utf8 *u)
{
	return u->need == 0;
}
