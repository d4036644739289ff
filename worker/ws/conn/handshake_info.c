/* handshake_info.c -- the handshake of a client. See handshake_info.h. */
#include "handshake_info.h"

#include <string.h>
#include <strings.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/language.h"

static const char *
text_or(const struct json *j, const char *fallback)
{
	const char *s = json_str(j);

	return s != NULL ? s : fallback;
}

int
handshake_info_parse(struct arena *mem, struct str header, struct handshake_info *out)
{
	const struct json *j, *headers;

	if (json_parse(mem, header.p, header.n, &j) < 0 || json_type(j) != JSON_OBJECT)
		return E_BAD_REQUEST;
	headers = json_get(j, "headers");
	*out = (struct handshake_info){
		.path = text_or(json_get(j, "path"), ""),
		.query = text_or(json_get(j, "query"), ""),
		.method = text_or(json_get(j, "method"), "GET"),
		.packs = !json_bool(json_get(j, "deflate"), false) ? PACK_NONE :
		    json_bool(json_get(j, "narrow"), false) ? PACK_IN : PACK_BOTH,
		.ip = json_str(json_get(j, "ip")),
		.origin = json_str(json_get(headers, "origin")),
		.host = json_str(json_get(headers, "host")),
		.authorization = json_str(json_get(headers, "authorization")),
		.language = json_str(json_get(headers, "accept-language")),
	};
	return 0;
}

const char *
handshake_info_query(struct arena *mem, const struct handshake_info *h, const char *name)
{
	size_t name_n = strlen(name), n;
	const char *p = h->query, *end;
	char *value;

	for (; *p != '\0'; p = *end == '&' ? end + 1 : end) {
		end = strchrnul(p, '&');
		if (strncmp(p, name, name_n) != 0 || p[name_n] != '=')
			continue;
		p += name_n + 1;
		n = (size_t)(end - p);
		value = arena_copy(mem, p, n);
		if (!url_decode(value, &n, true))
			return NULL;
		value[n] = '\0';
		return value;
	}
	return NULL;
}

static bool
is_listed(const char *list, const char *what)
{
	size_t n, what_n = strlen(what);

	for (; *list != '\0'; list += n) {
		list += strspn(list, ", ");
		n = strcspn(list, ", ");
		if (n == what_n && strncasecmp(list, what, n) == 0)
			return true;
	}
	return false;
}

bool
handshake_info_origin_allowed(const struct handshake_info *h)
{
	const char *host;

	if (h->origin == NULL || is_listed(conf.cors_origins, "*") || is_listed(conf.cors_origins, h->origin))
		return true;
	host = strstr(h->origin, "://");
	return host != NULL && h->host != NULL && strcasecmp(host + 3, h->host) == 0;
}

bool
handshake_info_exact(const struct handshake_info *h)
{
	return strstr(h->query, "transport=polling&EIO=") != NULL ||
	    strstr(h->query, "transport=websocket&EIO=") != NULL;
}

bool
handshake_info_english(const struct handshake_info *h)
{
	return language_english(language_accepted(h->language));
}
