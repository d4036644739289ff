/* explain_advice.c -- see explain_advice.h. */
#include "explain_advice.h"

#include <string.h>

enum { MANY_ROWS = 10000, MANY_REMOVED = 1000, MUCH = 10, WRONG = 100, MANY_LOOPS = 1000, LONG_MS = 10 };

static double
number(const struct json *n, const char *name)
{
	return json_num(json_get(n, name), 0);
}

static const char *
text(const struct json *n, const char *name)
{
	const char *s = json_str(json_get(n, name));

	return s != NULL ? s : "";
}

static bool
reads_in_vain(const struct json *n)
{
	double removed = number(n, "Rows Removed by Filter") * number(n, "Actual Loops");

	return removed > MANY_REMOVED && number(n, "Rows Removed by Filter") > MUCH * number(n, "Actual Rows");
}

static bool
filters_table(const struct json *n)
{
	return strcmp(text(n, "Node Type"), "Seq Scan") == 0 && reads_in_vain(n);
}

static bool
filters_index(const struct json *n)
{
	return strncmp(text(n, "Node Type"), "Index", 5) == 0 && reads_in_vain(n);
}

static bool
reads_all(const struct json *n)
{
	return strcmp(text(n, "Node Type"), "Seq Scan") == 0 && !reads_in_vain(n) && number(n,
	    "Actual Rows") > MANY_ROWS;
}

static bool
sorts_on_disk(const struct json *n)
{
	return strcmp(text(n, "Sort Space Type"), "Disk") == 0;
}

static bool
hashes_on_disk(const struct json *n)
{
	return number(n, "Hash Batches") > 1 || number(n, "HashAgg Batches") > 1;
}

static bool
guesses_wrong(const struct json *n)
{
	double planned = number(n, "Plan Rows") + 1, actual = number(n, "Actual Rows") + 1;

	return *text(n, "Relation Name") != '\0' && number(n, "Actual Loops") > 0 && (actual > WRONG * planned ||
	    (planned > WRONG * actual && planned > MANY_REMOVED && number(n, "Rows Removed by Filter") == 0));
}

static bool
repeats(const struct json *n)
{
	return strcmp(text(n, "Node Type"), "Seq Scan") == 0 && number(n, "Actual Loops") > MANY_LOOPS;
}

static bool
loses_bits(const struct json *n)
{
	return number(n, "Lossy Heap Blocks") > 0;
}

static const struct { bool (*fits)(const struct json *n); const char *advice; } node_advice[] = {
	{ filters_table,
	    "Most rows of the table are read and thrown away: an index on the condition would spare that" },
	{ filters_index, "Most rows that the index finds are thrown away: put the condition into the index, too" },
	{ reads_all, "The whole table is read: a LIMIT, a narrower condition or a page by key would spare that" },
	{ sorts_on_disk, "The sort does not fit into memory: raise work_mem for it, or add an index in this order" },
	{ hashes_on_disk, "The hash table does not fit into memory: raise work_mem for it" },
	{ guesses_wrong, "The planner's guess is wrong by a factor of 100: ANALYZE the table" },
	{ repeats,
	    "The table is read anew for every row of the other side: an index on the join's column would spare that" },
	{ loses_bits, "The bitmap does not fit into memory: raise work_mem for it" },
};

static void
put(struct arena *mem, struct buf *out, const char *advice, const struct json *n)
{
	const char *table = text(n, "Relation Name"), *condition = text(n, "Filter"), *order = "";
	const struct json *key = json_first(json_get(n, "Sort Key"));
	const char *whole;

	if (*condition == '\0')
		condition = text(n, "Recheck Cond");
	if (key != NULL)
		order = json_str(key);
	whole = arena_printf(mem, "%s%s%s%s%s%s%s%s", advice, *table != '\0' ? " (" : "", table, *table != '\0' ?
	    ")" : "",
	    *condition != '\0' ? ": " : "", condition, *order != '\0' ? ": " : "", order);
	if (out->n > 1)
		buf_byte(out, ',');
	json_put_str(out, whole, strlen(whole));
}

void
explain_node(struct arena *mem, const struct json *node, struct buf *out)
{
	size_t i;

	for (i = 0; i < NELEM(node_advice); i++)
		if (node_advice[i].fits(node))
			put(mem, out, node_advice[i].advice, node);
}

static bool
plans_long(const struct json *p)
{
	return number(p, "Planning Time") > LONG_MS && number(p, "Planning Time") > number(p, "Execution Time");
}

static bool
compiles_long(const struct json *p)
{
	return number(json_get(json_get(p, "JIT"), "Timing"), "Total") > number(p, "Execution Time") / 2;
}

static const struct { bool (*fits)(const struct json *p); const char *advice; } plan_advice[] = {
	{ plans_long,
	    "Planning takes longer than the query: name the partition's column in the condition, or prepare the statement" },
	{ compiles_long, "Most of the time is compilation: SET jit = off" },
};

void
explain_whole(struct arena *mem, const struct json *plan, struct buf *out)
{
	size_t i;

	for (i = 0; i < NELEM(plan_advice); i++)
		if (plan_advice[i].fits(plan))
			put(mem, out, plan_advice[i].advice, plan);
}
