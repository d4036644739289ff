/* cmd_conf.c -- the configuration on the command line: finds the file; `dure config check|dump|defaults`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/conf_file.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "cmd.h"
#include "link/kafka.h"
#include "link/pg_url.h"
#include "link/redis.h"
#include "master/control.h"
#include "master/reload.h"
#include "worker/http/route.h"

struct cmd_line cmd_line;

static const char *const places[] = { "etc/dure.conf", "/etc/dure/dure.conf" };

static bool
is_trusted(const char *path)
{
	static bool told;

	if (conf_file_trusted(path))
		return true;
	if (!told)
		fprintf(stderr, "dure: %s is not read: it belongs to somebody else, or anybody may write it; -c %s "
		    "reads it\n", path, path);
	told = true;
	return false;
}

const char *
cmd_conf_file(void)
{
	const char *named = cmd_line.conf_file != NULL ? cmd_line.conf_file : getenv("DURE_CONF");
	size_t i;

	if (named != NULL && *named != '\0')
		return named;
	for (i = 0; i < NELEM(places); i++)
		if (access(places[i], R_OK) == 0 && is_trusted(places[i]))
			return places[i];
	return NULL;
}

/* Where .env files are looked for: DURE_ENV_DIR, else where the command is called. */
static const char *
dotenv_dir(void)
{
	const char *named = getenv("DURE_ENV_DIR");

	return named != NULL && *named != '\0' ? named : ".";
}

/* Whether another route has the path of Socket.IO. */
static bool
is_path_taken(const char *path)
{
	const struct route *const *arrays = routes, *r;
	size_t n = strlen(path) - 1;	/* the last slash does not count */

	for (; *arrays != NULL; arrays++)
		for (r = *arrays; r->path != NULL; r++)
			if (strncmp(r->path, path, n) == 0 && strspn(r->path + n, "/") == strlen(r->path + n) &&
			    strcmp(r->path, "/socket.io/") != 0)
				return true;
	return false;
}

/* The files and the environment, then what only the libraries know to be wrong. */
static int
read_conf(struct conf *c, struct arena *mem, const char **why)
{
	int rc = conf_load(c, mem, cmd_conf_file(), dotenv_dir(), environ, why);

	if (rc == 0 && is_path_taken(c->socket_io_path)) {
		*why = "SOCKET_IO_PATH is the path of another route (dure dump routes)";
		return E_VALIDATION;
	}
	if (rc == 0)
		rc = pg_url_settle(c, mem, why);
	return rc < 0 ? rc : redis_conf_check(c, mem, why);
}

int
cmd_check_conf(struct arena *mem, const char **why)
{
	struct conf c;

	return read_conf(&c, mem, why);
}

int
cmd_load_conf(void)
{
	struct arena *mem = malloc(sizeof(*mem));
	enum log_level level = LOG_INFO;
	const char *why;

	if (mem == NULL)
		abort();
	arena_init(mem, 4096);
	reload_init(read_conf, mem);
	if (read_conf(&conf, mem, &why) < 0) {
		fprintf(stderr, "dure: %s\n", why);
		return -1;
	}
	log_level_parse(conf.log_level, &level);
	if (log_is_plain() && level == LOG_INFO)	/* a command that succeeds does not log this */
		level = LOG_WARN;
	log_open("dure", level);
	return 0;
}

void
cmd_print(struct buf *out)
{
	if (out->n > 0)
		fwrite(out->p, 1, out->n, stdout);
	buf_fini(out);
}

/* Advice on variables of another system; other unknown variables of the environment are not Dure's concern. */
static void
advise_environment(void)
{
	char **env;

	for (env = environ; *env != NULL; env++) {
		size_t n = strcspn(*env, "=");
		const char *advice = conf_advice(*env, n);

		if (advice != NULL)
			fprintf(stderr, "dure: %.*s: %s\n", (int)n, *env, advice);
	}
}

static bool
kafka_props_good(void)
{
	struct buf out = { 0 };
	const char *line;
	int faults = kafka_conf_check(&out);

	buf_byte(&out, '\0');
	for (line = out.p; faults > 0 && *line != '\0'; line += strcspn(line, "\n") + 1)
		fprintf(stderr, "dure: %.*s\n", (int)strcspn(line, "\n"), line);
	buf_fini(&out);
	return faults == 0;
}

static int
check_conf(void)
{
	if (cmd_load_conf() < 0)
		return 1;
	advise_environment();
	if (!kafka_props_good())
		return 1;
	if (*conf.files != '\0')
		printf("The configuration is good (%s and environment).\n", conf.files);
	else
		printf("The configuration is good (environment only).\n");
	return 0;
}

/* The configuration that the master of the run directory works with. False: no master answers. */
static bool
ask_master(struct buf *out)
{
	struct buf answer = { 0 };
	const struct json *j, *v;
	struct arena mem;

	arena_init(&mem, 65536);
	if (control_ask(&answer) == 0 && json_parse(&mem, answer.p, answer.n, &j) == 0)
		for (v = json_first(json_get(j, "configuration")); v != NULL; v = json_next(v))
			buf_printf(out, "%s=%s\n", json_name(v), json_str(v));
	buf_fini(&answer);
	arena_fini(&mem);
	return out->n > 0;
}

static int
dump_conf(void)
{
	struct buf out = { 0 };

	if (cmd_load_conf() < 0)
		return 1;
	if (!ask_master(&out)) {
		fprintf(stderr, "dure: not running in %s; a server started now would have these values\n",
		    conf.run_dir);
		conf_dump(&conf, &out);
	}
	cmd_print(&out);
	return 0;
}

static int
print_environment(void)
{
	struct buf out = { 0 };

	conf_dump_environment(environ, &out);
	cmd_print(&out);
	return 0;
}

static int
print_defaults(void)
{
	struct buf out = { 0 };

	conf_dump_defaults(&out);
	cmd_print(&out);
	return 0;
}

static const struct { const char *name; int (*obey)(void); } actions[] = {
	{ "config check", check_conf },
	{ "config dump", dump_conf },
	{ "config env", print_environment },
	{ "config defaults", print_defaults },
};

int
cmd_config(int argc, char **argv)
{
	size_t i;

	(void)argc;
	for (i = 0; i < NELEM(actions) && strcmp(argv[0], actions[i].name) != 0; i++)
		;
	return i < NELEM(actions) ? actions[i].obey() : EXIT_USAGE;
}
