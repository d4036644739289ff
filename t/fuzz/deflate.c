/* deflate.c -- fuzz permessage-deflate: any bytes are inflated within their bound, and what is deflated comes back
 * (clang -fsanitize=fuzzer,address,undefined). */
#include <stdlib.h>

#include "base/err.h"
#include "base/zip.h"

enum { MAX = 65536 };

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct str in = { (const char *)p, n };
	struct buf packed = { 0 }, out = { 0 };
	int rc = zip_inflate(&out, in, MAX);

	if ((rc == 0 && out.n > MAX) || out.n > MAX + 1 || (rc != 0 && rc != E_TOO_LARGE && rc != E_BAD_REQUEST))
		abort();
	buf_reset(&out);
	if (zip_deflate(&packed, in)) {
		if (packed.n >= n || zip_inflate(&out, (struct str){ packed.p, packed.n }, n) != 0)
			abort();
		if (out.n != n || memcmp(out.p, p, n) != 0)
			abort();
	}
	buf_fini(&packed);
	buf_fini(&out);
	return 0;
}
