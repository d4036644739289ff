/* app_log.c -- see app_log.h. Yields: the writer, app_log_flush app_log_list. */
#include "app_log.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/metric.h"
#include "link/pg.h"
#include "worker/domain/core/group_commit.h"

enum { WRITTEN, DROPPED };	/* cells of M_APP_LOGS */
/* The pause after a refused batch: the refusal is itself logged, and must not feed back. */
enum { BATCH_MAX = 500, WRITE_LIMIT_MS = 15000, RETRY_MS = 1000, REFUSED_MS = 30000, HOST_BYTES = 256 };

static const char *const levels[] = { "debug", "info", "warn", "error" };

/* --- Writing --- */

static struct pg_stmt write_lines = PG_STMT("insert", "app_logs",
    "INSERT INTO app_logs (level, service, host, request_id, user_id, doc, created_at)"
    " SELECT l ->> 'level', l ->> 'service', $2, l ->> 'requestId', coalesce(l ->> 'user', l ->> 'userId'),"
    "   (l - '{time,level,service,requestId,user,userId}'::text[])"
    "     || CASE WHEN l ? 'ip' THEN jsonb_build_object('ip', anon_ip(l ->> 'ip')) ELSE '{}' END,"
    "   (l ->> 'time')::timestamptz"
    " FROM jsonb_array_elements($1::jsonb) l");

static int
write_queued(struct group_entry *const *batch, size_t n)
{
	char host[HOST_BYTES] = "";

	gethostname(host, sizeof(host) - 1);
	return pg_query(pg_shared(), NULL, &write_lines, pg_text(group_records_json(co_arena(), batch, n)),
	    pg_text(host));
}

static void
count_settled(size_t n, int rc)
{
	metric_add(M_APP_LOGS, rc == 0 ? WRITTEN : DROPPED, (uint64_t)n);
}

static struct group_commit queue = {
	.write = write_queued, .settled = count_settled, .deferred = true, .batch_max = BATCH_MAX,
	.writers_max = 1, .limit_ms = WRITE_LIMIT_MS, .retry_ms = RETRY_MS, .refused_ms = REFUSED_MS,
};

/* Makes a line valid for jsonb: no escaped NUL, no invalid UTF-8. */
static void
put_clean(struct buf *out, const char *p, size_t n)
{
	bool text = utf8_valid(p, n);
	size_t i;

	for (i = 0; i < n; i++) {
		if (p[i] == '\\' && n - i >= 6 && memcmp(p + i, "\\u0000", 6) == 0) {
			buf_str(out, "\\ufffd");
			i += 5;
		} else if (p[i] == '\\' && i + 1 < n) {
			buf_add(out, p + i++, 2);
		} else {
			buf_byte(out, text || (unsigned char)p[i] < 0x80 ? p[i] : '?');
		}
	}
}

void
app_log_add(const char *line, size_t n)
{
	struct buf b = { 0 };

	put_clean(&b, line, n);
	if (!group_commit_add_record(&queue, (size_t)conf.app_logs_queue, b.p, b.n))
		metric_add(M_APP_LOGS, DROPPED, 1);
	buf_fini(&b);
}

void
app_log_flush(void)
{
	if (pg_up())
		(void)group_commit_flush(&queue);
}

/* --- Reading --- */

static struct pg_stmt page_lines = PG_STMT("select", "app_logs",
    "SELECT coalesce(json_agg(json_strip_nulls(json_build_object('id', seq, 'time', iso(created_at), 'level', level,"
    "   'service', service, 'host', host, 'pid', doc -> 'pid', 'requestId', request_id, 'userId', user_id,"
    "   'message', doc -> 'msg', 'details', nullif(doc - '{msg,pid}'::text[], '{}'))) ORDER BY seq DESC),"
    "   '[]')::text,"
    "   min(seq), count(*)"
    " FROM ("
    "   SELECT * FROM app_logs"
    "   WHERE seq < $1 AND level = ANY ($2::text[])"
    "     AND ($3::text IS NULL OR service = $3 OR starts_with(service, $3 || ' '))"
    "     AND ($4::text IS NULL OR request_id = $4) AND ($5::text IS NULL OR host = $5)"
    "     AND created_at >= coalesce($6::timestamptz, '-infinity')"
    "     AND created_at <= coalesce($7::timestamptz, 'infinity')"
    "     AND ($8::text IS NULL OR strpos(lower(doc::text), lower($8)) > 0)"
    "   ORDER BY seq DESC LIMIT $9) l");
enum { PAGE_LIST, LAST_SEQ, PAGE_COUNT };

int
app_log_list(struct arena *mem, const struct app_log_filter *f, struct str *list, const char **next)
{
	int64_t before = INT64_MAX;
	struct pg_rows r;
	int rc;

	if (f->cursor != NULL && !parse_int(f->cursor, 1, INT64_MAX, &before))
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, &page_lines, pg_int(before),
	    pg_text(pg_texts(mem, levels + f->level, NELEM(levels) - f->level)),
	    pg_text(f->service), pg_text(f->request_id), pg_text(f->host), pg_text(f->since), pg_text(f->until),
	    pg_text(f->q), pg_int(f->limit));
	if (rc < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < f->limit ? NULL : arena_printf(mem, "%lld",
	    (long long)pg_integer(&r, 0, LAST_SEQ));
	return 0;
}
