/* token.c -- access tokens: what is signed is verified, and nothing else is. */
#include "tap.h"

#include <openssl/hmac.h>

#include "base/base64.h"
#include "base/conf.h"
#include "base/err.h"
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
	is_int(token_verify(&mem, text, &back), 0, "what is signed is verified");
	is_str(back.sub, "u1", "the user");
	is_str(back.role, "seller", "the role");
	is_str(back.tier, "pro", "the tier");
	is_str(back.sid, "s1", "the session");
	is_str(back.jti, "j1", "the token's id");
	is_int(back.exp_s - back.iat_s, 900, "it lives JWT_EXPIRES_IN");
	t.exp_s = now_ms() / 1000 - 1;
	is_int(verify(token_sign(&mem, &t)), E_TOKEN_EXPIRED, "not longer");
	t = (struct token){ .sub = "u2" };
	is_int(token_verify(&mem, token_sign(&mem, &t), &back), 0, "one of a user only");
	is_str(back.role, "user", "has the least role");
	is_str(back.tier, "free", "and tier");
	ok(back.sid == NULL && back.jti == NULL, "and no more");
}

static void
test_forged(void)
{
	conf.jwt_secret = key;
	is_int(verify(forge(hs256, good, key, EVP_sha256())), 0, "a token made elsewhere with the secret is good");
	is_int(verify(forge(hs256, good, "another secret of just 32 bytes!", EVP_sha256())), E_TOKEN,
	    "with another it is not");
	is_int(verify(forge("{\"alg\":\"none\"}", good, key, NULL)), E_TOKEN, "nor unsigned");
	is_int(verify(forge("{\"alg\":\"none\"}", good, key, EVP_sha256())), E_TOKEN, "nor \"none\" with a signature");
	is_int(verify(forge("{\"alg\":\"HS384\"}", good, key, EVP_sha384())), E_TOKEN, "nor by HS384");
	is_int(verify(forge("{\"alg\":\"HS512\"}", good, key, EVP_sha512())), E_TOKEN, "nor by HS512");
	is_int(verify(forge("{\"alg\":\"RS256\"}", good, key, EVP_sha256())), E_TOKEN, "nor claiming RS256");
	is_int(verify(forge("{}", good, key, EVP_sha256())), E_TOKEN, "nor claiming nothing");
	is_int(verify(forge(hs256, "{\"sub\":\"u1\"}", key, EVP_sha256())), E_TOKEN,
	    "one that never expires is not taken");
	is_int(verify(forge(hs256, "{\"exp\":4102444800}", key, EVP_sha256())), E_TOKEN, "nor one of nobody");
	is_int(verify(forge(hs256, "{\"sub\":7,\"exp\":4102444800}", key, EVP_sha256())), E_TOKEN, "nor of a number");
	is_int(verify(forge(hs256, "{\"sub\":\"u\",\"exp\":4102444800,\"nbf\":4102444000}", key, EVP_sha256())),
	    E_TOKEN, "nor one of the future");
	is_int(verify(forge(hs256, "[]", key, EVP_sha256())), E_TOKEN, "nor one without claims");
	is_int(verify(""), E_TOKEN, "nor nothing");
	is_int(verify("a.b.c"), E_TOKEN, "nor noise");
	is_int(verify(".."), E_TOKEN, "nor dots");
	is_int(verify(".b.c"), E_TOKEN, "nor one without a header");
	is_int(verify("a..c"), E_TOKEN, "nor one without a body");
	is_int(verify("a.b."), E_TOKEN, "nor one without a signature");
	is_int(verify("a.b"), E_TOKEN, "nor two parts");
	conf.jwt_secret = "";
	is_int(verify(forge(hs256, good, "", EVP_sha256())), E_TOKEN, "without a secret nothing is good");
	ok(token_sign(&mem, &(struct token){ .sub = "u" }) == NULL, "and nothing is signed");
}

static void
test_keys(void)
{
	const char *text;

	conf.jwt_secret = "new:first secret of more than 32 bytes,old:second secret of more than 32 bytes";
	text = arena_strdup(&mem, token_sign(&mem, &(struct token){ .sub = "u" }));
	is_int(verify(text), 0, "the first key signs");
	conf.jwt_secret = "newer:third secret of more than 32 bytes!,new:first secret of more than 32 bytes";
	is_int(verify(text), 0, "a token of an older key is good while the key is listed");
	conf.jwt_secret = "newer:third secret of more than 32 bytes!,new:another secret of more than 32 bytes";
	is_int(verify(text), E_TOKEN, "not by another of its name");
	conf.jwt_secret = "newer:first secret of more than 32 bytes";
	is_int(verify(text), E_TOKEN, "nor by another name");
	is_int(verify(forge(hs256, good, "first secret of more than 32 bytes", EVP_sha256())), 0,
	    "one that names no key is tried with all");
}

int
main(void)
{
	arena_init(&mem, 4096);
	test_round();
	test_forged();
	test_keys();
	arena_fini(&mem);
	return done_testing();
}
