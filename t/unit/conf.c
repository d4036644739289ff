/* conf.c -- the configuration: defaults, file, environment, aliases, complaints. */
#include "base/conf.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "tap.h"

static struct arena mem;
static char path[] = "/tmp/dure-conf-XXXXXX", home[] = "/tmp/dure-env-XXXXXX";
static const char *dir;		/* where .env files are looked for; NULL: nowhere */

/* Write a file of `home` with these permissions; returns its path. */
static const char *
put_file(const char *name, const char *text, mode_t mode)
{
	const char *at = arena_printf(&mem, "%s/%s", home, name);
	FILE *f;

	unlink(at);
	f = fopen(at, "w");
	fputs(text, f);
	fclose(f);
	chmod(at, mode);
	return at;
}

static void
remove_file(const char *name)
{
	unlink(arena_printf(&mem, "%s/%s", home, name));
}

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
	return conf_load(c, &mem, text != NULL ? path : NULL, dir, env != NULL ? env : nothing, why);
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

/* The names of NestJS, whose "log" and "verbose" are our info and debug. */
static void
test_levels(void)
{
	static const struct { const char *line, *level; } names[] = {
		{ "LOG_LEVEL=log", "info" }, { "LOG_LEVEL=verbose", "debug" }, { "LOG_LEVEL=fatal", "error" },
		{ "LOG_LEVEL=warn", "warn" },
	};
	const char *why;
	struct conf c;
	size_t i;

	for (i = 0; i < NELEM(names); i++) {
		is_int(load(&c, names[i].line, NULL, &why), 0, "%s is a level", names[i].line);
		is_str(c.log_level, names[i].level, "which means %s", names[i].level);
	}
	is_int(load(&c, "LOG_LEVEL=loud", NULL, &why), E_VALIDATION, "another name is none");
}

/* A value's end: its comment, its quotes, its lines. */
static void
test_values(void)
{
	static const struct { const char *text, *conf, *dotenv; } cases[] = {
		{ "DB_NAME=a # the name", "a", "a" },
		{ "DB_NAME=a\t#\tthe name", "a", "a" },
		{ "DB_NAME=a#b", "a#b", "a" },		/* dotenv ends an unquoted value at any # */
		{ "DB_NAME=# none", "# none", "" },	/* a # behind a blank begins a comment elsewhere */
		{ "DB_NAME= # none", "", "" },
		{ "DB_NAME=\"a # b\" # the name", "a # b", "a # b" },
		{ "DB_NAME='a # b'\t# the name", "a # b", "a # b" },
		{ "DB_NAME=`it's \"a\"`", "it's \"a\"", "it's \"a\"" },
		{ "DB_NAME=\"a\nb\"", "a\nb", "a\nb" },		/* over two lines */
		{ "DB_NAME=\"a\\nb\"", "a\\nb", "a\nb" },
		{ "DB_NAME='a\\nb'", "a\\nb", "a\\nb" },
		{ "DB_NAME=\"a\"b", "\"a\"b", "\"a\"b" },
		{ "DB_NAME=\"a", "\"a", "\"a" },
		{ "export DB_NAME=a", "a", "a" },
		{ "DB_NAME = a b \r", "a b", "a b" },
		{ "\xef\xbb\xbf" "DB_NAME=a", "a", "a" },
		{ "DB_NAME=a=b", "a=b", "a=b" },
	};
	char text[128];
	const char *why;
	struct conf c;
	size_t i;

	for (i = 0; i < NELEM(cases); i++) {
		snprintf(text, sizeof(text), "%s\nPORT=4444\n", cases[i].text);
		is_int(load(&c, text, NULL, &why), 0, "of a file: %s", cases[i].text);
		is_str(c.db_name, cases[i].conf, "the value is <%s>", cases[i].conf);
		is_int(c.port, 4444, "and the next line is read");
		put_file(".env", text, 0600);
		dir = home;
		is_int(load(&c, NULL, NULL, &why), 0, "the same in .env");
		is_str(c.db_name, cases[i].dotenv, "the value is <%s>", cases[i].dotenv);
		is_int(c.port, 4444, "and the next line is read");
		dir = NULL;
	}
	load(&c, "DB_NAME=\"a\nb\"\n\nPORT=x", NULL, &why);
	is_str(why + strlen(path), ":4: PORT: \"x\" is not a whole number", "lines are counted through a long value");
	remove_file(".env");
}

