/* refresh.c -- makes and parses refresh tokens. See refresh.h. */
#include "refresh.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/secret.h"

enum { TEXT_MAX = 256 };

static const char *
token_settings(void)
{
	return *conf.jwt_refresh_secret != '\0' ? conf.jwt_refresh_secret : conf.jwt_secret;
}

const char *
refresh_make(struct arena *mem, const struct refresh *f)
{
	const char *text = arena_printf(mem, "%s.%s.%lld", f->user, f->session, (long long)f->turn),
	    *at = token_settings();
	struct str kid, secret = { "", 0 };
	char mac[DIGEST_TEXT_BYTES];

	(void)secret_next(&at, &kid, &secret);
	return arena_printf(mem, "%s.%s", text, digest_text(mac, secret, "refresh", text, strlen(text)));
}

static bool
is_genuine(const char *text, size_t n, const char *mac)
{
	const char *at = token_settings();
	char want[DIGEST_TEXT_BYTES];
	struct str kid, secret;
	bool good = false;

	while (!good && secret_next(&at, &kid, &secret))
		good = str_eq_secret(str_of(digest_text(want, secret, "refresh", text, n)), str_of(mac));
	return good;
}

int
refresh_parse(struct arena *mem, const char *text, struct refresh *out)
{
	char *copy, *session, *turn, *mac;

	if (strlen(text) > TEXT_MAX)
		return E_REFRESH;
	copy = arena_strdup(mem, text);
	if ((mac = strrchr(copy, '.')) == NULL || !is_genuine(copy, (size_t)(mac - copy), mac + 1))
		return E_REFRESH;
	*mac = '\0';
	if ((session = strchr(copy, '.')) == NULL || (turn = strchr(session + 1, '.')) == NULL)
		return E_REFRESH;
	*session++ = '\0';
	*turn++ = '\0';
	*out = (struct refresh){ .user = copy, .session = session };
	return parse_int(turn, 1, INT64_MAX - 1, &out->turn) ? 0 : E_REFRESH;
}

const char *
refresh_hash(char out[DIGEST_TEXT_BYTES], const char *text)
{
	return digest_text(out, (struct str){ "", 0 }, "refresh token", text, strlen(text));
}
