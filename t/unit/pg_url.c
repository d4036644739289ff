/* pg_url.c -- database URLs of Prisma and node-postgres, as libpq gets them. */
#include "link/pg_url.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "tap.h"

static struct arena mem;
static int heard = -1;		/* what is logged */

static int
settle(struct conf *c, const char *query, const char **why)
{
	*why = NULL;
	if (ftruncate(heard, 0) < 0)
		abort();
	conf_load(c, &mem, NULL, NULL, (char *[]){ NULL }, why);
	c->database_url = arena_printf(&mem, "postgresql://u:p%%40@h:1/d%s", query);
	return pg_url_settle(c, &mem, why);
}

static const char *
logged(void)
{
	static char text[4096];
	ssize_t n = pread(heard, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

/* What libpq makes of this keyword of the URL; "" for nothing. */
static const char *
of(const struct conf *c, const char *keyword)
{
	PQconninfoOption *all = PQconninfoParse(c->database_url, NULL), *o;
	const char *value = "";

	for (o = all; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0 && o->val != NULL)
			value = arena_strdup(&mem, o->val);
	PQconninfoFree(all);
	return value;
}

static void
test_keywords(void)
{
	static const struct { const char *query, *keyword, *value; } cases[] = {
		{ "?schema=public", "options", "-c search_path=\"public\"" },
		{ "?schema=a%20%22b", "options", "-c search_path=\"a\\ \"\"b\"" },
		{ "?schema=s&options=-c%20jit%3Doff", "options", "-c search_path=\"s\" -c jit=off" },
		{ "?socket_timeout=7", "options", "-c statement_timeout=7000" },
		{ "?connect_timeout=9&application_name=a%26b", "application_name", "a&b" },
		{ "?connect_timeout=9", "connect_timeout", "9" },
		{ "?sslmode=require", "sslmode", "require" },
		{ "?sslmode=require&sslaccept=strict", "sslmode", "verify-full" },
		{ "?sslaccept=accept_invalid_certs&sslmode=require", "sslmode", "" },
		{ "?sslmode=no-verify", "sslmode", "require" },
		{ "?ssl=true", "sslmode", "require" },
		{ "?ssl=false", "sslmode", "disable" },
		{ "?sslcert=/ca.pem", "sslrootcert", "/ca.pem" },
		{ "?sslcert=/me.pem&sslkey=/me.key", "sslcert", "/me.pem" },
		{ "?host=/var/run/postgresql", "host", "/var/run/postgresql" },
		{ "?", "password", "p@" },
		{ "", "dbname", "d" },
	};
	const char *why;
	struct conf c;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		is_int(settle(&c, cases[i].query, &why), 0, "<%s> is taken", cases[i].query);
		is_str(of(&c, cases[i].keyword), cases[i].value, "%s is <%s>", cases[i].keyword, cases[i].value);
		is_str(of(&c, "host"), i == 14 ? "/var/run/postgresql" : "h", "the rest of the URL is as it was");
	}
}

static void
test_pool(void)
{
	const char *why;
	struct conf c;

	settle(&c, "?connection_limit=5&pool_timeout=20&max_idle_connection_lifetime=60", &why);
	ok(c.db_pool_max == 5 && c.db_connection_timeout_ms == 20000 && c.db_idle_timeout_ms == 60000,
	    "what is said of the pool is done");
	is_str(logged(), "", "without a word");
	settle(&c, "?pool_timeout=0&max_idle_connection_lifetime=0", &why);
	ok(c.db_connection_timeout_ms == 60000 && c.db_idle_timeout_ms == 86400000, "0 is as long as can be");
	settle(&c, "?connection_limit=1", &why);
	is_int(c.db_pool_max, 4, "a limit below what the processes need is raised");
	ok(strstr(logged(), "connection_limit") != NULL, "and told");
	settle(&c, "?pgbouncer=true&statement_cache_size=0", &why);
	ok(strstr(logged(), "session mode") != NULL && strstr(logged(), "statement_cache_size") == NULL,
	    "a pool of transactions is advised against");
	is_int(settle(&c, "?nonsense=1&sslmode=prefer&more", &why), 0, "what nobody knows is left out");
	ok(strstr(logged(), "\"parameter\":\"nonsense\"") != NULL && strstr(logged(), "\"parameter\":\"more\"") != NULL,
	    "and told");
	is_str(of(&c, "sslmode"), "prefer", "the rest counts");
	c.database_replica_url = "postgres://r/d?connection_limit=9&schema=s";
	is_int(pg_url_settle(&c, &mem, &why), 0, "of a replica");
	ok(c.db_pool_max == 20 && strstr(c.database_replica_url, "connection_limit") == NULL &&
	    strstr(c.database_replica_url, "?options=") != NULL, "the pool's size is the primary's");
}

static void
test_refusals(void)
{
	static const struct { const char *url, *why; } cases[] = {
		{ "postgresql://h/d?connection_limit=many", "DATABASE_URL: connection_limit must be a whole number" },
		{ "postgresql://h/d?connection_limit=0", "DATABASE_URL: connection_limit must be within 1 and 1000" },
		{ "postgresql://h/d?pool_timeout=-1", "DATABASE_URL: pool_timeout must be a whole number" },
		{ "postgresql://h/d?schema=", "DATABASE_URL: schema is empty" },
		{ "postgresql://h/d?schema=%zz", "DATABASE_URL: schema is not encoded as a URL wants it" },
		{ "postgresql://h/d?sslaccept=maybe",
		    "DATABASE_URL: sslaccept must be strict or accept_invalid_certs" },
		{ "prisma://accelerate/?api_key=secret",
		    "DATABASE_URL: is Prisma's own service: Dure needs PostgreSQL's URL (postgresql://…)" },
		{ "postgresql://u:secret@[h/d",
		    "DATABASE_URL: is malformed: expected postgresql://user:password@host:5432/database" },
	};
	const char *why;
	struct conf c;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		settle(&c, "", &why);
		c.database_url = cases[i].url;
		is_int(pg_url_settle(&c, &mem, &why), E_VALIDATION, "refused: %s", cases[i].url);
		is_str(why, cases[i].why, "with the reason, and no secret");
	}
	settle(&c, "", &why);
	c.database_url = "host=h dbname=d";
	is_int(pg_url_settle(&c, &mem, &why), 0, "libpq's own form is taken");
	is_str(c.database_url, "host=h dbname=d", "as it is");
	c.database_url = "";
	is_int(pg_url_settle(&c, &mem, &why), 0, "none is none");
}

int
main(void)
{
	char path[] = "/tmp/dure-log-XXXXXX";

	heard = mkstemp(path);
	unlink(path);
	fcntl(heard, F_SETFL, O_APPEND);
	log_to(heard);
	arena_init(&mem, 4096);
	test_keywords();
	test_pool();
	test_refusals();
	arena_fini(&mem);
	return done_testing();
}