static void
test_dotenv(void)
{
	char *env[] = { "HTTP_WORKERS=9", NULL }, *staging[] = { "NODE_ENV=test", NULL };
	const char *why;
	struct conf c;

	dir = home;
	is_int(load(&c, "DB_NAME=file\nDB_USER=file\nHTTP_WORKERS=1\nDB_HOST=file\n", NULL, &why), 0, "no .env file");
	is_str(c.db_name, "file", "is no fault");
	put_file(".env", "DB_NAME=env\nDB_USER=env\nHTTP_WORKERS=2\n", 0600);
	put_file(".env.development", "DB_NAME=dev\nHTTP_WORKERS=3\nVITE_TITLE=x\n", 0600);
	put_file(".env.test", "DB_NAME=test\n", 0600);
	is_int(load(&c, "DB_NAME=file\nDB_USER=file\nHTTP_WORKERS=1\nDB_HOST=file\n", env, &why), 0, "with them");
	is_str(c.db_name, "dev", ".env.development wins over .env");
	is_str(c.db_user, "env", "which wins over the file");
	is_str(c.db_host, "file", "which is read as well");
	is_int(c.http_workers, 9, "the environment wins over all");
	is_int(load(&c, NULL, staging, &why), 0, "NODE_ENV of the environment");
	is_str(c.db_name, "test", "chooses the file");
	put_file(".env", "NODE_ENV=test\nDB_NAME=env\n", 0600);
	is_int(load(&c, NULL, NULL, &why), 0, "NODE_ENV of .env");
	is_str(c.db_name, "test", "does so too");
	put_file(".env.test", "\nNODE_ENV=production\n", 0600);
	is_int(load(&c, NULL, NULL, &why), E_VALIDATION, "a .env.test that calls itself production is refused");
	is_str(why + strlen(home),
	    "/.env.test:2: NODE_ENV: this file is read where NODE_ENV is test, and says otherwise",
	    "with the reason");
	put_file(".env.test", "\n\nPORT=x\n", 0600);
	is_int(load(&c, NULL, NULL, &why), E_VALIDATION, "a bad value there is refused");
	is_str(why + strlen(home), "/.env.test:3: PORT: \"x\" is not a whole number", "with its file and line");
	put_file(".env.test", "DB_NAME=anybody\n", 0666);
	is_int(load(&c, NULL, NULL, &why), 0, "one that anybody may write");
	is_str(c.db_name, "env", "is not read");
	remove_file(".env");
	remove_file(".env.test");
	remove_file(".env.development");
	dir = NULL;
}

