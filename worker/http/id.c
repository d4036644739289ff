/* id.c -- request ids from random bytes fetched a page at a time. See id.h. */
#include "id.h"

enum { PAGE_BYTES = 4096, ID_BYTES = 16 };

void
id_make(char out[UUID_TEXT_BYTES])
{
	static const char hex[] = "0123456789abcdef";
	static unsigned char page[PAGE_BYTES];
	static size_t left;
	unsigned char *b;
	int i;

	if (left == 0) {
		random_bytes(page, sizeof(page));
		left = sizeof(page);
	}
	left -= ID_BYTES;
	b = page + left;
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	for (i = 0; i < ID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[b[i] >> 4];
		*out++ = hex[b[i] & 15];
	}
	*out = '\0';
}
