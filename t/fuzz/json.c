/* json.c -- fuzz the strict check and the parser behind it: what passes parses, and what is printed again passes again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct json *j;
	struct arena mem;
	struct str text;
	int rc;

	arena_init(&mem, 4096);
	rc = json_check((const char *)p, n, JSON_DEPTH_MAX, NULL);
	if (json_parse(&mem, (const char *)p, n, &j) != rc)
		abort();
	if (rc == 0) {
		text = json_text(&mem, j);
		if (json_check(text.p, text.n, JSON_DEPTH_MAX, NULL) != 0)
			abort();
	}
	arena_fini(&mem);
	return 0;
}
