/* json_numbers.c -- numbers keep their value and, where they are handed on, their text. */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>

#include "base/err.h"
#include "tap.h"

enum { RANDOM_NUMBERS = 200000, PER_TEXT = 100 };

static struct arena mem;

static const char *const kept[] = {
	"9007199254740991", "9007199254740992", "9007199254740993", "-9007199254740991", "5000000000000001",
	"9223372036854775807", "-9223372036854775808", "18446744073709551615", "0.30000000000000004", "0.1", "1.10",
	"1.7976931348623157e308", "-1.7976931348623157E+308", "5e-324", "2.2250738585072014e-308", "1e400", "-1e400",
	"1e2", "1.0", "-0", "-0.0", "0", "-1", "999999999999999", "1000000000000000", "123456789012345678901234567890",
	"3.14159265358979323846264338327950288419716939937510582097494459230781640628620899",
	"1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
	"-0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000012345",
};

static const struct json *
parse(const char *text)
{
	const struct json *j = NULL;

	return json_parse(&mem, text, strlen(text), &j) == 0 ? j : NULL;
}

static const char *
printed(const char *text)
{
	const struct json *j = parse(text);

	return j != NULL ? json_text(&mem, j).p : "(refused)";
}

/* Alone, in an array beside others, and in an object whose strings look like numbers. */
static void
test_kept(void)
{
	size_t i;

	for (i = 0; i < NELEM(kept); i++) {
		const char *list = arena_printf(&mem, "[7,%s,{\"-1.5e3\":\"\\\"2.50\\\\\",\"x\":[%s,[]],\"y\":%s},12]",
		    kept[i], kept[i], kept[i]);

		is_str(printed(kept[i]), kept[i], "%s alone is handed on as it was sent", kept[i]);
		is_str(printed(list), list, "%s within other values is handed on as it was sent", kept[i]);
		ok(json_num(parse(kept[i]), 0.5) == strtod(kept[i], NULL), "%s is read as its value", kept[i]);
	}
	is_str(printed(" [ 1.50 , { \"a\" : 0.30000000000000004 } ] "), "[1.50,{\"a\":0.30000000000000004}]",
	    "white space between values is dropped, digits are kept");
	is_str(printed("{\"a\":\"\\u0001/\\n\\\"\\\\한\",\"b\":[true,false,null,{},[]]}"),
	    "{\"a\":\"\\u0001/\\n\\\"\\\\한\",\"b\":[true,false,null,{},[]]}", "values of every other type are printed");
	is_str(json_text(&mem, json_get(parse("{\"a\":1.50,\"b\":[2.50]}"), "b")).p, "[2.50]",
	    "a part of a tree is printed without what follows it");
}

static void
test_int(void)
{
	int64_t n = 0;

	ok(json_int(parse("9007199254740992"), &n) && n == 9007199254740992, "2^53 is an integer");
	ok(!json_int(parse("9007199254740993"), &n), "2^53+1 is refused and not rounded to 2^53");
	ok(!json_int(parse("9007199254740992.5"), &n), "2^53 and a half is refused");
	ok(json_int(parse("-9007199254740992"), &n) && n == -9007199254740992, "-2^53 is an integer");
	ok(!json_int(parse("-9007199254740993"), &n), "-2^53-1 is refused");
	ok(json_int(parse("1.5e3"), &n) && n == 1500, "1.5e3 is 1500");
	ok(!json_int(parse("1e400"), &n), "1e400 is not an integer");
}

static uint64_t
random_bits(void)
{
	static uint64_t state = 88172645463325252u;	/* repeats itself from run to run */

	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static double
random_double(void)
{
	union { uint64_t u; double d; } v;

	do
		v.u = random_bits();
	while (!isfinite(v.d));
	return v.d;
}

static bool
same_double(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* Digits of the mantissa, without zeros at its ends. */
static int
significant(const char *s)
{
	int n = 0, zeros = 0;

	for (; *s != '\0' && *s != 'e'; s++) {
		if (*s < '0' || *s > '9' || (*s == '0' && n == 0))
			continue;
		zeros = *s == '0' ? zeros + 1 : 0;
		n++;
	}
	return n - zeros;
}

/* Numbers of the writer: they read back the same, with no fewer digits possible, and pass the reader unchanged. */
static void
test_random_doubles(void)
{
	int i, differ = 0, longer = 0, altered = 0;

	for (i = 0; i < RANDOM_NUMBERS; i++) {
		double d = i % 2 ? random_double() : (double)(int64_t)random_bits() / 1e6;
		const char *text = json_obj(&mem, JD("d", d)).p, *number = text + 5;
		char less[32];

		differ += !same_double(strtod(number, NULL), d);
		snprintf(less, sizeof(less), "%.*e", significant(number) > 1 ? significant(number) - 2 : 0, d);
		longer += strpbrk(number, ".e") != NULL && significant(number) > 1 && strtod(less, NULL) == d;
		altered += strcmp(printed(text), text) != 0 ||
		    !same_double(json_num(json_get(parse(text), "d"), 0.5), d);
		if (i % PER_TEXT == 0)
			arena_reset(&mem);
	}
	is_int(differ, 0, "each of %d random doubles reads back as itself", i);
	is_int(longer, 0, "no fraction is written with more digits than it needs");
	is_int(altered, 0, "each double is parsed to the same value and printed as the same text");
}

static void
test_random_integers(void)
{
	int i, differ = 0, altered = 0;

	for (i = 0; i < RANDOM_NUMBERS; i++) {
		int64_t n = (int64_t)random_bits() >> random_bits() % 64, back = 0;
		const char *text = json_obj(&mem, JI("n", n)).p;
		bool small = n >= -9007199254740992 && n <= 9007199254740992;

		differ += strtoll(text + 5, NULL, 10) != n || strcmp(printed(text), text) != 0;
		altered += json_int(json_get(parse(text), "n"), &back) != small || (small && back != n);
		if (i % PER_TEXT == 0)
			arena_reset(&mem);
	}
	is_int(differ, 0, "each of %d random 64-bit integers is written and passed on exactly", i);
	is_int(altered, 0, "each integer is read exactly or refused");
}

static void
test_written(void)
{
	is_str(json_obj(&mem, JD("a", 1000000.0), JD("b", 9007199254740991.0), JD("c", 1e18), JD("d", 0.1 + 0.2),
	    JD("e", -0.0), JD("f", 1.7976931348623157e308), JD("g", 5e-324), JD("h", INFINITY)).p,
	    "{\"a\":1000000,\"b\":9007199254740991,\"c\":1000000000000000000,\"d\":0.30000000000000004,\"e\":-0,"
	    "\"f\":1.7976931348623157e+308,\"g\":5e-324,\"h\":null}",
	    "whole numbers up to 2^63 are written as integers");
	is_str(json_obj(&mem, JI("min", INT64_MIN), JI("max", INT64_MAX)).p,
	    "{\"min\":-9223372036854775808,\"max\":9223372036854775807}", "64-bit integers are written exactly");
}

int
main(void)
{
	arena_init(&mem, 65536);
	test_kept();
	test_int();
	test_written();
	test_random_doubles();
	test_random_integers();
	arena_fini(&mem);
	return done_testing();
}
