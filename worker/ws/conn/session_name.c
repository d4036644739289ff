/* session_name.c -- names from random bytes fetched a page at a time. See session_name.h. */
#include "session_name.h"

#include <string.h>

#include "base/base64.h"
#include "base/str.h"

enum { NAMES_A_PAGE = 256 };

void
session_name_make(char out[NAME_BYTES])
{
	static unsigned char page[NAMES_A_PAGE][NAME_RANDOM_BYTES];
	static int left;

	if (left == 0) {
		random_bytes(page, sizeof(page));
		left = NAMES_A_PAGE;
	}
	left--;
	base64_url(out, page[left], NAME_RANDOM_BYTES);
	explicit_bzero(page[left], NAME_RANDOM_BYTES);
}
