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

	is_int(load(&c, NULL, NULL, &why), 0, "the defaults are good");
	is_int(c.port, 3001, "a default");
	is_int(c.jwt_expires_s, 900, "a duration");
	is_str(c.log_level, "info", "the level is chosen by the environment's kind");
	is_int(load(&c, "# comment\n\n  PORT = 4001  \nDB_NAME=\"a b\"\r\nUNKNOWN=1\nHTTP_WORKERS=3\n", env, &why), 0,
	    "file and environment, with unknown keys");
	is_int(c.port, 5001, "the environment wins");
	is_int(c.http_workers, 3, "over the file, which wins over the default");
	is_str(c.db_name, "a b", "quotes and a carriage return go");
	is_int(c.jwt_expires_s, 7200, "an alias");
	is_str(c.kafka_props, "fetch.wait.max.ms=7\n", "librdkafka's own settings");
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
		is_int(load(&c, text, NULL, &why), E_VALIDATION, "refused: %s", bad[i].line);
		is_str(why + strlen(path), bad[i].why, "with file, line and reason");
		ok(c.port == 3001 && c.db_port == 77, "what was good is there, the rest has its default");
	}
	is_int(load(&c, NULL, env, &why), E_VALIDATION, "refused: from the environment");
	is_str(why, "environment: PORT: \"x\" is not a whole number", "which is named");
	is_int(load(&c, NULL, media, &why), E_VALIDATION, "refused: a path where an origin is wanted");
	ok(strstr(why, "MEDIA_ORIGINS: \"https://b.example/x\" is not an origin") != NULL, "which is quoted");
	unlink(path);
	is_int(conf_load(&c, &mem, path, env + 1, &why), E_VALIDATION, "refused: no such file");
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

	is_int(load(&c, NULL, loose, &why), E_VALIDATION, "production does not take any origin");
	is_int(load(&c, NULL, strict, &why), 0, "but named ones");
	ok(c.strict && c.capped && !c.development, "it knows that it is production");
	is_str(c.log_level, "warn", "and writes warnings only");
	is_int(c.rate_default_max, 100, "and has the small limits");
}

/* As safe as production, with the limits of development. */
static void
test_staging(void)
{
	static char *const faults[] = { "CORS_ORIGINS=*", "JWT_SECRET=short", "JWT_REFRESH_SECRET=short",
	    "API_KEY_SECRET=short", "WS_PROTOCOL_TEST=true" };
	char *env[] = { "NODE_ENV=staging", "JWT_SECRET=0123456789abcdef0123456789abcdef", NULL, NULL };
	const char *why;
	struct conf c;
	size_t i;

	is_int(load(&c, NULL, env, &why), 0, "staging is an environment");
	ok(c.strict && !c.capped && !c.development, "it is strict, and is neither capped nor development");
	is_int(c.rate_default_max, 1000, "its limits are those outside production");
	is_str(c.cors_origins, "", "no foreign origin is allowed");
	is_str(c.log_level, "info", "and it logs as outside production");
	for (i = 0; i < NELEM(faults); i++) {
		env[2] = faults[i];
		is_int(load(&c, NULL, env, &why), E_VALIDATION, "staging refuses %s, as production does", faults[i]);
	}
	env[2] = "DURE_ENV=test";
	load(&c, NULL, env, &why);
	ok(!c.strict && !c.capped && !c.development, "test is neither strict nor development");
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
	is_int(n, 3, "three keys differ");
	for (k = conf_keys; k->name != NULL; k++)
		if (k->when == RESTART)
			conf_copy(k, &b, &mem, &a);
	ok(b.port == 3001 && strcmp(b.host, a.host) == 0 && b.log_access, "those that need a restart were put back");
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
	is_str(conf_database(&c, &mem), "postgres://u:hunter2@h/d", "the URL is what libpq gets");
	c.database_url = "";
	ok(strstr(conf_database(&c, &mem), "password='it\\'s'") != NULL, "else the parts, quoted");
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
	test_staging();
	test_differences();
	test_secrets();
	unlink(path);
	arena_fini(&mem);
	return done_testing();
}
