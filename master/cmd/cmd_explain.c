/* cmd_explain.c -- `dure explain 'SELECT …'`: runs one query in a read-only transaction that is rolled back, and says
 * where its time goes and what would help.
 *
 * PostgreSQL itself refuses a second statement (extended protocol) and anything that writes (READ ONLY). For the
 * command line alone: a query may call functions.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/grid.h"
#include "base/json.h"
#include "base/str.h"
#include "cmd.h"
#include "explain_advice.h"
#include "link/pg_script.h"

enum { TIMEOUT_S = 10, SCAN_DEPTH_MAX = 60 };

static struct {
	const char	*query;
	bool		 json;
	int64_t		 timeout_s;
	struct arena	 mem;
} run = { .timeout_s = TIMEOUT_S };

/* Behind blanks and comments. */
static const char *
first_word(const char *p)
{
	const char *end;

	for (;;) {
		p += strspn(p, " \t\r\n(");
		if (strncmp(p, "--", 2) == 0)
			p += strcspn(p, "\n");
		else if (strncmp(p, "/*", 2) == 0 && (end = strstr(p, "*/")) != NULL)
			p = end + 2;
		else
			return p;
	}
}

static bool
is_query(const char *text)
{
	static const char *const words[] = { "SELECT", "WITH" };
	const char *p = first_word(text);
	size_t i;

	for (i = 0; i < NELEM(words); i++)
		if (strncasecmp(p, words[i], strlen(words[i])) == 0 && !isalnum((unsigned char)p[strlen(words[i])]) &&
		    p[strlen(words[i])] != '_')
			return true;
	return false;
}

static void
keep_plan(void *arg, int columns, const char *const *v)
{
	const char **plan = arg;

	if (columns == 1 && v[0] != NULL)
		*plan = arena_strdup(&run.mem, v[0]);
}

/* NULL, after printing why. */
static const char *
read_plan(void)
{
	const char *why, *plan = NULL, *begin = arena_printf(&run.mem,
	    "BEGIN READ ONLY; SET LOCAL statement_timeout = '%llds'; SET LOCAL lock_timeout = '1s'", (long long)run.timeout_s);
	struct pg_script *db = pg_script_open(conf_database(&conf, &run.mem), &why);

	if (db == NULL) {
		cmd_no_database(why);
		return NULL;
	}
	/* A cursor takes no INTO, which EXPLAIN would execute. */
	if (!pg_script_run(db, begin, NULL, NULL) ||
	    !pg_script_one(db, arena_printf(&run.mem, "DECLARE c CURSOR FOR %s", run.query), NULL, NULL) ||
	    !pg_script_one(db, arena_printf(&run.mem, "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) %s", run.query),
	    keep_plan, &plan))
		cmd_complain("explain", arena_printf(&run.mem, "%s%s", pg_script_why(db),
		    strstr(pg_script_why(db), "supplies 0 parameters") != NULL ?
		    "\nPut values in the place of $1, $2, …" :
		    ""));
	pg_script_close(&db);
	return plan;
}

static void
put_scan(struct buf *b, const struct json *node)
{
	const char *type = json_str(json_get(node, "Node Type")), *index = json_str(json_get(node, "Index Name"));
	double loops = json_num(json_get(node, "Actual Loops"), 0), removed = json_num(json_get(node,
	    "Rows Removed by Filter"), 0);
	struct json_field f[] = {
		JS("type", type), JS("relation", json_str(json_get(node, "Relation Name"))), JIF(index != NULL,
		    JS("index", index)),
		JD("rows", json_num(json_get(node, "Actual Rows"), 0)), JD("loops", loops), JD("removed", removed),
		JD("time", json_num(json_get(node, "Actual Total Time"), 0) * loops),
	};

	if (b->n > 1)
		buf_byte(b, ',');
	json_put_obj(b, f, NELEM(f));
}

/* Every node that reads a table, and what is to be said of each. */
static void
walk(const struct json *node, struct buf *scans, struct buf *suggestions, int depth)
{
	const char *type = json_str(json_get(node, "Node Type"));
	const struct json *child;

	if (type == NULL || depth > SCAN_DEPTH_MAX)
		return;
	if (strstr(type, "Scan") != NULL)
		put_scan(scans, node);
	explain_node(&run.mem, node, suggestions);
	for (child = json_first(json_get(node, "Plans")); child != NULL; child = json_next(child))
		walk(child, scans, suggestions, depth + 1);
}

