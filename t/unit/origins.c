/* origins.c -- a list of web origins: cut, and judged before it stands in a policy. */
#include "base/origins.h"

#include "tap.h"

static void
test_list(void)
{
	const char *at = " https://a.example ,, http://*.b.example:8080\t";
	struct str o;

	ok(origins_next(&at, &o) && str_eq(o, STR("https://a.example")),
	    "the first origin is read without the spaces around it");
	ok(origins_next(&at, &o) && str_eq(o, STR("http://*.b.example:8080")), "an empty entry is skipped");
	ok(!origins_next(&at, &o), "the list ends after its last entry");
	at = "";
	ok(!origins_next(&at, &o), "an empty list has no entries");
}

static void
test_valid(void)
{
	static const char *const good[] = { "https://a.example", "http://127.0.0.1:65535", "https://*.video.example",
	    "http://localhost:1" };
	static const char *const bad[] = { "", "a.example", "https://", "https://*", "https://*.", "ftp://a",
	    "https://a/", "https://a/b", "https://a b",
		"https://a;script-src *", "https://a'", "https://.a", "https://-a", "https://a-", "https://a:",
		    "https://a:0", "https://a:65536", "https://a:123456",
		"https://a:x", "https://u@a", "https://한국", "*", "'unsafe-inline'" };
	size_t i;

	for (i = 0; i < NELEM(good); i++)
		ok(origin_valid(str_of(good[i])), "a good origin is accepted: %s", good[i]);
	for (i = 0; i < NELEM(bad); i++)
		ok(!origin_valid(str_of(bad[i])), "a bad origin is refused: %s", bad[i]);
}

int
main(void)
{
	test_list();
	test_valid();
	return done_testing();
}
