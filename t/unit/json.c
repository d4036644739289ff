/* json.c -- the strict check, the tree and the writer. */
#include "base/json.h"

#include "base/err.h"
#include "tap.h"

static const struct { const char *text; int rc; } cases[] = {
	{ "{}", 0 }, { "[]", 0 }, { " [1, -2.5e+3, true, null, \"a\"] ", 0 }, { "\"\\ud83d\\ude00\"", 0 }, { "0", 0 },
	{ "{\"a\":{\"b\":[{}]}}", 0 }, { "-0", 0 }, { "1E5", 0 },
	{ "", E_JSON }, { "{", E_JSON }, { "[1,]", E_JSON }, { "{\"a\":1,}", E_JSON }, { "{a:1}", E_JSON },
	    { "01", E_JSON },
	{ "1.", E_JSON }, { "+1", E_JSON }, { "NaN", E_JSON }, { "'a'", E_JSON }, { "\"\t\"", E_JSON },
	    { "[1] x", E_JSON },
	{ "\"\\ud800\"", E_JSON_STRING }, { "\"\\u0000\"", E_JSON_STRING }, { "\"\\udc00\"", E_JSON_STRING },
	    { "\"\\ud800\\u0041\"", E_JSON_STRING }, { "\"\\ud800\\x\"", E_JSON }, { "[\"\\u0000\"", E_JSON },
	    { "\"\\x\"", E_JSON }, { "\"", E_JSON }, { "[1}", E_JSON },
	{ "{\"a\" 1}", E_JSON }, { "tru", E_JSON }, { ",", E_JSON }, { "[,1]", E_JSON }, { "--1", E_JSON },
	{ "\"\xff\"", E_UTF8 }, { "\"\xc0\xaf\"", E_UTF8 }, { "\"\xed\xa0\x80\"", E_UTF8 },
	    { "\"\xf4\x90\x80\x80\"", E_UTF8 },
};

static char *
nest(int depth)
{
	static char text[1024];

	memset(text, '[', (size_t)depth);
	memset(text + depth, ']', (size_t)depth);
	text[2 * depth] = '\0';
	return text;
}

static void
test_check(void)
{
	size_t i;

	for (i = 0; i < NELEM(cases); i++)
		is_int(json_check(cases[i].text, strlen(cases[i].text), 64, NULL), cases[i].rc, "json_check judges %s",
		    cases[i].text);
	is_int(json_check(nest(64), 128, 64, NULL), 0, "64 levels are accepted");
	is_int(json_check(nest(65), 130, 64, NULL), E_JSON_DEPTH, "65 levels are too deep");
	is_int(json_check("[1,2", 4, 64, &i), E_JSON, "an unfinished array is refused");
	is_int((int64_t)i, 4, "the position of the fault is reported");
	is_int(json_check("[\"a\0b\"]", 7, 64, NULL), E_JSON, "a raw NUL is refused as a control character");
	is_int(json_check("\"\\\0\"", 4, 64, NULL), E_JSON, "a backslash does not escape a NUL");
}

static void
test_tree(struct arena *mem)
{
	static const char text[] =
	    "{\"n\":12,\"s\":\"\\ud55c글\",\"a\":[1,2,3],\"big\":1e300,\"b\":true,\"z\":null,\"N\":1}";
	const struct json *j, *v;
	int64_t n = 0, sum = 0;

	is_int(json_parse(mem, text, sizeof(text) - 1, &j), 0, "a document is parsed");
	ok(json_int(json_get(j, "n"), &n) && n == 12, "an integer is read");
	is_str(json_str(json_get(j, "s")), "한글", "an escaped string is read");
	for (v = json_first(json_get(j, "a")); v != NULL; v = json_next(v))
		sum += json_int(v, &n) ? n : 0;
	is_int(sum, 6, "an array is walked");
	ok(!json_int(json_get(j, "big"), &n), "1e300 is not an integer");
	ok(json_get(j, "nothing") == NULL && json_get(json_get(j, "n"), "x") == NULL, "absent members are NULL");
	is_int(json_type(json_get(j, "z")), JSON_NULL, "null is a value");
	is_int(json_type(NULL), JSON_NULL, "what is not there has the type of null");
	ok(json_int(json_get(j, "N"), &n) && n == 1, "member names are case-sensitive");
	is_str(json_text(mem, json_get(j, "a")).p, "[1,2,3]", "a document is printed");
}

static void
test_write(struct arena *mem)
{
	is_str(json_obj(mem, JI("i", -5), JD("d", 71.2), JB("b", 1), JS("s", "a\"\\\n\x01한"), JS("none", NULL),
	    JR("raw", STR("[1]")), JT("t", 0), JIF(false, JI("gone", 1))).p,
	    "{\"i\":-5,\"d\":71.2,\"b\":true,\"s\":\"a\\\"\\\\\\n\\u0001한\",\"none\":null,\"raw\":[1],"
	    "\"t\":\"1970-01-01T00:00:00.000Z\"}", "json_obj writes each kind of field");
	is_str(json_obj(mem, JD("a", 0.1), JD("b", 1.0 / 3), JD("c", 1e21)).p,
	    "{\"a\":0.1,\"b\":0.3333333333333333,\"c\":1e+21}",
	    "a number is printed in its shortest exact form");
}

int
main(void)
{
	struct arena mem;

	arena_init(&mem, 1024);
	test_check();
	test_tree(&mem);
	test_write(&mem);
	arena_fini(&mem);
	return done_testing();
}
