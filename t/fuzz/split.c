/* split.c -- fuzz the item splitter: the same items come out however the bytes are portioned. */
#include <stdint.h>
#include <stdlib.h>

#include "base/split.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { ITEM_MAX = 64 };

/* A hash over every item and result of the stream, fed `step` bytes at a time. */
static uint64_t
digest(const char *p, size_t n, size_t step)
{
	struct split s = { .item_max = ITEM_MAX };
	enum split_result r = SPLIT_MORE;
	uint64_t h = 1;
	struct str item;
	int64_t line;
	size_t at;

	for (at = 0; at < n && r != SPLIT_BROKEN; at += step) {
		char *part = malloc(step);
		size_t some = n - at < step ? n - at : step;

		memcpy(part, p + at, some);
		split_feed(&s, part, some);
		while ((r = split_next(&s, &item, &line)) == SPLIT_ITEM || r == SPLIT_TOO_LONG) {
			if (r == SPLIT_ITEM && item.n > ITEM_MAX)
				abort();
			h = h * 31 + (r == SPLIT_ITEM ? hash_bytes(item.p, item.n) : 7) + (uint64_t)line;
		}
		free(part);
	}
	if (r != SPLIT_BROKEN) {
		r = split_end(&s, &item, &line);
		h = h * 31 + (uint64_t)r + (r == SPLIT_ITEM ? hash_bytes(item.p, item.n) : 0);
	}
	split_fini(&s);
	return h * 31 + (r == SPLIT_BROKEN);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint64_t whole = digest((const char *)p, n, n > 0 ? n : 1);

	if (digest((const char *)p, n, 1) != whole || digest((const char *)p, n, 7) != whole)
		abort();
	return 0;
}
