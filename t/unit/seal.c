/* seal.c -- sealed values: back and forth, keys that change, values moved or changed, settings that are no keys. */
#include "base/seal.h"

#include "base/err.h"
#include "tap.h"

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA="
#define KEY_URL "__79_Pv6-fj39vX08_Lx8O_u7ezr6uno5-bl5OPi4eA"

static const struct seal_place here = { "users", "phone", "42" };
static struct arena mem;

static bool
opens(const struct seal_place *at, struct str sealed, const char *want)
{
	struct str plain;

	return seal_open(&mem, at, sealed, &plain) == 0 && plain.n == strlen(want) && strcmp(plain.p, want) == 0;
}

static void
test_settings(void)
{
	static const char *const bad[] = { "nokid", KEY_A, "a:" KEY_A ",b:short", "a:", ":" KEY_A, "a b:" KEY_A,
	    "a:" KEY_A "AAAA",
		"a:" KEY_A ",," };
	size_t i;

	for (i = 0; i < NELEM(bad); i++)
		ok(seal_keys(bad[i]) == E_VALIDATION && !seal_ready(),
		    "a malformed list of keys is refused: %s", bad[i]);
	ok(seal_keys("") == 0 && !seal_ready(), "an empty list of keys is accepted");
	ok(seal_keys("a:" KEY_URL) == 0 && seal_ready(), "keys may be in base64url");
	is_int(seal_keys("k1:" KEY_A ", k2:" KEY_B), 0, "two keys are accepted");
}

static void
test_places(struct str sealed)
{
	static const struct seal_place others[] = { { "users", "phone", "43" }, { "users", "phon", "e42" },
	    { "user", "phone", "42" },
		{ "users", "email", "42" }, { "users", "phone", "" } };
	size_t i;

	for (i = 0; i < NELEM(others); i++)
		ok(!opens(&others[i], sealed, "010-1234"), "a sealed value does not open in %s.%s[%s]", others[i].table,
		    others[i].column, others[i].row);
}

static void
test_changes(struct str sealed)
{
	char *copy = arena_copy(&mem, sealed.p, sealed.n);
	size_t i, opened = 0;

	for (i = 0; i < sealed.n; i++) {
		copy[i] ^= 1;
		opened += (size_t)opens(&here, (struct str){ copy, sealed.n }, "010-1234");
		copy[i] ^= 1;
		opened += (size_t)opens(&here, (struct str){ copy, i }, "010-1234");
	}
	is_int((int64_t)opened, 0, "a value that was changed or cut anywhere does not open");
	ok(opens(&here, (struct str){ copy, sealed.n }, "010-1234"), "an unchanged value opens");
}

static bool
bears_first_key(struct str sealed)
{
	return strncmp(sealed.p, seal_prefix(), strlen(seal_prefix())) == 0;
}

static void
test_rotation(struct str sealed)
{
	struct str again;

	ok(bears_first_key(sealed), "a value is sealed by the first key");
	is_int(seal_keys("k3:" KEY_B ",k1:" KEY_A), 0, "a new first key is accepted");
	ok(opens(&here, sealed, "010-1234"), "a value of the second key opens");
	ok(!bears_first_key(sealed), "a value of the second key is stale");
	is_int(seal_value(&mem, &here, STR("010-1234"), &again), 0, "a stale value is sealed again");
	ok(strncmp(again.p, "v1.k3.", 6) == 0 && bears_first_key(again), "the renewed value names the new key");
	is_int(seal_keys("k3:" KEY_B), 0, "the old key can be dropped");
	ok(opens(&here, again, "010-1234"), "the renewed value opens without the old key");
	ok(!opens(&here, sealed, "010-1234"), "the old value does not open without its key");
	is_int(seal_keys("k1:" KEY_B), 0, "another key under the old name is accepted");
	ok(!opens(&here, sealed, "010-1234"), "another key under the old name opens nothing");
	is_int(seal_keys(""), 0, "no key is accepted");
	is_int(seal_value(&mem, &here, STR("x"), &again), E_INTERNAL, "without a key nothing is sealed");
}

int
main(void)
{
	struct str a, b, empty;

	arena_init(&mem, 4096);
	test_settings();
	seal_value(&mem, &here, STR("010-1234"), &a);
	seal_value(&mem, &here, STR("010-1234"), &b);
	ok(opens(&here, a, "010-1234") && opens(&here, b, "010-1234"), "a sealed value opens");
	ok(!str_eq(a, b), "two sealed values of one text differ");
	ok(strstr(a.p, "010") == NULL && strncmp(a.p, "v1.k1.", 6) == 0,
	    "a sealed value shows nothing but the key's name");
	seal_value(&mem, &here, STR(""), &empty);
	ok(opens(&here, empty, ""), "an empty value can be sealed");
	ok(seal_is(a) && !seal_is(STR("010-1234")) && !seal_is(STR("v1.")) && !seal_is(STR("")),
	    "sealed values are told from plain ones");
	test_places(a);
	test_changes(a);
	test_rotation(a);
	arena_fini(&mem);
	return done_testing();
}
