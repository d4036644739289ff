/* audit_page.c -- security events as operators read them. See audit.h. Yields: all. */
#include "audit.h"

#include "base/err.h"
#include "run/co.h"

static struct pg_stmt page_events = PG_STMT("select", "security_logs",
    "SELECT coalesce(json_agg(json_build_object('id', id, 'type', event_type, 'level', level, 'userId', user_id,"
    "   'ip', ip_address, 'details', details, 'createdAt', iso(created_at)) ORDER BY id DESC), '[]')::text,"
    "   count(*), min(id)"
    " FROM (SELECT * FROM security_logs"
    "   WHERE id < $1 AND ($2::text IS NULL OR event_type = $2) AND ($3::text IS NULL OR user_id = $3)"
    "   ORDER BY id DESC LIMIT $4) e");
enum { PAGE, PAGE_COUNT, PAGE_LAST };

int
audit_page(const struct audit_filter *f, struct str *list, const char **next)
{
	int64_t before = INT64_MAX;
	struct pg_rows r;
	int rc;

	if (f->cursor != NULL && !parse_int(f->cursor, 1, INT64_MAX, &before))
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, &page_events, pg_int(before), pg_text(f->type), pg_text(f->user),
	    pg_int(f->limit));
	if (rc < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE);
	*next = pg_integer(&r, 0, PAGE_COUNT) < f->limit ? NULL : pg_string(&r, 0, PAGE_LAST);
	return 0;
}
