/* redis_url.c -- redis://[[user]:password@]host[:port][/db], taken apart. See redis_conn.h. */
#include "redis_conn.h"

#include "base/err.h"

/* Decoded copy of a part of the URL; NULL for a bad escape. */
static const char *
copy_part(struct arena *mem, const char *from, const char *to)
{
	size_t n = (size_t)(to - from);
	char *s = arena_copy(mem, from, n);

	if (!url_decode(s, &n, false))
		return NULL;
	s[n] = '\0';
	return s;
}

static int
parse_login(struct arena *mem, const char *from, const char *at, struct redis_server *out)
{
	const char *colon = memchr(from, ':', (size_t)(at - from));

	out->user = copy_part(mem, from, colon != NULL ? colon : at);
	out->password = colon != NULL ? copy_part(mem, colon + 1, at) : "";
	return out->user != NULL && out->password != NULL ? 0 : E_VALIDATION;
}

static int
parse_address(struct arena *mem, const char *from, const char *end, struct redis_server *out)
{
	const char *host_end = memchr(from, *from == '[' ? ']' : ':', (size_t)(end - from));
	const char *port = NULL;
	int64_t v;

	if (*from == '[' && host_end == NULL)
		return E_VALIDATION;
	if (host_end == NULL)
		host_end = end;
	port = host_end + (*from == '[');
	if (*from == '[')
		from++;
	if (host_end > from)
		out->host = arena_copy(mem, from, (size_t)(host_end - from));
	if (port == end)
		return 0;
	if (*port != ':' || !parse_int(arena_copy(mem, port + 1, (size_t)(end - port - 1)), 1, 65535, &v))
		return E_VALIDATION;
	out->port = (int)v;
	return 0;
}

int
redis_server_parse(struct arena *mem, const char *url, struct redis_server *out)
{
	static const char scheme[] = "redis://";
	const char *p, *end, *at, *q;
	int64_t v;
	int rc;

	*out = (struct redis_server){ .host = "127.0.0.1", .user = "", .password = "", .port = 6379 };
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0)
		return E_VALIDATION;
	p = url + sizeof(scheme) - 1;
	end = p + strcspn(p, "/?#");
	for (at = NULL, q = p; q < end; q++)
		at = *q == '@' ? q : at;
	if (at != NULL && (rc = parse_login(mem, p, at, out)) < 0)
		return rc;
	if ((rc = parse_address(mem, at != NULL ? at + 1 : p, end, out)) < 0)
		return rc;
	if (*end == '/' && end[1] != '\0') {
		if (!parse_int(end + 1, 0, 1023, &v))
			return E_VALIDATION;
		out->db = (int)v;
	} else if (*end != '/' && *end != '\0') {
		return E_VALIDATION;
	}
	return 0;
}
