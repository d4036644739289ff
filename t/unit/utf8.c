/* utf8.c -- text in parts is judged as text in one piece, and a fault is found where it is. */
#include "tap.h"

#include "base/str.h"
#include "base/utf8.h"

/* Whether the whole is valid when it comes in parts of `step` bytes. */
static bool
in_parts(const char *p, size_t n, size_t step)
{
	struct utf8 u = { 0 };
	size_t i;

	for (i = 0; i < n; i += step)
		if (!utf8_add(&u, p + i, n - i < step ? n - i : step))
			return false;
	return utf8_whole(&u);
}

/* All texts of up to three bytes, and all beginnings of four. */
static void
test_all(void)
{
	static const unsigned char thirds[] = { 0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff };
	unsigned wrong = 0, a, b, c, d;
	char s[4];

	for (a = 0; a < 256; a++)
		for (b = 0; b < 256; b++)
			for (c = 0; c < sizeof(thirds); c++)
				for (d = 0; d < sizeof(thirds); d++) {
					s[0] = (char)a, s[1] = (char)b, s[2] = (char)thirds[c], s[3] = (char)thirds[d];
					wrong += in_parts(s, 4, 1) != utf8_valid(s, 4);
					wrong += in_parts(s, 3, 2) != utf8_valid(s, 3);
				}
	is_int(wrong, 0, "text in parts is judged as the whole text");
}

int
main(void)
{
	static const char text[] = "plain ascii, long enough for words, then \xed\x95\x9c\xea\xb8\x80 "
	    "\xf0\x9f\x98\x80 and more of it";
	struct utf8 u = { 0 };
	size_t step;

	test_all();
	for (step = 1; step < sizeof(text); step++)
		if (!in_parts(text, sizeof(text) - 1, step))
			break;
	is_int((int64_t)step, sizeof(text), "text may be cut anywhere");
	ok(utf8_add(&u, "\xed", 1) && !utf8_add(&u, "\xa0", 1), "a surrogate is found at its second byte");
	u = (struct utf8){ 0 };
	ok(utf8_add(&u, "\xf4", 1) && !utf8_whole(&u), "an unfinished sequence is refused at the end");
	ok(!utf8_add(&u, "\x90", 1), "nothing beyond U+10FFFF is accepted");
	return done_testing();
}
