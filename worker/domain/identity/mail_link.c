/* mail_link.c -- links in mails. See mail_link.h. */
#include "mail_link.h"

#include <string.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/secret.h"

static const char purpose[] = "mail link";

static void
sign_row(char out[DIGEST_TEXT_BYTES], struct arena *mem, struct str secret, const char *kind, const char *row)
{
	const char *text = arena_printf(mem, "%s %s", kind, row);

	digest_text(out, secret, purpose, text, strlen(text));
}

const char *
mail_link_make(struct arena *mem, const char *kind, const char *row)
{
	const char *at = conf.jwt_secret;
	char mac[DIGEST_TEXT_BYTES] = "";
	struct str kid, secret;

	if (secret_next(&at, &kid, &secret))
		sign_row(mac, mem, secret, kind, row);
	return arena_printf(mem, "%s.%s", row, mac);
}

bool
mail_link_read(struct arena *mem, const char *kind, const char *text, const char **row)
{
	const char *at = conf.jwt_secret, *dot = strchr(text, '.');
	char mac[DIGEST_TEXT_BYTES];
	struct str kid, secret;
	bool good = false;

	if (dot == NULL || dot - text != UUID_TEXT_BYTES - 1)
		return false;
	*row = arena_copy(mem, text, (size_t)(dot - text));
	if (!uuid_valid(*row))
		return false;
	while (!good && secret_next(&at, &kid, &secret)) {
		sign_row(mac, mem, secret, kind, *row);
		good = str_eq_secret(str_of(mac), str_of(dot + 1));
	}
	return good;
}
