/* device.c -- makes and checks the signed texts of remembered devices. See device.h. */
#include "device.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/secret.h"

enum { TEXT_MAX = 256, NONCE_CHARS = 16 };

static const char *
token_settings(void)
{
	return *conf.jwt_refresh_secret != '\0' ? conf.jwt_refresh_secret : conf.jwt_secret;
}

static const char *
sign_device(struct arena *mem, char mac[DIGEST_TEXT_BYTES], struct str secret, const char *text, size_t n,
    const struct account *a)
{
	const char *all = arena_printf(mem, "%.*s.%s", (int)n, text, a->password_hash);

	return digest_text(mac, secret, "device", all, strlen(all));
}

const char *
device_make(struct arena *mem, const struct account *a)
{
	const char *at = token_settings(), *text;
	char nonce[DIGEST_TEXT_BYTES], mac[DIGEST_TEXT_BYTES];
	struct str kid, secret = { "", 0 };

	text = arena_printf(mem, "%s.%lld.%.*s", a->id, (long long)(now_ms() / 1000), NONCE_CHARS,
	    digest_random(nonce));
	(void)secret_next(&at, &kid, &secret);
	return arena_printf(mem, "%s.%s", text, sign_device(mem, mac, secret, text, strlen(text), a));
}

static bool
is_genuine(struct arena *mem, const char *text, size_t n, const char *mac, const struct account *a)
{
	const char *at = token_settings();
	char want[DIGEST_TEXT_BYTES];
	struct str kid, secret;
	bool good = false;

	while (!good && secret_next(&at, &kid, &secret))
		good = str_eq_secret(str_of(sign_device(mem, want, secret, text, n, a)), str_of(mac));
	return good;
}

const char *
device_find(struct arena *mem, const char *text, const struct account *a)
{
	const size_t id_n = strlen(a->id);
	const char *mac = strrchr(text, '.'), *nonce;
	int64_t issued_s = 0;

	if (mac == NULL || strlen(text) > TEXT_MAX || strncmp(text, a->id, id_n) != 0 || text[id_n] != '.' ||
	    !is_genuine(mem, text, (size_t)(mac - text), mac + 1, a))
		return NULL;
	issued_s = strtoll(text + id_n + 1, NULL, 10);
	nonce = strchr(text + id_n + 1, '.');
	if (now_ms() / 1000 - issued_s > conf.login_device_ttl_s)
		return NULL;
	return arena_printf(mem, "device:%.*s", NONCE_CHARS, nonce + 1);
}
