/* redis_url.c -- parses redis://[[user]:password@]host[:port][/db] and
 * redis-sentinel://[[user]:password@]host[:port],…/primary[/db], with TLS or without. See redis_conn.h. */
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
parse_address(struct arena *mem, const char *from, const char *end, struct redis_place *out)
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

static int
parse_sentinels(struct arena *mem, const char *from, const char *end, struct redis_server *out)
{
	const char *comma;
	int rc;

	for (; from < end; from = comma + 1) {
		if ((comma = memchr(from, ',', (size_t)(end - from))) == NULL)
			comma = end;
		if (out->n_sentinels == REDIS_SENTINELS_MAX)
			return E_VALIDATION;
		out->sentinels[out->n_sentinels] = (struct redis_place){ "127.0.0.1", 26379 };
		if ((rc = parse_address(mem, from, comma, &out->sentinels[out->n_sentinels++])) < 0)
			return rc;
	}
	return out->n_sentinels > 0 ? 0 : E_VALIDATION;
}

/* After the addresses: /primary of Sentinel, then /db. */
static int
parse_path(struct arena *mem, const char *p, bool sentinel, struct redis_server *out)
{
	size_t n, left;
	int64_t v;

	if (sentinel) {
		n = *p == '/' ? strcspn(p + 1, "/?#") : 0;
		if (n == 0 || (out->primary = copy_part(mem, p + 1, p + 1 + n)) == NULL)
			return E_VALIDATION;
		p += n + 1;
	}
	left = strcspn(p, "?#");	/* clients of Node have settings of their own behind a ? */
	if (left == 0 || (left == 1 && *p == '/'))
		return 0;
	if (*p != '/' || !parse_int(arena_copy(mem, p + 1, left - 1), 0, 1023, &v))
		return E_VALIDATION;
	out->db = (int)v;
	return 0;
}

static const struct scheme {
	const char	*name;
	bool		 sentinel, tls;
} schemes[] = {
	{ .name = "redis://" },
	{ .name = "rediss://", .tls = true },
	{ .name = "redis-sentinel://", .sentinel = true },
	{ .name = "redis+sentinel://", .sentinel = true },
	{ .name = "rediss-sentinel://", .sentinel = true, .tls = true },
	{ .name = "rediss+sentinel://", .sentinel = true, .tls = true },
};

static const struct scheme *
find_scheme(const char *url)
{
	size_t i;

	for (i = 0; i < NELEM(schemes); i++)
		if (strncmp(url, schemes[i].name, strlen(schemes[i].name)) == 0)
			return &schemes[i];
	return NULL;
}

int
redis_server_parse(struct arena *mem, const char *url, struct redis_server *out)
{
	const struct scheme *s = find_scheme(url);
	const char *p, *end, *at, *q;
	int rc;

	if (s == NULL)
		return E_VALIDATION;
	*out = (struct redis_server){ .at = { "127.0.0.1", s->sentinel ? 0 : 6379 }, .user = "", .password = "",
	    .tls = s->tls, .sentinel_tls = s->tls };
	p = url + strlen(s->name);
	end = p + strcspn(p, "/?#");
	for (at = NULL, q = p; q < end; q++)
		at = *q == '@' ? q : at;
	if (at != NULL && (rc = parse_login(mem, p, at, out)) < 0)
		return rc;
	p = at != NULL ? at + 1 : p;
	if ((rc = s->sentinel ? parse_sentinels(mem, p, end, out) : parse_address(mem, p, end, &out->at)) < 0)
		return rc;
	return parse_path(mem, end, s->sentinel, out);
}
