/* stream_list.c -- pages of streams. See stream.h. Yields: stream_list. */
#include <stdlib.h>

#include "base/err.h"
#include "base/json.h"
#include "stream.h"
#include "stream_sql.h"
#include "viewers.h"

/* The order of streams: live, scheduled, ended; within them by time. */
#define CLASS "CASE s.status WHEN 'live' THEN 0 WHEN 'scheduled' THEN 1 ELSE 2 END"
#define RANK "(CASE s.status WHEN 'live' THEN -1 WHEN 'scheduled' THEN 1 ELSE -1 END * (extract(epoch FROM " \
	"CASE s.status WHEN 'live' THEN s.started_at WHEN 'scheduled' THEN coalesce(s.scheduled_at, s.created_at)" \
	"  ELSE s.ended_at END)" \
	" * 1000000)::bigint)"

static struct pg_stmt page_streams = PG_STMT("select", "streams",
    "SELECT " STREAM_DOC "::text, s.stream_key, (" CLASS ") || ':' || " RANK " || ':' || s.seq"
    " FROM streams s"
    " WHERE ($1::text IS NULL OR s.status = $1) AND ($2::text IS NULL OR s.seller_id = $2)"
    "   AND ($3::bigint IS NULL OR (" CLASS ", " RANK ", s.seq) > ($3, $4::bigint, $5::bigint))"
    " ORDER BY " CLASS ", " RANK ", s.seq LIMIT $6");
enum { DOC, KEY, CURSOR };

/* "class:rank:seq". */
static bool
parse_cursor(struct arena *mem, const char *text, int64_t at[3])
{
	char *copy = arena_copy(mem, text, strlen(text)), *rest = copy, *word;
	int i;

	for (i = 0; i < 3; i++)
		if ((word = strsep(&rest, ":")) == NULL || !parse_int(word, INT64_MIN, INT64_MAX, &at[i]))
			return false;
	return rest == NULL;
}

static struct pg_arg
maybe_int(const char *cursor, int64_t v)
{
	return cursor != NULL ? pg_int(v) : pg_text(NULL);
}

static struct str
join_rows(struct arena *mem, const struct pg_rows *r, const int64_t *viewers)
{
	struct buf b = { 0 };
	struct str one;
	int i;

	buf_byte(&b, '[');
	for (i = 0; i < r->n; i++) {
		one = stream_shown(mem, pg_value(r, i, DOC), viewers[i], (struct str){ 0 });
		buf_str(&b, i > 0 ? "," : "");
		buf_add(&b, one.p, one.n);
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

int
stream_list(struct arena *mem, const char *status, const char *seller, int64_t limit, const char *cursor,
    struct str *list, const char **next)
{
	const char **keys;
	int64_t *viewers, at[3] = { 0 };
	struct pg_rows r;
	int i, rc;

	*next = NULL;
	if (cursor != NULL && !parse_cursor(mem, cursor, at))
		return E_VALIDATION;
	if ((rc = pg_query(pg_shared(), &r, &page_streams, pg_text(status), pg_text(seller), maybe_int(cursor, at[0]),
	    maybe_int(cursor, at[1]), maybe_int(cursor, at[2]), pg_int(limit))) < 0)
		return rc;
	keys = arena_alloc(mem, ((size_t)r.n + 1) * sizeof(*keys));
	viewers = arena_zalloc(mem, ((size_t)r.n + 1) * sizeof(*viewers));
	for (i = 0; i < r.n; i++)
		keys[i] = pg_string(&r, i, KEY);
	if (r.n > 0)
		(void)viewers_count(keys, (size_t)r.n, viewers);	/* Redis is away: viewer counts are 0 */
	*list = join_rows(mem, &r, viewers);
	if (r.n == limit)
		*next = pg_string(&r, r.n - 1, CURSOR);
	return 0;
}