static void
test_secret_files(void)
{
	const char *good = put_file("good", "s3cret of many words\r\n", 0600), *two = put_file("two", "a\nb\n\n", 0444);
	const char *none = put_file("none", "\n", 0600), *open = put_file("open", "x", 0666), *why;
	char *env[] = { arena_printf(&mem, "JWT_SECRET_FILE=%s", good), "JWT_SECRET=", NULL };
	char *both[] = { arena_printf(&mem, "JWT_SECRET_FILE=%s", good), "JWT_SECRET=x", NULL };
	char *plain[] = { "JWT_SECRET=y", NULL };
	struct buf out = { 0 };
	struct conf c;
	const struct conf_key *k;
	size_t i;
	const struct { const char *line, *why; } bad[] = {
		{ arena_printf(&mem, "JWT_SECRET_FILE=%s/missing", home), "No such file or directory" },
		{ arena_printf(&mem, "JWT_SECRET_FILE=%s", home), "is not a regular file" },
		{ arena_printf(&mem, "JWT_SECRET_FILE=%s", none), "is empty" },
		{ arena_printf(&mem, "JWT_SECRET_FILE=%s", open), "anybody may write it" },
		{ "JWT_SECRET_FILE=/dev/zero", "is not a regular file" },
	};

	for (k = conf_keys; k->name != NULL; k++) {
		const char *text = arena_printf(&mem, "%s_FILE=%s\n", k->name, good);

		if (k->kind != CONF_SECRET || strcmp(k->name, "ENCRYPTION_KEY") == 0)
			continue;
		is_int(load(&c, text, NULL, &why), 0, "%s may be given by a file", k->name);
		is_str(*(const char **)((char *)&c + k->offset), "s3cret of many words", "whose newline is dropped");
	}
	is_int(load(&c, NULL, env, &why), 0, "from the environment, where the key itself is empty");
	is_str(c.jwt_secret, "s3cret of many words", "too");
	conf_dump_environment(env, &out);
	buf_byte(&out, '\0');
	ok(strstr(out.p, env[0]) != NULL, "and the environment's part of the configuration tells it");
	buf_fini(&out);
	is_int(load(&c, NULL, both, &why), E_VALIDATION, "refused: both");
	is_str(why, "environment: JWT_SECRET: given twice, by JWT_SECRET_FILE too", "with the reason");
	is_int(load(&c, arena_printf(&mem, "JWT_SECRET_FILE=%s", good), plain, &why), 0, "the environment's own");
	is_str(c.jwt_secret, "y", "wins over the file's file");
	is_int(load(&c, arena_printf(&mem, "DB_PASSWORD_FILE=%s", two), NULL, &why), 0, "one that everybody may read");
	is_str(c.db_password, "a\nb\n", "is taken; one newline goes, not two");
	for (i = 0; i < NELEM(bad); i++) {
		is_int(load(&c, bad[i].line, NULL, &why), E_VALIDATION, "refused: %s", bad[i].why);
		ok(strstr(why, ":1: JWT_SECRET_FILE: ") != NULL && strstr(why, bad[i].why) != NULL, "with the reason");
	}
	is_int(load(&c, "LOG_FILE=/x\nPORT_FILE=/y\n", NULL, &why), 0, "keys that are no secrets have no such form");
	for (i = 0; i < 4; i++)
		remove_file((const char *[]){ "good", "two", "none", "open" }[i]);
}

static void
test_advice(void)
{
	ok(strstr(conf_advice("SUPABASE_URL", 12), "DATABASE_URL") != NULL, "SUPABASE_URL has advice");
	ok(strstr(conf_advice("SUPABASE_ANON_KEY", 17), "not needed") != NULL, "so has its key");
	ok(conf_advice("SUPABASE_SOMETHING", 18) != NULL, "and every other of that family");
	ok(conf_advice("SUPERB", 6) == NULL && conf_advice("PORT", 4) == NULL, "others have none");
}

static void
test_socket_path(void)
{
	static const char *const bad[] = { "socket.io", "/", "/a//b", "/a b/", "/../x", "/./x", "/api/live", "/api",
	    "/a?b", "/%41/" };
	static const struct { const char *line, *path; } good[] = {
		{ "SOCKET_IO_PATH=/rt", "/rt/" }, { "SOCKET_IO_PATH=/live/updates/", "/live/updates/" },
		{ "SOCKET_IO_PATH=/apis/...", "/apis/.../" },
	};
	const char *why;
	struct conf c;
	size_t i;

	load(&c, NULL, NULL, &why);
	is_str(c.socket_io_path, "/socket.io/", "Socket.IO has its usual path");
	for (i = 0; i < NELEM(good); i++) {
		is_int(load(&c, good[i].line, NULL, &why), 0, "%s is accepted", good[i].line);
		is_str(c.socket_io_path, good[i].path, "%s ends with a slash", good[i].path);
	}
	for (i = 0; i < NELEM(bad); i++)
		is_int(load(&c, arena_printf(&mem, "SOCKET_IO_PATH=%s", bad[i]), NULL, &why), E_VALIDATION,
		    "the path %s is refused", bad[i]);
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
	is_int(conf_load(&c, &mem, path, NULL, env + 1, &why), E_VALIDATION, "refused: no such file");
	is_int(conf_load(&c, &mem, "/dev/null", NULL, env + 1, &why), 0, "a device is read like any file");
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
	ok(mkdtemp(home) != NULL, "a directory of its own");
	log_to(open("/dev/null", O_WRONLY));
	test_sources();
	test_levels();
	test_values();
	test_dotenv();
	test_secret_files();
	test_advice();
	test_socket_path();
	test_complaints();
	test_production();
	test_staging();
	test_differences();
	test_secrets();
	unlink(path);
	rmdir(home);
	arena_fini(&mem);
	return done_testing();
}
