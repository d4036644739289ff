/* alert.c -- delivers rows of alerts to Slack. See alert.h. Yields: all.
 *
 * The rows of one title become one attachment: their number, and the newest one's details. A failed delivery is
 * postponed, each time for twice as long.
 */
#include "alert.h"

#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "link/web.h"
#include "run/co.h"

enum { ROWS_MAX = 500, POST_TIMEOUT_MS = 10000, ANSWER_MAX = 1024 };
enum { SENT, FAILED, GIVEN_UP };	/* cells of M_ALERTS */

/* One row per title: level, title, count, time of the oldest, details of the newest as "name: value" lines; all ids;
 * attempts. */
enum { LEVEL, TITLE, COUNT, SINCE, DETAILS, IDS, ATTEMPTS };	/* columns */
static struct pg_stmt due_rows = PG_STMT("select", "alerts",
    "WITH due AS (SELECT * FROM alerts WHERE next_at <= now() ORDER BY id LIMIT $1),"
    " newest AS (SELECT DISTINCT ON (title) title, details, created_at FROM due ORDER BY title, id DESC)"
    " SELECT max(d.level), d.title, count(*), extract(epoch FROM n.created_at)::bigint,"
    "   coalesce(("
    "     SELECT string_agg(key || ': ' || value, E'\\n' ORDER BY key)"
    "     FROM jsonb_each_text(n.details) WHERE value IS NOT NULL), ''),"
    "   '{' || string_agg(d.id::text, ',') || '}', min(d.attempts)"
    " FROM due d JOIN newest n USING (title)"
    " GROUP BY d.title, n.created_at, n.details ORDER BY min(d.id)");

static const char *
colour_of(const char *level)
{
	switch (*level) {
	case 'i': return "#2eb886";
	case 'w': return "#daa038";
	case 'e': return "#d0342c";
	default:  return "#7b0e0e";
	}
}

/* Escapes &, < and >, which Slack interprets. */
static const char *
slack_text(struct arena *mem, const char *s)
{
	struct buf b = { 0 };

	for (; *s != '\0'; s++)
		if (*s == '&')
			buf_str(&b, "&amp;");
		else if (*s == '<' || *s == '>')
			buf_str(&b, *s == '<' ? "&lt;" : "&gt;");
		else
			buf_byte(&b, *s);
	return buf_to_arena(mem, &b).p;
}

static struct str
attachment_json(struct arena *mem, const struct pg_rows *r, int i)
{
	const char *level = pg_string(r, i, LEVEL), *title = slack_text(mem, pg_string(r, i, TITLE));
	int64_t n = pg_integer(r, i, COUNT);

	if (n > 1)
		title = arena_printf(mem, "%s ×%lld", title, (long long)n);
	return json_obj(mem, JS("color", colour_of(level)), JS("fallback", title),
	    JS("title", arena_printf(mem, "[%s] %s", level, title)),
	    JS("text", slack_text(mem, pg_string(r, i, DETAILS))),
	    JS("footer", arena_printf(mem, "dure (%s)", conf.env)), JI("ts", pg_integer(r, i, SINCE)));
}

static struct str
message_json(struct arena *mem, const struct pg_rows *r)
{
	struct buf b = { 0 };
	int i;

	buf_str(&b, "{\"attachments\":[");
	for (i = 0; i < r->n; i++) {
		struct str a = attachment_json(mem, r, i);

		if (i > 0)
			buf_byte(&b, ',');
		buf_add(&b, a.p, a.n);
	}
	buf_str(&b, "]}");
	return buf_to_arena(mem, &b);
}

/* 0, or why Slack did not accept it. */
static int
post_message(struct str body, int64_t *retry_s)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	struct web_call call = { .method = "POST", .url = conf.slack_webhook_url, .headers = headers, .body = body,
	    .timeout_ms = POST_TIMEOUT_MS, .answer_max = ANSWER_MAX };
	struct web_answer a;
	int rc;

	if ((rc = web_call(&call, &a)) < 0)
		return rc;
	*retry_s = a.retry_after_s;
	if (a.status < 300)
		return 0;
	log_warn("an alert was refused", JI("status", a.status));
	return E_DOWN;
}

static struct pg_stmt delete_rows = PG_STMT("delete", "alerts", "DELETE FROM alerts WHERE id = ANY ($1::bigint[])");
static struct pg_stmt put_off = PG_STMT("update", "alerts",
    "UPDATE alerts SET attempts = attempts + 1,"
    "   next_at = now() + make_interval(secs => greatest($2::float8, least(1800, 2 ^ attempts)))"
    " WHERE id = ANY ($1::bigint[])");
static struct pg_stmt give_up = PG_STMT("delete", "alerts", "DELETE FROM alerts WHERE attempts >= $1");

static int
settle_rows(const struct pg_rows *r, struct pg_stmt *how, int64_t retry_s, int64_t *n)
{
	struct pg_rows changed;
	int i, rc = 0;

	for (i = 0; i < r->n && rc == 0; i++) {
		if (how == &put_off)
			rc = pg_query(pg_shared(), &changed, how, pg_text(pg_string(r, i, IDS)), pg_int(retry_s));
		else
			rc = pg_query(pg_shared(), &changed, how, pg_text(pg_string(r, i, IDS)));
		if (rc == 0)
			*n += changed.affected;
	}
	return rc;
}

static int
drop_exhausted(void)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &give_up, pg_int(ALERT_ATTEMPTS_MAX))) < 0 || r.affected == 0)
		return rc;
	metric_add(M_ALERTS, GIVEN_UP, (uint64_t)r.affected);
	log_error("alerts given up", JI("alerts", r.affected));
	return 0;
}

int
alert_deliver(struct arena *mem, int64_t *n)
{
	int64_t retry_s = 0, put = 0;
	struct pg_rows r;
	int rc;

	if (*conf.slack_webhook_url == '\0')
		return 0;
	if ((rc = pg_query(pg_shared(), &r, &due_rows, pg_int(ROWS_MAX))) < 0 || r.n == 0)
		return rc;
	if ((rc = post_message(message_json(mem, &r), &retry_s)) == 0) {
		metric_add(M_ALERTS, SENT, 1);
		return settle_rows(&r, &delete_rows, 0, n);
	}
	metric_add(M_ALERTS, FAILED, 1);
	if (rc == E_CANCELED)
		return rc;
	if ((rc = settle_rows(&r, &put_off, retry_s, &put)) < 0)
		return rc;
	return drop_exhausted();
}
