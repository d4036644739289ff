/* conf_identity.c -- checks the settings of tokens and mails. See conf_identity.h. */
#include "conf_identity.h"

#include <string.h>

#include "conf.h"
#include "secret.h"
#include "signature.h"

static bool
starts(const char *s, const char *a, const char *b)
{
	return strncmp(s, a, strlen(a)) == 0 || strncmp(s, b, strlen(b)) == 0;
}

static const char *
private_key_fault(const struct conf *c)
{
	const char *at = c->jwt_private_key;
	struct signature_key *k;
	int n = 0;

	while ((k = signature_key_pem(&at)) != NULL) {
		signature_key_free(&k);
		n++;
	}
	return *c->jwt_private_key == '\0' || (n > 0 && at != NULL) ? NULL
	    : "expected Ed25519 private keys in PEM (openssl genpkey -algorithm ed25519)";
}

static const char *
jwks_fault(const struct conf *c)
{
	return *c->auth_jwks_url == '\0' || starts(c->auth_jwks_url, "http://", "https://") ? NULL
	    : "expected an address with http:// or https://";
}

static const char *
hs256_fault(const struct conf *c)
{
	const char *at = c->auth_hs256_secret;
	struct str kid, secret;

	if (*at != '\0' && strcmp(at, c->jwt_secret) == 0)
		return "is JWT_SECRET: its tokens are taken as this server's own without it";
	while (secret_next(&at, &kid, &secret))
		if (c->strict && secret.n < SECRET_BYTES_MIN)
			return "production and staging want secrets of at least 32 bytes";
	return NULL;
}

static const char *
smtp_fault(const struct conf *c)
{
	if (*c->smtp_url != '\0' && !starts(c->smtp_url, "smtp://", "smtps://"))
		return "expected an address with smtp:// or smtps://";
	return *c->smtp_url != '\0' && *c->mail_webhook_url != '\0'
	    ? "is set beside MAIL_WEBHOOK_URL: one of them" : NULL;
}

static const char *
webhook_fault(const struct conf *c)
{
	return *c->mail_webhook_url == '\0' || starts(c->mail_webhook_url, "http://", "https://") ? NULL
	    : "expected an address with http:// or https://";
}

static const char *
from_fault(const struct conf *c)
{
	return strchr(c->mail_from, '@') != NULL && strpbrk(c->mail_from, " <>\r\n\"") == NULL ? NULL
	    : "expected an e-mail address without a name";
}

/* The Host of a request is the client's to choose, so links are never made from it. */
static const char *
public_url_fault(const struct conf *c)
{
	if (*c->public_url != '\0' && !starts(c->public_url, "http://", "https://"))
		return "expected an address with http:// or https://";
	return c->strict && *c->public_url == '\0' && (*c->smtp_url != '\0' || *c->mail_webhook_url != '\0')
	    ? "is needed for the links in mails" : NULL;
}

static const char *
verification_fault(const struct conf *c)
{
	return c->email_verification && *c->smtp_url == '\0' && *c->mail_webhook_url == '\0'
	    ? "needs SMTP_URL or MAIL_WEBHOOK_URL" : NULL;
}

const char *
conf_identity_fault(const struct conf *c, const char **key)
{
	static const struct {
		const char	*key, *(*fault)(const struct conf *c);
	} rules[] = {
		{ "JWT_PRIVATE_KEY", private_key_fault }, { "AUTH_JWKS_URL", jwks_fault },
		{ "AUTH_HS256_SECRET", hs256_fault }, { "SMTP_URL", smtp_fault },
		{ "MAIL_WEBHOOK_URL", webhook_fault }, { "MAIL_FROM", from_fault },
		{ "PUBLIC_URL", public_url_fault }, { "EMAIL_VERIFICATION", verification_fault },
	};
	const char *why = NULL;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(*rules) && why == NULL; i++) {
		*key = rules[i].key;
		why = rules[i].fault(c);
	}
	return why;
}
