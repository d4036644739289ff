/* handover.c -- fuzz the records of a hand-over: every field lies within its record, at every depth (clang
 * -fsanitize=fuzzer,address,undefined). */
#include <stdlib.h>

#include "proc/handover.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
walk(struct str fields, int depth)
{
	const char *end = fields.p + fields.n;
	struct str value, first;
	uint16_t tag;

	if (depth == 0)
		return;
	while (handover_field(&fields, &tag, &value)) {
		if (value.p + value.n > end)
			abort();
		first = handover_find(fields, tag);
		if (first.p != NULL && first.p + first.n > end)
			abort();
		(void)handover_find_int(value, tag);
		walk(value, depth - 1);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *bytes = malloc(n + 1);
	struct handover_record r;
	size_t at = 0;
	int64_t used;

	if (n > 0)
		memcpy(bytes, p, n);
	while ((used = handover_record(bytes + at, n - at, &r)) > 0) {
		if ((size_t)used > n - at || r.n_fds > HANDOVER_FDS_MAX || !handover_well_formed(r.fields))
			abort();
		walk(r.fields, 4);
		at += (size_t)used;
	}
	free(bytes);
	return 0;
}
