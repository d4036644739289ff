/* str.c -- UTF-8, time, ids, numbers, percent-encoding. */
#include "base/str.h"

#include "tap.h"

static void
test_utf8(void)
{
	const char *p = "a한😀", *end = p + strlen(p);

	ok(utf8_valid("한글 ascii long enough", 23) && utf8_valid("", 0), "valid text is accepted");
	ok(!utf8_valid("\xc0\x80", 2) && !utf8_valid("\xe0\x9f\xbf", 3) && !utf8_valid("\xf0\x8f\xbf\xbf", 4),
	    "overlong forms are refused");
	ok(!utf8_valid("abcdefgh\xed\xa0\x80", 11) && !utf8_valid("\xe3\x81", 2) && !utf8_valid("\x80", 1),
	    "surrogates, cut sequences and stray bytes are refused");
	is_int((int64_t)utf8_len(p, strlen(p)), 3, "characters are counted");
	is_int((int64_t)utf8_clip(p, strlen(p), 2), 4, "text is clipped between characters");
	is_int(utf8_next(&p, end), 'a', "utf8_next reads an ASCII character");
	is_int(utf8_next(&p, end), 0xd55c, "utf8_next reads a Korean character");
	is_int(utf8_next(&p, end), 0x1f600, "utf8_next reads an emoji");
	is_int(utf8_next(&p, end), 0, "utf8_next ends with the text");
}

/* Every byte and the length count, in the lanes and in the tail. */
static void
test_hash(void)
{
	char text[133] = { 0 };
	uint64_t seen[NELEM(text) * 2];
	size_t n, i, k = 0, same = 0;

	for (n = 0; n < NELEM(text); n++)
		seen[k++] = hash_fast(text, n);
	for (n = 0; n < NELEM(text); n++) {
		text[n] = 1;
		seen[k++] = hash_fast(text, NELEM(text));
		text[n] = 0;
	}
	for (n = 0; n < k; n++)
		for (i = 0; i < n; i++)
			same += seen[n] == seen[i];
	is_int((int64_t)same, 0, "the fast hash tells lengths and bytes apart");
	ok(hash_fast("abc", 3) == hash_fast("abcd", 3), "the fast hash reads no further than its text");
}

int
main(void)
{
	char t[TIME_TEXT_BYTES], id[UUID_TEXT_BYTES], other[UUID_TEXT_BYTES];
	char good[] = "%ED%95%9C+a%2Fb", bad[] = "%4", nul[] = "a%00b", hex[] = "%zz";
	size_t n = strlen(good);
	int64_t v;

	test_utf8();
	test_hash();
	is_str(time_text(t, 1767225600123), "2026-01-01T00:00:00.123Z", "a time is printed in ISO 8601");
	ok(uuid_valid(uuid_text(id)) && uuid_valid(uuid_text(other)) && strcmp(id, other) != 0,
	    "generated ids are UUIDs and differ");
	ok(!uuid_valid("x") && !uuid_valid("00000000-0000-0000-0000-00000000000g"), "malformed UUIDs are refused");
	ok(url_decode(good, &n, true) && strcmp(good, "한 a/b") == 0 && n == strlen(good),
	    "percent escapes are decoded");
	n = strlen(bad), ok(!url_decode(bad, &n, true), "a cut escape is refused");
	n = strlen(nul), ok(!url_decode(nul, &n, true), "an encoded NUL is refused");
	n = strlen(hex), ok(!url_decode(hex, &n, true), "an escape that is not hexadecimal is refused");
	ok(parse_int("-12", -20, 20, &v) && v == -12, "a number is parsed");
	ok(!parse_int("12a", 0, 20, &v) && !parse_int("", 0, 9, &v) && !parse_int("21", 0, 20, &v) &&
	    !parse_int("99999999999999999999", 0,
	    INT64_MAX, &v) && !parse_int(" 1", 0, 9, &v), "malformed and out-of-range numbers are refused");
	ok(str_eq_secret(STR("abc"), STR("abc")) && !str_eq_secret(STR("abc"), STR("abd")) &&
	    !str_eq_secret(STR("abc"), STR("ab")),
	    "secrets are compared in full");
	return done_testing();
}
