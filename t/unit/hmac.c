/* hmac.c -- HMAC-SHA256 against the vectors of RFC 4231. */
#include "base/hmac.h"
#include "tap.h"

static void
check(const char *name, struct str key, const struct str *parts, size_t n, const char *want)
{
	char got[HMAC_SHA256_HEX_BYTES];

	is_str(hmac_sha256_hex(got, key, parts, n), want, "%s", name);
}

int
main(void)
{
	char bytes[131];

	memset(bytes, 0x0b, 20);
	check("case 1", (struct str){ bytes, 20 }, (struct str[]){ STR("Hi There") }, 1,
	    "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	check("case 2, in parts", STR("Jefe"), (struct str[]){ STR("what do ya want "), STR(""), STR("for nothing?") },
	    3,
	    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(bytes, 0xaa, sizeof(bytes));
	check("case 6, a key longer than a block", (struct str){ bytes, 131 },
	    (struct str[]){ STR("Test Using Larger Than Block-Size Key - Hash Key First") }, 1,
	    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
	return done_testing();
}