static struct str
describe(const struct json *plan)
{
	double planning = json_num(json_get(plan, "Planning Time"), 0), execution = json_num(json_get(plan,
	    "Execution Time"), 0);
	struct buf scans = { 0 }, suggestions = { 0 };

	buf_byte(&scans, '[');
	buf_byte(&suggestions, '[');
	walk(json_get(plan, "Plan"), &scans, &suggestions, 0);
	explain_whole(&run.mem, plan, &suggestions);
	buf_byte(&scans, ']');
	buf_byte(&suggestions, ']');
	return json_obj(&run.mem, JD("totalTime", planning + execution), JD("planning", planning), JD("execution",
	    execution),
	    JR("scans", buf_to_arena(&run.mem, &scans)), JR("suggestions", buf_to_arena(&run.mem, &suggestions)));
}

static const char *
number(const struct json *j, const char *name, const char *format)
{
	return arena_printf(&run.mem, *format == '0' ? "%.0f" : "%.3f", json_num(json_get(j, name), 0));
}

static void
put_text(struct buf *out, const struct json *j)
{
	const struct json *s;
	struct grid t;

	buf_printf(out, "%s ms: %s planning, %s execution\n\n", number(j, "totalTime", "3"), number(j, "planning", "3"),
	    number(j, "execution", "3"));
	grid_init(&t, &run.mem);
	grid_add(&t, "SCAN", "RELATION", "INDEX", "ROWS", "LOOPS", "REMOVED", "MS", NULL);
	for (s = json_first(json_get(j, "scans")); s != NULL; s = json_next(s)) {
		const char *relation = json_str(json_get(s, "relation")), *index = json_str(json_get(s, "index"));

		grid_add(&t, json_str(json_get(s, "type")), relation != NULL ? relation : "", index != NULL ? index :
		    "",
		    number(s, "rows", "0"), number(s, "loops", "0"), number(s, "removed", "0"), number(s, "time",
		    "3"), NULL);
	}
	grid_text(&t, out);
	for (s = json_first(json_get(j, "suggestions")); s != NULL; s = json_next(s))
		buf_printf(out, "\n%s\n", json_str(s));
}

static int
parse_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			run.json = true;
		else if (strcmp(argv[i], "--timeout") == 0 && i + 1 < argc && parse_int(argv[i + 1], 1, 3600,
		    &run.timeout_s))
			i++;
		else if (run.query == NULL && (*argv[i] != '-' || strncmp(argv[i], "-- ", 3) == 0))
			run.query = argv[i];
		else
			return -1;
	}
	return run.query != NULL ? 0 : -1;
}

static int
print_plan(const char *text)
{
	const struct json *plan, *j;
	struct buf out = { 0 };
	struct str answer;

	if (json_parse(&run.mem, text, strlen(text), &plan) < 0 || json_first(plan) == NULL) {
		cmd_complain("explain", "PostgreSQL's plan is too deep");
		return 1;
	}
	answer = describe(json_first(plan));
	if (run.json)
		buf_printf(&out, "%.*s\n", (int)answer.n, answer.p);
	else if (json_parse(&run.mem, answer.p, answer.n, &j) == 0)
		put_text(&out, j);
	cmd_print(&out);
	return 0;
}

int
cmd_explain(int argc, char **argv)
{
	const char *plan;
	int status;

	if (parse_arguments(argc, argv) < 0) {
		fprintf(stderr, "usage: dure explain [--json] [--timeout SECONDS] 'SELECT …'\n");
		return EXIT_USAGE;
	}
	if (!is_query(run.query)) {
		fprintf(stderr,
		    "dure: explain: only SELECT and WITH are explained, because the statement is executed\n");
		return EXIT_USAGE;
	}
	arena_init(&run.mem, 65536);
	plan = read_plan();
	status = plan != NULL ? print_plan(plan) : 1;
	arena_fini(&run.mem);
	return status;
}
