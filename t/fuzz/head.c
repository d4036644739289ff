/* head.c -- fuzz the head of a request to upgrade: what is taken lies within the head, and holds no line end. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/http/head.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(const char *s, const char *from, size_t n)
{
	if (s < from || s + strlen(s) >= from + n || strpbrk(s, "\r\n") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = malloc(n > 0 ? n : 1);
	const char *name, *value;
	struct head h;
	size_t name_n;

	memcpy(text, p, n);
	if (head_begin(&h, text, n)) {
		if (h.bytes > n || *h.target != '/')
			abort();
		check(h.target, text, h.bytes);
		while (head_next(&h, &name, &name_n, &value) > 0) {
			if (name_n == 0 || name[name_n] != ':')
				abort();
			check(name, text, h.bytes);
			check(value, text, h.bytes);
		}
	}
	free(text);
	return 0;
}
