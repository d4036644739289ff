/* pg_url.c -- the parameters of a database URL. See pg_url.h, t/unit/pg_url.c. */
#include "pg_url.h"

#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "libpq.h"

enum { POOL_MIN = 4, TIMEOUT_MAX_MS = 60000, IDLE_MAX_MS = 86400000 };	/* bounds of the keys, as in conf.def */

struct url {
	struct conf	*c;
	struct arena	*mem;
	const char	*key;		/* DATABASE_URL, DATABASE_REPLICA_URL */
	bool		 primary;	/* what it says of the pool counts */
	const char	*query;		/* as it came, "" for none */
	struct buf	 kept;		/* &name=value, for libpq */
	struct buf	 options;	/* for the server, decoded: -c name=value … */
	const char	*why;
};

static int
refuse(struct url *u, const char *name, const char *reason)
{
	u->why = arena_printf(u->mem, "%s: %s %s", u->key, name, reason);
	return E_VALIDATION;
}

/* Append to what libpq gets, encoded. */
static void
keep(struct url *u, const char *name, const char *value)
{
	const unsigned char *c;

	buf_printf(&u->kept, "%c%s=", u->kept.n > 0 ? '&' : '?', name);
	for (c = (const unsigned char *)value; *c != '\0'; c++)
		buf_printf(&u->kept, "%%%02X", *c);
}

static int
parse_number(struct url *u, const char *name, const char *value, int64_t *out)
{
	return parse_int(value, 0, INT32_MAX / 1000, out) ? 0 : refuse(u, name, "must be a whole number");
}

/* --- what Prisma has, in the order of its documentation --- */

/* Within an option of the server a backslash keeps the blank behind it. */
static int
take_schema(struct url *u, const char *name, const char *value)
{
	if (*value == '\0')
		return refuse(u, name, "is empty");
	buf_str(&u->options, " -c search_path=\"");
	for (; *value != '\0'; value++) {
		if (*value == '"')
			buf_byte(&u->options, '"');
		if (*value == ' ' || *value == '\\')
			buf_byte(&u->options, '\\');
		buf_byte(&u->options, *value);
	}
	buf_byte(&u->options, '"');
	return 0;
}

static int
take_connection_limit(struct url *u, const char *name, const char *value)
{
	int64_t n;
	int rc = parse_number(u, name, value, &n);

	if (rc < 0 || !u->primary)
		return rc;
	if (n < 1 || n > 1000)
		return refuse(u, name, "must be within 1 and 1000");
	if (n < POOL_MIN)
		log_warn("the pool needs more connections than the database URL allows", JS("key", u->key),
		    JI("connection_limit", n), JI("used", POOL_MIN));
	u->c->db_pool_max = n < POOL_MIN ? POOL_MIN : n;
	return 0;
}

/* 0 is no limit. */
static int
take_pool_timeout(struct url *u, const char *name, const char *value)
{
	int64_t s;
	int rc = parse_number(u, name, value, &s);

	if (rc == 0 && u->primary)
		u->c->db_connection_timeout_ms = s == 0 || s > TIMEOUT_MAX_MS / 1000 ? TIMEOUT_MAX_MS : s * 1000;
	return rc;
}

static int
take_idle_lifetime(struct url *u, const char *name, const char *value)
{
	int64_t s;
	int rc = parse_number(u, name, value, &s);

	if (rc == 0 && u->primary)
		u->c->db_idle_timeout_ms = s == 0 || s > IDLE_MAX_MS / 1000 ? IDLE_MAX_MS : s * 1000;
	return rc;
}

static int
take_socket_timeout(struct url *u, const char *name, const char *value)
{
	int64_t s;
	int rc = parse_number(u, name, value, &s);

	if (rc == 0)
		buf_printf(&u->options, " -c statement_timeout=%lld", (long long)s * 1000);
	return rc;
}

static int
take_pgbouncer(struct url *u, const char *name, const char *value)
{
	(void)name;
	if (strcmp(value, "true") == 0)
		log_warn("Dure keeps prepared statements and locks of its sessions: let the database URL name "
		    "PostgreSQL itself, or a pool in session mode", JS("key", u->key), JS("parameter", "pgbouncer"));
	return 0;
}

/* Parameters that Dure's pool does not need. */
static int
take_nothing(struct url *u, const char *name, const char *value)
{
	(void)u;
	(void)name;
	(void)value;
	return 0;
}

static bool
has_parameter(const struct url *u, const char *name)
{
	const char *p;
	size_t n = strlen(name);

	for (p = u->query; *p != '\0'; p += strcspn(p, "&"), p += *p == '&')
		if (strncmp(p, name, n) == 0 && p[n] == '=')
			return true;
	return false;
}

/* Prisma's is the authority's certificate, libpq's the client's own, which has a key. */
static int
take_sslcert(struct url *u, const char *name, const char *value)
{
	keep(u, has_parameter(u, "sslkey") ? name : "sslrootcert", value);
	return 0;
}

static int
take_sslaccept(struct url *u, const char *name, const char *value)
{
	if (strcmp(value, "strict") == 0)
		keep(u, "sslmode", "verify-full");
	else if (strcmp(value, "accept_invalid_certs") != 0)
		return refuse(u, name, "must be strict or accept_invalid_certs");
	return 0;
}

