/* log_analysis.c -- see log_analysis.h. Yields: log_analysis. */
#include "log_analysis.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "link/pg.h"

enum { LINES_MAX = 100000 };

/* A line belongs to the first pattern that its text matches (POSIX, any case). */
static const struct pattern { const char *name, *matches, *advice; } patterns[] = {
	{ "Connection Refused",
	    "refused|cannot be reached|connection lost|unreachable|reset by peer|closed by the server",
	    "A store or a broker was away: dure doctor names it; see \"PostgreSQL is gone\", \"Redis is gone\", \"Kafka is gone\"" },
	{ "Timeout", "time[d_ -]?out|no answer|too long|slow query",
	    "Something answers late: see \"Requests are slow\" and \"A query is slow\"; SELECT * FROM find_slow_queries()" },
	{ "Memory Error", "out of memory|cannot allocate|no memory|oom command|max_memory_restart|too much memory",
	    "Memory runs out: see \"A process grows\" and \"Redis is full\"" },
	{ "Rate Limit", "rate.?limit|too many (requests|attempts)|quota|throttl",
	    "Clients, or an API that Dure asks, are over a limit: see the RATE_LIMIT_ keys and who asks" },
	{ "Database Error", "sqlstate|postgres|database|deadlock|violates|schema_outdated",
	    "PostgreSQL refuses statements: dure migrate status, then the SQLSTATE in dure logs --level error" },
	{ "Other", "", "dure logs --level error shows the rest with their request ids" },
};

static struct pg_stmt count_lines = PG_STMT("select", "app_logs",
    "WITH lines AS ("
    "   SELECT l.created_at, l.doc ->> 'msg' AS msg, ("
    "     SELECT min(n) FROM unnest($1::text[]) WITH ORDINALITY p (re, n) WHERE l.doc::text ~* re) AS n"
    "   FROM ("
    "     SELECT created_at, doc FROM app_logs"
    "     WHERE level = ANY ($2::text[]) AND ($3::text IS NULL OR service = $3 OR starts_with(service, $3 || ' '))"
    "       AND ($4::text IS NULL OR host = $4) AND ($5::text IS NULL OR strpos(lower(doc::text), lower($5)) > 0)"
    "       AND created_at >= coalesce($6::timestamptz, now() - interval '1 day')"
    "       AND created_at <= coalesce($7::timestamptz, 'infinity')"
    "     ORDER BY seq DESC LIMIT $8) l),"
    " kinds AS (SELECT n, count(*) AS many, mode() WITHIN GROUP (ORDER BY msg) AS msg, max(created_at) AS last FROM lines GROUP BY n),"
    " hours AS (SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24') AS hour, count(*) AS many FROM lines GROUP BY 1)"
    " SELECT (SELECT coalesce(json_agg(json_build_object('pattern', ($9::text[])[n], 'count', many, 'message', msg, 'lastSeen', iso(last))"
    "     ORDER BY many DESC, n), '[]') FROM kinds)::text,"
    "   (SELECT coalesce(json_object_agg(hour, many ORDER BY hour), '{}') FROM hours)::text,"
    "   (SELECT count(*) FROM lines),"
    "   (SELECT coalesce(json_agg(($10::text[])[n] ORDER BY many DESC, n), '[]') FROM kinds)::text");
enum { TOP, BY_HOUR, TOTAL, ADVICE };

/* Warnings are lines too: what a store does to Dure is one. */
static const char *
levels_from(struct arena *mem, enum log_level level)
{
	static const char *const levels[] = { "warn", "error" };
	size_t from = level >= LOG_ERROR;

	return pg_texts(mem, levels + from, NELEM(levels) - from);
}

int
log_analysis(struct arena *mem, const struct app_log_filter *f, struct str *answer)
{
	const char *names[NELEM(patterns)], *matches[NELEM(patterns)], *advice[NELEM(patterns)];
	struct pg_rows r;
	size_t i;
	int rc;

	for (i = 0; i < NELEM(patterns); i++) {
		names[i] = patterns[i].name;
		matches[i] = patterns[i].matches;
		advice[i] = patterns[i].advice;
	}
	rc = pg_need(pg_shared(), &r, &count_lines, pg_text(pg_texts(mem, matches, NELEM(matches))),
	    pg_text(levels_from(mem, f->level)), pg_text(f->service), pg_text(f->host), pg_text(f->q),
	    pg_text(f->since), pg_text(f->until), pg_int(LINES_MAX), pg_text(pg_texts(mem, names, NELEM(names))),
	    pg_text(pg_texts(mem, advice, NELEM(advice))));
	if (rc < 0)
		return rc;
	*answer = json_obj(mem, JR("topErrors", pg_value(&r, 0, TOP)), JR("errorsByHour", pg_value(&r, 0, BY_HOUR)),
	    JI("totalErrors", pg_integer(&r, 0, TOTAL)), JR("suggestions", pg_value(&r, 0, ADVICE)));
	return 0;
}
