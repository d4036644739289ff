/* uri.c -- fuzz the request target and its query: what comes out is valid UTF-8 without NUL. */
#include <stdint.h>
#include <stdlib.h>

#include "worker/http/uri.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pair pairs[URI_PAIRS_MAX];
	char *text = malloc(n + 1);
	struct uri u = { 0 };
	size_t i, n_pairs = 0;

	memcpy(text, p, n);
	text[n] = '\0';
	if (uri_split(&u, text, strlen(text)) == 0) {
		for (i = 0; i < u.n_segments; i++)
			if (strlen(u.segments[i].p) != u.segments[i].n || !utf8_valid(u.segments[i].p, u.segments[i].n))
				abort();
		if (u.query != NULL && uri_pairs(u.query, pairs, &n_pairs) == 0)
			for (i = 0; i < n_pairs; i++)
				if (!utf8_valid(pairs[i].name, strlen(pairs[i].name)) ||
				    !utf8_valid(pairs[i].value, strlen(pairs[i].value)))
					abort();
	}
	free(text);
	return 0;
}
