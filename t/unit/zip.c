/* zip.c -- deflated messages: there and back, in any size, and what is refused. */
#include "tap.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/zip.h"

enum { MAX = 1 << 20 };

static char data[MAX];

static void
test_round(void)
{
	static const size_t sizes[] = { 64, 1000, 16383, 16384, 16385, 65536, MAX };
	struct buf packed = { 0 }, back = { 0 };
	size_t i;

	for (i = 0; i < MAX; i++)
		data[i] = (char)('a' + i * i / 1000 % 26);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		buf_reset(&packed);
		buf_reset(&back);
		buf_str(&packed, "before");
		ok(zip_deflate(&packed, (struct str){ data, sizes[i] }), "%zu bytes are compressed", sizes[i]);
		is_int(zip_inflate(&back, (struct str){ packed.p + 6, packed.n - 6 }, sizes[i]), 0,
		    "compressed data are inflated into exactly their size");
		ok(back.n == sizes[i] && memcmp(back.p, data, sizes[i]) == 0, "inflated data equal the original");
		is_int(zip_inflate(&back, (struct str){ packed.p + 6, packed.n - 6 }, sizes[i] - 1), E_TOO_LARGE,
		    "compressed data are not inflated into less than their size");
	}
	buf_fini(&packed);
	buf_fini(&back);
}

static void
test_refused(void)
{
	struct buf out = { 0 };
	size_t i;

	srandom(1);
	for (i = 0; i < 5000; i++)
		data[i] = (char)random();
	ok(!zip_deflate(&out, (struct str){ data, 5000 }) && out.n == 0, "noise does not become smaller");
	is_int(zip_inflate(&out, STR("\xff\xff\xff\xff"), MAX), E_BAD_REQUEST,
	    "data that are not deflated are refused");
	buf_reset(&out);
	is_int(zip_inflate(&out, (struct str){ "", 0 }, MAX), 0, "an empty message is compressed");
	is_int((int64_t)out.n, 0, "an empty message inflates to no bytes");
	is_int(zip_inflate(&out, (struct str){ "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8 }, MAX), 0,
	    "a final block does not end a message");
	ok(out.n == 5 && memcmp(out.p, "Hello", 5) == 0, "what follows a final block is read");
	buf_fini(&out);
}

int
main(void)
{
	test_round();
	test_refused();
	return done_testing();
}
