/* token.c -- access tokens: what is signed is verified, and nothing else is. */
#include "tap.h"

#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/hmac.h"
#include "base/secret.h"
#include "base/str.h"
#include "worker/domain/identity/token.h"

static struct arena mem;

/* A token of these two JSON texts, signed by an algorithm of its own choice. */
static const char *
forge(const char *header, const char *body, const char *key, const EVP_MD *md)
{
	static char out[2048];
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	char *p = out;

	base64_url(p, header, strlen(header));
	p += strlen(p);
	*p++ = '.';
	base64_url(p, body, strlen(body));
	p += strlen(p);
	if (md != NULL)
		HMAC(md, key, (int)strlen(key), (unsigned char *)out, (size_t)(p - out), mac, &n);
	*p++ = '.';
	base64_url(p, mac, n);
	return out;
}

static const char key[] = "0123456789abcdef0123456789abcdef";
static const char hs256[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
static const char good[] = "{\"sub\":\"u1\",\"role\":\"admin\",\"exp\":4102444800}";

static int
verify(const char *text)
{
	struct token t;

	return token_verify(&mem, text, &t);
}

static void
test_round(void)
{
	struct token t = { .sub = "u1", .role = "seller", .tier = "pro", .sid = "s1", .jti = "j1" }, back;
	const char *text;

	conf.jwt_secret = key;
	conf.jwt_expires_s = 900;
	text = token_sign(&mem, &t);
	is_int(token_verify(&mem, text, &back), 0, "a signed token is verified");
	is_str(back.sub, "u1", "a token has its user");
	is_str(back.role, "seller", "a token has its role");
	is_str(back.tier, "pro", "a token has its tier");
	is_str(back.sid, "s1", "a token has its session");
	is_str(back.jti, "j1", "a token has its id");
	is_int(back.exp_s - back.iat_s, 900, "a token lives for JWT_EXPIRES_IN");
	t.exp_s = now_ms() / 1000 - 1;
	is_int(verify(token_sign(&mem, &t)), E_TOKEN_EXPIRED, "a token is refused after JWT_EXPIRES_IN");
	t = (struct token){ .sub = "u2" };
	is_int(token_verify(&mem, token_sign(&mem, &t), &back), 0, "a token with a user alone is accepted");
	is_str(back.role, "user", "a token without a role has the least role");
	is_str(back.tier, "free", "a token without a tier has the least tier");
	ok(back.sid == NULL && back.jti == NULL, "a token with a user alone has nothing else");
}

static void
test_forged(void)
{
	conf.jwt_secret = key;
	is_int(verify(forge(hs256, good, key, EVP_sha256())), 0,
	    "a token signed elsewhere with the secret is accepted");
	is_int(verify(forge(hs256, good, "another secret of just 32 bytes!", EVP_sha256())), E_TOKEN,
	    "a token of another secret is refused");
	is_int(verify(forge("{\"alg\":\"none\"}", good, key, NULL)), E_TOKEN, "an unsigned token is refused");
	is_int(verify(forge("{\"alg\":\"none\"}", good, key, EVP_sha256())), E_TOKEN,
	    "a token of algorithm \"none\" with a signature is refused");
	is_int(verify(forge("{\"alg\":\"HS384\"}", good, key, EVP_sha384())), E_TOKEN, "a token of HS384 is refused");
	is_int(verify(forge("{\"alg\":\"HS512\"}", good, key, EVP_sha512())), E_TOKEN, "a token of HS512 is refused");
	is_int(verify(forge("{\"alg\":\"RS256\"}", good, key, EVP_sha256())), E_TOKEN,
	    "a token that claims RS256 is refused");
	is_int(verify(forge("{}", good, key, EVP_sha256())), E_TOKEN, "a token that claims no algorithm is refused");
	is_int(verify(forge(hs256, "{\"sub\":\"u1\"}", key, EVP_sha256())), E_TOKEN,
	    "a token that never expires is refused");
	is_int(verify(forge(hs256, "{\"exp\":4102444800}", key, EVP_sha256())), E_TOKEN,
	    "a token without a user is refused");
	is_int(verify(forge(hs256, "{\"sub\":7,\"exp\":4102444800}", key, EVP_sha256())), E_TOKEN,
	    "a token whose user is a number is refused");
	is_int(verify(forge(hs256, "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":4102444000}", key, EVP_sha256())),
	    E_TOKEN, "a token issued in the future is refused");
	is_int(verify(forge(hs256, "[]", key, EVP_sha256())), E_TOKEN, "a token without claims is refused");
	is_int(verify(""), E_TOKEN, "an empty token is refused");
	is_int(verify("a.b.c"), E_TOKEN, "noise is refused");
	is_int(verify(".."), E_TOKEN, "a token of dots is refused");
	is_int(verify(".b.c"), E_TOKEN, "a token without a header is refused");
	is_int(verify("a..c"), E_TOKEN, "a token without a body is refused");
	is_int(verify("a.b."), E_TOKEN, "a token without a signature is refused");
	is_int(verify("a.b"), E_TOKEN, "a token of two parts is refused");
	conf.jwt_secret = "";
	is_int(verify(forge(hs256, good, "", EVP_sha256())), E_TOKEN, "without a secret no token is accepted");
	ok(token_sign(&mem, &(struct token){ .sub = "u" }) == NULL, "without a secret no token is signed");
}

static void
test_keys(void)
{
	const char *text;

	conf.jwt_secret = "new:first secret of more than 32 bytes,old:second secret of more than 32 bytes";
	text = arena_strdup(&mem, token_sign(&mem, &(struct token){ .sub = "u" }));
	is_int(verify(text), 0, "tokens are signed with the first key");
	conf.jwt_secret = "newer:third secret of more than 32 bytes!,new:first secret of more than 32 bytes";
	is_int(verify(text), 0, "a token of an older key is accepted while the key is listed");
	conf.jwt_secret = "newer:third secret of more than 32 bytes!,new:another secret of more than 32 bytes";
	is_int(verify(text), E_TOKEN, "a token of another key under a listed name is refused");
	conf.jwt_secret = "newer:first secret of more than 32 bytes";
	is_int(verify(text), E_TOKEN, "a token that names an unknown key is refused");
	is_int(verify(forge(hs256, good, "first secret of more than 32 bytes", EVP_sha256())), 0,
	    "a token that names no key is tried with all keys");
}

/* Header and claims of tokens signed with the secret. */
static const struct { const char *name, *header, *body; int want; } strict[] = {
	{ "a fractional exp is taken", hs256, "{\"sub\":\"u\",\"exp\":4102444800.75}", 0 },
	{ "an exp with an exponent is taken", hs256, "{\"sub\":\"u\",\"exp\":4.1024448e9}", 0 },
	{ "a fractional exp of the past has expired", hs256, "{\"sub\":\"u\",\"exp\":1300819380.5}", E_TOKEN_EXPIRED },
	{ "an exp beyond all integers is taken", hs256, "{\"sub\":\"u\",\"exp\":1e300}", 0 },
	{ "an exp of a string is refused", hs256, "{\"sub\":\"u\",\"exp\":\"4102444800\"}", E_TOKEN },
	{ "a negative exp is refused", hs256, "{\"sub\":\"u\",\"exp\":-1}", E_TOKEN },
	{ "a fractional nbf of the future is refused", hs256,
	    "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":4102444000.5}", E_TOKEN },
	{ "an nbf of the future with an exponent is refused", hs256,
	    "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":4.1e9}", E_TOKEN },
	{ "an nbf beyond all integers is refused", hs256, "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":1e300}", E_TOKEN },
	{ "an nbf of a string is refused", hs256, "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":\"1\"}", E_TOKEN },
	{ "a fractional nbf of the past is taken", hs256, "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":1.5}", 0 },
	{ "claims with a member twice are refused",
	    hs256, "{\"sub\":\"u\",\"sub\":\"v\",\"exp\":4102444800}", E_TOKEN },
	{ "typ at+jwt is taken", "{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", good, 0 },
	{ "typ application/at+jwt is taken", "{\"alg\":\"HS256\",\"typ\":\"application/at+jwt\"}", good, 0 },
	{ "typ jwt in lower case is taken", "{\"alg\":\"HS256\",\"typ\":\"jwt\"}", good, 0 },
	{ "no typ is taken", "{\"alg\":\"HS256\"}", good, 0 },
	{ "another typ is refused", "{\"alg\":\"HS256\",\"typ\":\"logout+jwt\"}", good, E_TOKEN },
	{ "a typ of a number is refused", "{\"alg\":\"HS256\",\"typ\":1}", good, E_TOKEN },
	{ "a kid of a number is refused", "{\"alg\":\"HS256\",\"kid\":1}", good, E_TOKEN },
	{ "a kid of null is refused", "{\"alg\":\"HS256\",\"kid\":null}", good, E_TOKEN },
	{ "a kid of an object is refused", "{\"alg\":\"HS256\",\"kid\":{}}", good, E_TOKEN },
	{ "two kids are refused", "{\"alg\":\"HS256\",\"kid\":\"main\",\"kid\":\"main\"}", good, E_TOKEN },
	{ "two algs are refused", "{\"alg\":\"HS256\",\"alg\":\"HS256\"}", good, E_TOKEN },
	{ "two algs, one written with an escape, are refused",
	    "{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", good, E_TOKEN },
	{ "two unknown members of a name are refused", "{\"alg\":\"HS256\",\"x\":1,\"x\":2}", good, E_TOKEN },
	{ "one unknown member is taken", "{\"alg\":\"HS256\",\"x\":1}", good, 0 },
	{ "an unknown crit is refused", "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", good, E_TOKEN },
	{ "an empty crit is refused", "{\"alg\":\"HS256\",\"crit\":[]}", good, E_TOKEN },
	{ "a crit of null is refused", "{\"alg\":\"HS256\",\"crit\":null}", good, E_TOKEN },
	{ "a header with a comma too many is refused", "{\"alg\":\"HS256\",}", good, E_TOKEN },
	{ "a header with bytes behind it is refused", "{\"alg\":\"HS256\"}{}", good, E_TOKEN },
	{ "a header with space around it is taken", " {\"alg\":\"HS256\"}\r\n", good, 0 },
};

static void
test_strict(void)
{
	size_t i;

	conf.jwt_secret = key;
	for (i = 0; i < NELEM(strict); i++)
		is_int(verify(forge(strict[i].header, strict[i].body, key, EVP_sha256())), strict[i].want, "%s",
		    strict[i].name);
}

/* A good token whose part `part` (0 to 2) ends in `tail`, signed as it is then. */
static const char *
forge_tail(int part, const char *tail)
{
	static char out[2048];
	struct str signed_text;
	unsigned char mac[32];
	char header[256], body[512], code[64];

	base64_url(header, hs256, sizeof(hs256) - 1);
	base64_url(body, good, sizeof(good) - 1);
	snprintf(out, sizeof(out), "%s%s.%s%s", header, part == 0 ? tail : "", body, part == 1 ? tail : "");
	signed_text = str_of(out);
	hmac_sha256(mac, str_of(key), &signed_text, 1);
	base64_url(code, mac, sizeof(mac));
	snprintf(out + signed_text.n, sizeof(out) - signed_text.n, ".%s%s", code, part == 2 ? tail : "");
	return out;
}

/* RFC 7515 section 2: base64url without padding, line breaks, white space or other characters. */
static void
test_encoding(void)
{
	static const char *const tails[] = {
		"=", "==", " ", "\n", "\r\n", "\t", "+", "/", "*", "%3D", ".", "\x80", "A"
	};
	static const char *const parts[] = { "header", "claims", "signature" };
	char alien[2048];
	size_t i;
	int part;

	conf.jwt_secret = key;
	is_int(verify(forge_tail(0, "")), 0, "a token is accepted as it is encoded");
	for (part = 0; part < 3; part++)
		for (i = 0; i < NELEM(tails); i++)
			is_int(verify(forge_tail(part, tails[i])), E_TOKEN,
			    "a token is refused: %s with tail %zu", parts[part], i);
	snprintf(alien, sizeof(alien), "%s", forge(hs256, good, key, EVP_sha256()));
	alien[strlen(alien) - 1]++;		/* the last of 43 characters has two unused bits */
	is_int(verify(alien), E_TOKEN, "a signature with unused bits that are not zero is refused");
	snprintf(alien, sizeof(alien), " %s", forge(hs256, good, key, EVP_sha256()));
	is_int(verify(alien), E_TOKEN, "a token behind a space is refused");
}

int
main(void)
{
	arena_init(&mem, 4096);
	test_round();
	test_forged();
	test_keys();
	test_strict();
	test_encoding();
	arena_fini(&mem);
	return done_testing();
}
