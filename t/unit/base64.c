/* base64.c -- base64 against the vectors of RFC 4648, and there and back. */
#include "base/base64.h"
#include "tap.h"

static void
test_vectors(void)
{
	static const char *const want[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	struct buf b = { 0 };
	size_t n;

	for (n = 0; n < NELEM(want); n++) {
		buf_reset(&b);
		base64_put(&b, "foobar", n);
		buf_byte(&b, '\0');
		is_str(b.p, want[n], "the encodings of %zu bytes are those of the RFC", n);
	}
	buf_fini(&b);
}

static void
test_round_trips(void)
{
	char text[64], url[64];
	struct buf b = { 0 };
	size_t n;

	for (n = 0; n < 20; n++) {
		memset(text, (int)(0xf8 + n), n);
		buf_reset(&b);
		base64_put(&b, text, n);
		ok(b.n == (n + 2) / 3 * 4 && base64_decode(b.p, b.n) == (int64_t)n &&
		    (n == 0 || memcmp(b.p, text, n) == 0), "%zu bytes survive the standard alphabet", n);
		base64_url(url, text, n);
		ok(strcspn(url, "+/=") == strlen(url) && base64_decode(url, strlen(url)) == (int64_t)n &&
		    memcmp(url, text, n) == 0, "%zu bytes survive the URL-safe alphabet", n);
	}
	buf_fini(&b);
}

static void
test_malformed(void)
{
	static const char *const bad[] = { "A", "AAAAA", "A===", "AB*D", "AB=D",
	    "A \n=", "A\vB=", "AB\f", "AB\n==\n=" };
	char text[16];
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		strcpy(text, bad[i]);
		is_int(base64_decode(text, strlen(text)), -1, "malformed base64 is refused: %s", bad[i]);
	}
	strcpy(text, "-_8");
	ok(base64_decode(text, 3) == 2 && memcmp(text, "\xfb\xff", 2) == 0, "padding is optional");
}

/* Encoders for mail break lines and end the last one. */
static void
test_white_space(void)
{
	static const char *const broken[] = { "Zm9v\n", "Zm9v\r\nYg==\r\n", "Zm9v\nYg=\r\n=\n", " Z\tm 9v", "\n" };
	static const char *const want[] = { "foo", "foob", "foob", "foo", "" };
	char text[32];
	size_t i;

	for (i = 0; i < NELEM(broken); i++) {
		strcpy(text, broken[i]);
		ok(base64_decode(text, strlen(text)) == (int64_t)strlen(want[i]) &&
		    memcmp(text, want[i], strlen(want[i])) == 0,
		    "white space between characters is skipped (%zu)", i);
	}
}

int
main(void)
{
	test_vectors();
	test_round_trips();
	test_malformed();
	test_white_space();
	return done_testing();
}
