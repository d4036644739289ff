/* apikey_page.c -- the API keys of all users, for operators. See apikey.h. Yields: all. */
#include "apikey.h"

#include "base/err.h"
#include "link/pg.h"
#include "run/co.h"

/* The cursor is "<µs since 1970>:<id>" of the last key. */
static struct pg_stmt page_keys = PG_STMT("select", "api_keys",
    "WITH page AS ("
    "  SELECT k.*, u.email, (extract(epoch FROM k.created_at) * 1000000)::bigint AS us"
    "  FROM api_keys k JOIN users u ON u.id = k.user_id"
    "  WHERE ($1::text IS NULL OR k.user_id = $1) AND ($2::bigint IS NULL OR (k.created_at, k.id::text) <"
    "    ('epoch'::timestamptz + $2::bigint * interval '1 microsecond', $3::text))"
    "  ORDER BY k.created_at DESC, k.id::text DESC LIMIT $4),"
    " last AS (SELECT us || ':' || id AS cursor FROM page ORDER BY created_at, id::text LIMIT 1)"
    " SELECT coalesce(json_agg(json_build_object('id', id, 'userId', user_id, 'email', email, 'name', name,"
    "   'tier', tier, 'hint', hint, 'requestCount', request_count, 'lastUsedAt', iso(last_used_at),"
    "   'rotatedAt', iso(rotated_at), 'createdAt', iso(created_at)) ORDER BY created_at DESC, id::text DESC),"
    "   '[]')::text,"
    "   count(*), (SELECT cursor FROM last)"
    " FROM page");
enum { PAGE, PAGE_COUNT, PAGE_CURSOR };

int
apikey_page(const char *user, const char *cursor, int64_t limit, struct str *json, const char **next)
{
	const char *colon = cursor != NULL ? strchr(cursor, ':') : NULL, *us = NULL;
	struct pg_rows r;
	int64_t at;
	int rc;

	if (colon != NULL)
		us = arena_copy(co_arena(), cursor, (size_t)(colon - cursor));
	if (cursor != NULL && (us == NULL || !parse_int(us, 0, INT64_MAX, &at) || !uuid_valid(colon + 1)))
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, &page_keys, pg_text(user), pg_text(us), pg_text(us != NULL ? colon + 1 : NULL),
	    pg_int(limit));
	if (rc < 0)
		return rc;
	*json = pg_value(&r, 0, PAGE);
	*next = pg_integer(&r, 0, PAGE_COUNT) < limit ? NULL : pg_string(&r, 0, PAGE_CURSOR);
	return 0;
}

static struct pg_stmt find_owner = PG_STMT("select", "api_keys", "SELECT user_id FROM api_keys WHERE id = $1::uuid");

int
apikey_owner(const char *id, const char **user)
{
	struct pg_rows r;
	int rc;

	if (!uuid_valid(id))
		return E_NOT_FOUND;
	if ((rc = pg_need(pg_shared(), &r, &find_owner, pg_text(id))) < 0)
		return rc;
	*user = pg_string(&r, 0, 0);
	return 0;
}
