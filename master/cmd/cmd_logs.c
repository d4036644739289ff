/* cmd_logs.c -- `dure logs`: the last warnings and errors of all processes and hosts, oldest first, from app_logs; with
 * --analyze what they are about. */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/grid.h"
#include "base/json.h"
#include "cmd.h"
#include "worker/domain/ops/app_log.h"
#include "worker/domain/ops/log_analysis.h"

enum { LINES_MAX = 1000 };

static struct {
	struct app_log_filter filter;
	bool	 json, analyze;
} run = { .filter = { .limit = 50 } };

/* time level service host: message {fields} */
static void
put_line(struct buf *out, struct arena *mem, const struct json *l)
{
	const struct json *details = json_get(l, "details");
	struct str text = run.json ? json_text(mem, l) : details != NULL ? json_text(mem, details) : STR("");

	if (!run.json)
		buf_printf(out, "%s %-5s %s@%s: %s%s", json_str(json_get(l, "time")), json_str(json_get(l, "level")),
		    json_str(json_get(l, "service")),
		    json_str(json_get(l, "host")), json_str(json_get(l, "message")), text.n > 0 ? " " : "");
	buf_add(out, text.p, text.n);
	buf_byte(out, '\n');
}

static int
print_lines(struct arena *mem)
{
	const struct json *page, *l, *v[LINES_MAX];
	struct buf out = { 0 };
	const char *next;
	struct str list;
	int rc, n = 0;

	if ((rc = app_log_list(mem, &run.filter, &list, &next)) < 0)
		return rc;
	if (json_parse(mem, list.p, list.n, &page) < 0)
		return E_INTERNAL;
	for (l = json_first(page); l != NULL && n < LINES_MAX; l = json_next(l))
		v[n++] = l;
	while (n > 0)
		put_line(&out, mem, v[--n]);
	cmd_print(&out);
	return 0;
}

static const char *
count_of(struct arena *mem, const struct json *v)
{
	return arena_printf(mem, "%.0f", json_num(v, 0));
}

static void
put_analysis(struct buf *out, struct arena *mem, const struct json *a)
{
	const struct json *v;
	struct grid top, hours;

	buf_printf(out, "%s warnings and errors\n", count_of(mem, json_get(a, "totalErrors")));
	grid_init(&top, mem);
	grid_add(&top, "PATTERN", "COUNT", "LAST", "MOST OFTEN", NULL);
	for (v = json_first(json_get(a, "topErrors")); v != NULL; v = json_next(v))
		grid_add(&top, json_str(json_get(v, "pattern")), count_of(mem, json_get(v, "count")),
		    json_str(json_get(v, "lastSeen")), json_str(json_get(v, "message")), NULL);
	grid_text(&top, out);
	grid_init(&hours, mem);
	grid_add(&hours, "HOUR (UTC)", "COUNT", NULL);
	for (v = json_first(json_get(a, "errorsByHour")); v != NULL; v = json_next(v))
		grid_add(&hours, json_name(v), count_of(mem, v), NULL);
	grid_text(&hours, out);
	for (v = json_first(json_get(a, "suggestions")); v != NULL; v = json_next(v))
		buf_printf(out, "%s\n", json_str(v));
}

static int
print_analysis(struct arena *mem)
{
	const struct json *a;
	struct buf out = { 0 };
	struct str answer;
	int rc;

	if ((rc = log_analysis(mem, &run.filter, &answer)) < 0)
		return rc;
	if (run.json)
		buf_printf(&out, "%.*s\n", (int)answer.n, answer.p);
	else if (json_parse(mem, answer.p, answer.n, &a) == 0)
		put_analysis(&out, mem, a);
	cmd_print(&out);
	return 0;
}

static int
run_query(struct arena *mem)
{
	int rc = run.analyze ? print_analysis(mem) : print_lines(mem);

	if (rc < 0)
		fprintf(stderr, "dure: %s\n", cmd_why(rc));
	return rc == 0 ? 0 : 1;
}

static const struct { const char *word; const char **value; } options[] = {
	{ "--service", &run.filter.service }, { "--host", &run.filter.host }, { "--request", &run.filter.request_id },
	{ "--since", &run.filter.since }, { "--until", &run.filter.until }, { "--grep", &run.filter.q },
};

static bool
take_option(const char *word, const char *value)
{
	size_t i;

	if (strcmp(word, "--level") == 0)
		return log_level_parse(value, &run.filter.level);
	if (strcmp(word, "-n") == 0)
		return parse_int(value, 1, LINES_MAX, &run.filter.limit);
	for (i = 0; i < NELEM(options) && strcmp(word, options[i].word) != 0; i++)
		;
	if (i < NELEM(options))
		*options[i].value = value;
	return i < NELEM(options);
}

int
cmd_logs(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			run.json = true;
		} else if (strcmp(argv[i], "--analyze") == 0) {
			run.analyze = true;
		} else if (i + 1 < argc && take_option(argv[i], argv[i + 1])) {
			i++;
		} else {
			fprintf(stderr, "usage: dure logs [--level debug|info|warn|error] [--service NAME] [--host "
			    "NAME] [--request ID]\n"
			    "       [--since TIME] [--until TIME] [--grep TEXT] [-n LINES] [--analyze] [--json]\n");
			return EXIT_USAGE;
		}
	}
	return cmd_in_loop(LINK_PG, run_query);
}
