/* conf.c -- the configuration: defaults, file, environment, aliases, complaints. */
#include "base/conf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "tap.h"

static struct arena mem;
static char path[] = "/tmp/dure-conf-XXXXXX";

/* Load with this text as the file (NULL: none) and these variables. */
static int
load(struct conf *c, const char *text, char **env, const char **why)
{
	char *nothing[] = { NULL };
	FILE *f;

	if (text != NULL) {
		f = fopen(path, "w");
		fputs(text, f);
		fclose(f);
	}
	return conf_load(c, &mem, text != NULL ? path : NULL, env != NULL ? env : nothing, why);
}

static void
test_sources(void)
{
	char *env[] = { "PORT=5001", "UNKNOWN_IN_THE_ENVIRONMENT=x", "JWT_EXPIRATION=2h",
	    "KAFKA_PROP_fetch_wait_max_ms=7", NULL };
	const char *why;
	struct conf c;

	is_int(load(&c, NULL, NULL, &why), 0, "the defaults are valid");
	is_int(c.port, 3001, "a key that is not set has its default");
	is_int(c.jwt_expires_s, 900, "a duration is parsed");
	is_str(c.log_level, "info", "the default log level is that of the default environment");
	is_int(load(&c, "# comment\n\n  PORT = 4001  \nDB_NAME=\"a b\"\r\nUNKNOWN=1\nHTTP_WORKERS=3\n", env, &why), 0,
	    "a file and an environment with unknown keys are accepted");
	is_int(c.port, 5001, "the environment overrides the file");
	is_int(c.http_workers, 3, "the file overrides the default");
	is_str(c.db_name, "a b", "quotes and a carriage return are stripped");
	is_int(c.jwt_expires_s, 7200, "an alias sets its key");
	is_str(c.kafka_props, "fetch.wait.max.ms=7\n", "settings of librdkafka are passed on");
}

static void
test_complaints(void)
{
	static const struct { const char *line, *why; } bad[] = {
		{ "PORT=0", ":2: PORT: 0 is not within 1 and 65535" },
		{ "PORT=12x", ":2: PORT: \"12x\" is not a whole number" },
		{ "JWT_EXPIRES_IN=15q", ":2: JWT_EXPIRES_IN: \"15q\" is not a duration (900, 15m, 12h, 7d)" },
		{ "LOG_ACCESS=perhaps", ":2: LOG_ACCESS: must be true or false" },
		{ "ANALYZER=on", ":2: ANALYZER: \"on\" is not one of off|embedded" },
		{ "nonsense", ":2: nonsense: expected KEY=value" },
	};
	char *env[] = { "PORT=x", NULL }, *media[] = { "MEDIA_ORIGINS=https://a.example, https://b.example/x", NULL },
	    text[128];
	const char *why;
	struct conf c;
	size_t i;

	for (i = 0; i < NELEM(bad); i++) {
		snprintf(text, sizeof(text), "\n%s\nDB_PORT=77\nPORT=88888\n", bad[i].line);
		is_int(load(&c, text, NULL, &why), E_VALIDATION, "a malformed value is refused: %s", bad[i].line);
		is_str(why + strlen(path), bad[i].why, "the refusal has file, line and reason");
		ok(c.port == 3001 && c.db_port == 77, "valid keys keep their values, refused ones their defaults");
	}
	is_int(load(&c, NULL, env, &why), E_VALIDATION, "a malformed value in the environment is refused");
	is_str(why, "environment: PORT: \"x\" is not a whole number", "the refusal names the environment");
	is_int(load(&c, NULL, media, &why), E_VALIDATION, "a path is refused where an origin is expected");
	ok(strstr(why, "MEDIA_ORIGINS: \"https://b.example/x\" is not an origin") != NULL,
	    "the refusal quotes the path");
	unlink(path);
	is_int(conf_load(&c, &mem, path, env + 1, &why), E_VALIDATION, "a missing file is refused");
}

static void
test_production(void)
{
	char *loose[] = { "NODE_ENV=production", "CORS_ORIGINS=*", "KAFKA_BROKERS=127.0.0.1:9092", NULL };
	char *strict[] = { "DURE_ENV=production", "CORS_ORIGINS=https://a.example",
	    "JWT_SECRET=0123456789abcdef0123456789abcdef",
		"KAFKA_BROKERS=127.0.0.1:9092", NULL };
	const char *why;
	struct conf c;

	is_int(load(&c, NULL, loose, &why), E_VALIDATION, "production refuses the origin \"*\"");
	is_int(load(&c, NULL, strict, &why), 0, "production accepts named origins");
	ok(c.production, "DURE_ENV=production is recognised");
	is_str(c.log_level, "warn", "production logs warnings and errors only");
}

static void
test_differences(void)
{
	char *env[] = { "PORT=1234", "HOST=127.0.0.1", "LOG_ACCESS=true", NULL };
	const struct conf_key *k;
	const char *why;
	struct conf a, b;
	int n = 0;

	load(&a, NULL, NULL, &why);
	load(&b, NULL, env, &why);
	for (k = conf_keys; k->name != NULL; k++)
		n += conf_differs(k, &a, &b);
	is_int(n, 3, "a reload finds three keys that differ");
	for (k = conf_keys; k->name != NULL; k++)
		if (k->when == RESTART)
			conf_copy(k, &b, &mem, &a);
	ok(b.port == 3001 && strcmp(b.host, a.host) == 0 && b.log_access,
	    "keys that need a restart keep their old values");
}

static void
test_secrets(void)
{
	char *env[] = { "DATABASE_URL=postgres://u:hunter2@h/d", "DB_PASSWORD=it's", NULL };
	struct buf out = { 0 };
	const char *why;
	struct conf c;

	load(&c, NULL, env, &why);
	conf_dump(&c, &out);
	buf_byte(&out, '\0');
	ok(strstr(out.p, "hunter2") == NULL && strstr(out.p, "DATABASE_URL=***\n") != NULL, "a dump shows no secret");
	is_str(conf_database(&c, &mem), "postgres://u:hunter2@h/d", "the URL of the database is passed to libpq");
	c.database_url = "";
	ok(strstr(conf_database(&c, &mem), "password='it\\'s'") != NULL,
	    "without a URL its parts are passed to libpq, quoted");
	buf_fini(&out);
}

int
main(void)
{
	arena_init(&mem, 4096);
	close(mkstemp(path));
	log_to(open("/dev/null", O_WRONLY));
	test_sources();
	test_complaints();
	test_production();
	test_differences();
	test_secrets();
	unlink(path);
	arena_fini(&mem);
	return done_testing();
}
