/* mask.c -- finds secrets by their names and by their looks. See mask.h.
 *
 * One pass over the text: wherever a word begins, ask whether it is a secret name with a value behind it, or a
 * credential.
 */
#include "mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "str.h"

enum { NAME_MAX_BYTES = 64 };

/* As parts of a name written in lower case without separators. */
static const char *const secret_names[] = { "password", "passwd", "passphrase", "secret", "token", "apikey",
    "creditcard", "cardnumber",
	"cvv", "ssn", "socialsecurity", "authorization", "cookie", "privatekey", "encryptionkey", "jwt", "webhookurl" };

bool
mask_name(const char *name, size_t n)
{
	char plain[NAME_MAX_BYTES + 1];
	size_t i, k = 0;

	for (i = 0; i < n && k < NAME_MAX_BYTES; i++)
		if (isalnum((unsigned char)name[i]))
			plain[k++] = (char)tolower((unsigned char)name[i]);
	plain[k] = '\0';
	for (i = 0; i < NELEM(secret_names); i++)
		if (strstr(plain, secret_names[i]) != NULL)
			return true;
	return false;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

static bool
is_base64url(char c)
{
	return is_word(c) || c == '.' || c == '=' || c == '+' || c == '/';
}

/* The end of a value: quoted, or up to what ends one in an address, a header or a sentence. */
static const char *
end_of_value(const char *p, const char *end)
{
	char quote = p < end && (*p == '"' || *p == '\'') ? *p++ : '\0';

	for (; p < end; p++) {
		if (quote != '\0' && *p == '\\' && p + 1 < end)
			p++;
		else if (quote != '\0' ? *p == quote : isspace((unsigned char)*p) || strchr("&,;)}]\"'", *p) != NULL)
			break;
	}
	return p;
}

/* Behind a secret name: where its value begins; NULL when none follows. */
static const char *
value_behind(const char *p, const char *end)
{
	bool sign = false;

	if (p < end && (*p == '"' || *p == '\''))
		p++;
	for (; p < end && (*p == ' ' || ((*p == '=' || *p == ':') && !sign)); p++)
		sign = sign || *p != ' ';
	return sign && p < end ? p : NULL;
}

/* A credential that begins here, whatever it is called: where its secret part begins and ends. */
static bool
find_credential(const char *p, const char *end, const char **from, const char **to)
{
	size_t n = (size_t)(end - p);
	const char *q;

	if (n > 7 && (strncasecmp(p, "bearer ", 7) == 0 || strncasecmp(p, "basic ", 6) == 0))
		*from = p + (tolower((unsigned char)p[1]) == 'e' ? 7 : 6);
	else if (n > 10 && memcmp(p, "eyJ", 3) == 0)
		*from = p;
	else
		return false;
	for (q = *from; q < end && is_base64url(*q); q++)
		;
	*to = q;
	return q > *from && (p != *from || memchr(p, '.', (size_t)(q - p)) != NULL);
}

/* "://user:password@host": the password. */
static bool
find_url_password(const char *p, const char *end, const char **from, const char **to)
{
	const char *colon = NULL;

	if (end - p < 5 || memcmp(p, "://", 3) != 0)
		return false;
	for (p += 3; p < end && !isspace((unsigned char)*p) && *p != '/' && *p != '"'; p++) {
		if (*p == ':' && colon == NULL)
			colon = p;
		if (*p == '@' && colon != NULL) {
			*from = colon + 1;
			*to = p;
			return true;
		}
	}
	return false;
}

/* A secret at the beginning of this word or sign. */
static bool
find_secret(const char *p, const char *end, const char **from, const char **to)
{
	const char *q;

	if (*p == ':')
		return find_url_password(p, end, from, to);
	if (find_credential(p, end, from, to))
		return true;
	for (q = p; q < end && is_word(*q); q++)
		;
	if (!mask_name(p, (size_t)(q - p)) || (q = value_behind(q, end)) == NULL)
		return false;
	if (find_credential(q, end, from, to))
		return true;
	*from = q + (*q == '"' || *q == '\'');
	*to = end_of_value(q, end);
	return *to > *from;
}

/* The first secret in the text. */
static bool
next_secret(const char *p, const char *end, const char **from, const char **to)
{
	bool in_word = false;

	for (; p < end; p++) {
		if ((*p == ':' || (is_word(*p) && !in_word)) && find_secret(p, end, from, to))
			return true;
		in_word = is_word(*p);
	}
	return false;
}

bool
mask_needed(const char *p, size_t n)
{
	const char *from, *to;

	return next_secret(p, p + n, &from, &to);
}

void
mask_text(struct buf *out, const char *p, size_t n)
{
	const char *end = p + n, *from, *to;

	while (next_secret(p, end, &from, &to)) {
		buf_add(out, p, (size_t)(from - p));
		buf_str(out, "***");
		p = to;
	}
	buf_add(out, p, (size_t)(end - p));
}
