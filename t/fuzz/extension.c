/* extension.c -- fuzz the offers of WebSocket extensions (clang -fsanitize=fuzzer,address,undefined). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "worker/http/extension.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *offers = malloc(n + 1);
	const char *answer;
	bool narrow;

	memcpy(offers, p, n);
	offers[n] = '\0';
	if ((answer = extension_answer(offers, &narrow)) != NULL && strcasestr(offers, "permessage-deflate") == NULL)
		abort();
	free(offers);
	return 0;
}
