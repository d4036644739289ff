/* token_vectors.c -- the examples of RFC 7515 and RFC 7519, and ten thousand mutations of a good token. */
#include "tap.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "worker/domain/identity/bearer.h"

enum { MUTATIONS = 10000 };

static struct arena mem;

/* RFC 7515 A.1.1, RFC 7519 3.1: the key k, and claims that ended in 2011. */
static const char rfc_key[] =
    "\x03\x23\x35\x4b\x2b\x0f\xa5\xbc\x83\x7e\x06\x65\x77\x7b\xa6\x8f\x5a\xb3\x28\xe6\xf0\x54\xc9\x28"
    "\xa9\x0f\x84\xb2\xd2\x50\x2e\xbf\xd3\xfb\x5a\x92\xd2\x06\x47\xef\x96\x8a\xb4\xc3\x77\x62\x3d\x22\x3d\x2e\x21\x72\x05\x2e\x4f"
    "\x08\xc0\xcd\x9a\xf5\x67\xd0\x80\xa3";
#define CLAIMS "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

static const struct {
	const char	*name, *text;
	int		 want;
} vectors[] = {
	{ "RFC 7515 A.1, HS256: verified, and long over", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS
	    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", E_TOKEN_EXPIRED },
	{ "the same with another last bit", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS
	    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl", E_TOKEN },
	{ "the same with padding", "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." CLAIMS
	    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=", E_TOKEN },
	{ "RFC 7515 A.2, RS256", "eyJhbGciOiJSUzI1NiJ9." CLAIMS
	    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh"
	    "-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZ"
	    "RmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0"
	    "igcN_IoypGlUPQGe77Rw", E_TOKEN },
	{ "RFC 7515 A.3, ES256", "eyJhbGciOiJFUzI1NiJ9." CLAIMS
	    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqP"
	    "P3-Kg6NU1Q", E_TOKEN },
	{ "RFC 7515 A.4, ES512",
	    "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34"
	    "XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn",
	    E_TOKEN },
	{ "RFC 7515 A.5, RFC 7519 6.1, none", "eyJhbGciOiJub25lIn0." CLAIMS ".", E_TOKEN },
	{ "RFC 7519 A.1, encrypted: five parts",
	    "eyJhbGciOiJSU0ExXzUiLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0.QR1Owv2ug2WyPBnbQrRARTeEk9kDO2w8qDcjiHnSJflSdv1iNqhWXa"
	    "KH4MqAkQtM.AxY8DCtDaGlsbGljb3RoZQ.KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY.9hH0vgRfYgPnAHOd8stkvw",
	    E_TOKEN },
};

static void
test_vectors(void)
{
	struct token t;
	size_t i;

	conf.jwt_secret = rfc_key;
	for (i = 0; i < NELEM(vectors); i++)
		is_int(token_verify(&mem, vectors[i].text, &t), vectors[i].want, "%s", vectors[i].name);
}

/* A generator that repeats itself from run to run. */
static unsigned
dice(unsigned n)
{
	static uint64_t state = 88172645463325252u;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % n;
}

/* Change `s` of `n` bytes in one of many ways; room for a few more bytes. */
static void
mutate(char *s, size_t n)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. \n\x7f\xff";
	size_t at = dice((unsigned)n), to = dice((unsigned)n);
	char c = chars[dice(sizeof(chars) - 1)], kept = s[at];

	switch (dice(8)) {
	case 0:	s[at] = (char)(s[at] ^ 1 << dice(8)); break;
	case 1: s[at] = c; break;
	case 2:	memmove(s + at, s + at + 1, n - at); break;
	case 3: memmove(s + at + 1, s + at, n - at + 1); s[at] = c; break;
	case 4: s[at] = '\0'; break;
	case 5: s[at] = s[to]; s[to] = kept; break;
	case 6: s[n] = c; s[n + 1] = '\0'; break;
	default: s[n - 1] = c; break;		/* the spare bits of the last character */
	}
}

static void
test_mutations(void)
{
	struct token t = { .sub = "u1", .role = "user", .tier = "free", .sid = "s", .jti = bearer_new_jti(&mem) }, out;
	const char *good;
	struct arena tries;
	char text[TOKEN_BYTES_MAX];
	int i, taken = 0, done = 0;
	size_t n;

	conf.jwt_secret = "k:a secret of more than thirty-two bytes for it";
	good = token_sign(&mem, &t);
	n = strlen(good);
	arena_init(&tries, 4096);
	for (i = 0; done < MUTATIONS; i++) {
		int times = 1 + (int)dice(3);

		strcpy(text, good);
		while (times-- > 0 && strlen(text) == n)
			mutate(text, n);
		if (strcmp(text, good) == 0)
			continue;
		done++;
		taken += token_verify(&tries, text, &out) != E_TOKEN;
		arena_reset(&tries);
	}
	arena_fini(&tries);
	is_int(taken, 0, "none of %d mutations of a token is accepted", done);
	is_int(token_verify(&mem, good, &out), 0, "the unmutated token is accepted");
}

static void
test_names(void)
{
	struct token t = { .sub = "u", .iat_s = 5 };
	int64_t now = now_ms();

	t.jti = bearer_new_jti(&mem);
	ok(uuid_valid(t.jti), "the id of a token is a UUID");
	ok(bearer_issued_ms(&t) >= now && bearer_issued_ms(&t) <= now_ms(), "the id of a token has its millisecond");
	t.jti = "6f0cf1c8-0000-4000-8000-000000000000";
	is_int(bearer_issued_ms(&t), 5000, "a foreign id has no millisecond, so that iat counts");
}

int
main(void)
{
	arena_init(&mem, 4096);
	conf.jwt_expires_s = 900;
	test_vectors();
	test_mutations();
	test_names();
	arena_fini(&mem);
	return done_testing();
}
