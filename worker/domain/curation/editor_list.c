/* editor_list.c -- see editor_list.h. Yields: all. */
#include "editor_list.h"

#include "base/err.h"
#include "link/pg.h"
#include "recommendation.h"
#include "video.h"

#define ENTRY "json_build_object('id', id, 'action', action, 'target', target, 'value', value, 'factor', factor," \
	" 'until', CASE WHEN until < 'infinity' THEN iso(until) END, 'note', note, 'createdAt', iso(created_at))"

static struct pg_stmt read_entries = PG_STMT("select", "editor_lists",
    "SELECT coalesce(json_agg(" ENTRY " ORDER BY id DESC), '[]')::text FROM editor_lists WHERE until > now()");
static struct pg_stmt put_entry = PG_STMT("insert", "editor_lists",
    "INSERT INTO editor_lists AS e (action, target, value, factor, until, note, created_by)"
    " SELECT $1, $2, $3, $4::float8, coalesce($5::timestamptz, 'infinity'), coalesce($6, ''), $7"
    " WHERE (SELECT count(*) FROM editor_lists WHERE until > now()) < $8"
    " ON CONFLICT (action, target, value) DO UPDATE SET factor = excluded.factor, until = excluded.until,"
    "   note = excluded.note, created_by = excluded.created_by, created_at = now()"
    " RETURNING " ENTRY "::text");
static struct pg_stmt delete_entry = PG_STMT("delete", "editor_lists", "DELETE FROM editor_lists WHERE id = $1");

int
editor_list_read(struct arena *mem, struct str *list)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &read_entries);

	(void)mem;
	if (rc == 0)
		*list = pg_value(&r, 0, 0);
	return rc;
}

int
editor_list_put(struct arena *mem, const struct editor_entry *e, struct str *json)
{
	const char *value = strcmp(e->target, "keyword") == 0 ? video_keyword(mem, e->value) : e->value;
	struct pg_rows r;
	int rc;

	if (value == NULL)
		return E_VALIDATION;
	rc = pg_query(pg_shared(), &r, &put_entry, pg_text(e->action), pg_text(e->target), pg_text(value),
	    pg_num(e->factor), pg_text(e->until), pg_text(e->note), pg_text(e->editor), pg_int(EDITOR_ENTRIES_MAX));
	if (rc == 0 && r.n == 0)
		rc = E_BUSY;
	if (rc < 0)
		return rc;
	recommendation_drop_all();
	*json = pg_value(&r, 0, 0);
	return 0;
}

int
editor_list_delete(int64_t id)
{
	struct pg_rows r;
	int rc = pg_query(pg_shared(), &r, &delete_entry, pg_int(id));

	if (rc == 0 && r.affected == 0)
		return E_NOT_FOUND;
	if (rc == 0)
		recommendation_drop_all();
	return rc;
}