/* Before sslaccept=strict, which says more. no-verify is node-postgres'. */
static int
take_sslmode(struct url *u, const char *name, const char *value)
{
	if (!has_parameter(u, "sslaccept") || strcmp(value, "disable") == 0)
		keep(u, name, strcmp(value, "no-verify") == 0 ? "require" : value);
	return 0;
}

static int
take_ssl(struct url *u, const char *name, const char *value)
{
	(void)name;
	if (!has_parameter(u, "sslmode"))
		keep(u, "sslmode", strcmp(value, "false") == 0 || strcmp(value, "0") == 0 ? "disable" : "require");
	return 0;
}

/* Those of the server that stand in the URL themselves come last, and win. */
static int
take_options(struct url *u, const char *name, const char *value)
{
	(void)name;
	buf_printf(&u->options, " %s", value);
	return 0;
}

static const struct parameter {
	const char	*name;
	int		(*take)(struct url *u, const char *name, const char *value);
} parameters[] = {
	{ "schema", take_schema },
	{ "connection_limit", take_connection_limit },
	{ "pool_timeout", take_pool_timeout },
	{ "socket_timeout", take_socket_timeout },
	{ "max_idle_connection_lifetime", take_idle_lifetime },
	{ "pgbouncer", take_pgbouncer },
	{ "statement_cache_size", take_nothing },
	{ "sslcert", take_sslcert },
	{ "sslaccept", take_sslaccept },
	{ "sslmode", take_sslmode },
	{ "ssl", take_ssl },
	{ "uselibpqcompat", take_nothing },
	{ "options", take_options },
};

/* --- the URL --- */

static bool
is_libpq_keyword(const char *name)
{
	PQconninfoOption *all = PQconndefaults(), *o;
	bool found = false;

	for (o = all; o != NULL && o->keyword != NULL; o++)
		found = found || strcmp(o->keyword, name) == 0;
	PQconninfoFree(all);
	return found;
}

static int
take_parameter(struct url *u, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < NELEM(parameters) && strcmp(parameters[i].name, name) != 0; i++)
		;
	if (i < NELEM(parameters))
		return parameters[i].take(u, name, value);
	if (is_libpq_keyword(name))
		keep(u, name, value);
	else
		log_warn("a parameter of the database URL is not known and left out", JS("key", u->key),
		    JS("parameter", name));
	return 0;
}

static int
take_query(struct url *u)
{
	const char *p = u->query;
	int rc = 0;

	while (*p != '\0' && rc == 0) {
		size_t n = strcspn(p, "&"), equals = strcspn(p, "=&"), value_n = equals < n ? n - equals - 1 : 0;
		char *name = arena_copy(u->mem, p, equals);
		char *value = arena_copy(u->mem, p + (equals < n ? equals + 1 : n), value_n);

		if (!url_decode(value, &value_n, false) || memchr(value, '\0', value_n) != NULL)
			return refuse(u, name, "is not encoded as a URL wants it");
		value[value_n] = '\0';
		if (equals > 0)
			rc = take_parameter(u, name, value);
		p += n + (p[n] == '&');
	}
	return rc;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Whether libpq understands it; its own words may hold the password. */
static int
check_address(struct url *u, const char *address)
{
	PQconninfoOption *all = PQconninfoParse(address, NULL);

	if (all == NULL)
		return refuse(u, "is", "malformed: expected postgresql://user:password@host:5432/database");
	PQconninfoFree(all);
	return 0;
}

static int
settle_url(struct url *u, const char **address)
{
	const char *mark = strchr(*address, '?');
	int rc;

	if (begins(*address, "prisma://") || begins(*address, "prisma+postgres://"))
		return refuse(u, "is", "Prisma's own service: Dure needs PostgreSQL's URL (postgresql://…)");
	if (mark == NULL || !(begins(*address, "postgresql://") || begins(*address, "postgres://")))
		return **address != '\0' ? check_address(u, *address) : 0;
	u->query = mark + 1;
	if ((rc = take_query(u)) < 0)
		return rc;
	buf_byte(&u->options, '\0');
	if (u->options.n > 1)
		keep(u, "options", u->options.p + 1);	/* without the first blank */
	*address = arena_printf(u->mem, "%.*s%.*s", (int)(mark - *address), *address, (int)u->kept.n,
	    u->kept.n > 0 ? u->kept.p : "");
	return check_address(u, *address);
}

static int
settle_key(struct conf *c, struct arena *mem, const char *key, const char **address, bool primary, const char **why)
{
	struct url u = { .c = c, .mem = mem, .key = key, .primary = primary, .query = "" };
	int rc = settle_url(&u, address);

	buf_fini(&u.kept);
	buf_fini(&u.options);
	*why = u.why;
	return rc;
}

int
pg_url_settle(struct conf *c, struct arena *mem, const char **why)
{
	int rc = settle_key(c, mem, "DATABASE_URL", &c->database_url, true, why);

	return rc < 0 ? rc : settle_key(c, mem, "DATABASE_REPLICA_URL", &c->database_replica_url, false, why);
}
