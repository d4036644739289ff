/* cmd_status.c -- `dure status [--json]`: the process table of the master of the run directory. */
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/grid.h"
#include "base/json.h"
#include "cmd.h"
#include "master/control.h"

static const char *
number(struct arena *mem, const struct json *p, const char *name, int64_t per)
{
	int64_t n = 0;

	json_int(json_get(p, name), &n);
	return arena_printf(mem, "%lld", (long long)(n / per));
}

static const char *
link_names(struct arena *mem, const struct json *p)
{
	return arena_printf(mem, "%s%s%s", json_bool(json_get(p, "postgres"), false) ? "postgres " : "",
	    json_bool(json_get(p, "redis"), false) ? "redis " : "", json_bool(json_get(p, "kafka"), false) ? "kafka"
	    : "");
}

static void
put_table(struct arena *mem, const struct json *j, struct buf *out)
{
	const struct json *p;
	const char *lacks = cmd_lacks(mem, j);
	struct grid t;

	grid_init(&t, mem);
	grid_add(&t, "PROCESS", "PID", "STATE", "GENERATION", "UPTIME_S", "RESTARTS", "REQUESTS", "RSS_KB", "CPU_MS",
	    "HEARTBEAT_MS", "DB", "LINKS",
	    NULL);
	for (p = json_first(json_get(j, "processes")); p != NULL; p = json_next(p))
		grid_add(&t, json_str(json_get(p, "title")), number(mem, p, "pid", 1), json_str(json_get(p, "state")),
		    number(mem, p, "generation", 1), number(mem, p, "uptimeMs", 1000), number(mem, p, "restarts", 1),
		    number(mem, p, "requests", 1), number(mem, p, "rssBytes", 1024), number(mem, p, "cpuMs", 1),
		    number(mem, p, "heartbeatAgeMs", 1), number(mem, p, "dbConnections", 1), link_names(mem, p), NULL);
	buf_printf(out, "Dure %s, %s, port %s%s%s\n", json_str(json_get(j, "version")), json_str(json_get(j, "state")),
	    number(mem, j, "port", 1), lacks != NULL ? "; not ready: " : "", lacks != NULL ? lacks : "");
	grid_text(&t, out);
}

/* True when every process that should serve does; others may still be draining. */
static bool
is_whole(const struct json *j)
{
	const char *state = json_str(json_get(j, "state"));

	return state != NULL && strcmp(state, "running") == 0;
}

int
cmd_status(int argc, char **argv)
{
	struct buf answer = { 0 }, out = { 0 };
	const struct json *j;
	struct arena mem;
	int rc = 1;

	if (control_ask(&answer) < 0) {
		fprintf(stderr, "dure: not running in %s\n", conf.run_dir);
		buf_fini(&answer);
		return EXIT_NOT_RUNNING;
	}
	arena_init(&mem, 4096);
	if (json_parse(&mem, answer.p, answer.n, &j) == 0) {
		if (argc > 1 && strcmp(argv[1], "--json") == 0)
			buf_add(&out, answer.p, answer.n);
		else
			put_table(&mem, j, &out);
		rc = is_whole(j) && cmd_lacks(&mem, j) == NULL ? 0 : 1;
	}
	cmd_print(&out);
	buf_fini(&answer);
	arena_fini(&mem);
	return rc;
}
