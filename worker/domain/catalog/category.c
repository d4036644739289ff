/* category.c -- the rows of categories. See category.h. Yields: all.
 *
 * A write locks the table against other writes, so that two concurrent moves cannot form a cycle.
 */
#include "category.h"

#include "base/conf.h"
#include "base/err.h"
#include "link/pg.h"

#define PLACE "lpad(c.position::text, 10, '0'), c.name::text"
#define TREE \
	"WITH RECURSIVE tree AS (" \
	"  SELECT c.*, 0 AS depth, jsonb_build_array(c.name) AS path, ARRAY[" PLACE "] AS place" \
	"  FROM categories c WHERE parent_id IS NULL" \
	"  UNION ALL SELECT c.*, t.depth + 1, t.path || to_jsonb(c.name::text), t.place || ARRAY[" PLACE "]" \
	"  FROM categories c JOIN tree t ON c.parent_id = t.id)"
#define DOC \
	"jsonb_build_object('id', id, 'name', name, 'parentId', parent_id, 'position', position, 'depth', depth, 'path', path)"

static struct pg_stmt list_all = PG_STMT("select", "categories",
    TREE " SELECT coalesce(jsonb_agg(" DOC " ORDER BY place), '[]')::text FROM tree");
static struct pg_stmt find_one = PG_STMT("select", "categories",
    TREE " SELECT " DOC "::text, depth FROM tree WHERE id = $1");

int
category_list(struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg_shared(), &r, &list_all)) == 0)
		*json = pg_value(&r, 0, 0);
	return rc;
}

static struct pg_stmt lock_table = PG_STMT("lock", "categories", "LOCK TABLE categories IN SHARE ROW EXCLUSIVE MODE");
static struct pg_stmt insert_category = PG_STMT("insert", "categories",
    "INSERT INTO categories (name, parent_id, position)"
    " SELECT f ->> 'name', (f ->> 'parentId')::uuid, coalesce((f ->> 'position')::int, 0)"
    " FROM (SELECT $1::jsonb) AS g (f)"
    " RETURNING id");
static struct pg_stmt update_category = PG_STMT("update", "categories",
    "UPDATE categories SET name = coalesce($2::jsonb ->> 'name', name),"
    "   parent_id = CASE WHEN $2::jsonb ? 'parentId' THEN ($2::jsonb ->> 'parentId')::uuid ELSE parent_id END,"
    "   position = coalesce(($2::jsonb ->> 'position')::int, position), updated_at = now()"
    " WHERE id = $1"
    " RETURNING id");
/* The deepest level at or below the category; NULL when it is in a cycle, which no root reaches. */
static struct pg_stmt measure_depth = PG_STMT("select", "categories",
    TREE ","
    "   below AS ("
    "     SELECT id, depth FROM tree WHERE id = $1"
    "     UNION ALL SELECT t.id, t.depth"
    "     FROM tree t JOIN below b ON t.parent_id = b.id)"
    " SELECT max(depth) FROM below");

/* After a write, before its commit: checks that the categories are still a tree, and not too deep. */
static int
check_tree(struct pg *pg, const char *id, struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, &r, &measure_depth, pg_text(id))) < 0)
		return rc;
	if (pg_string(&r, 0, 0) == NULL || pg_integer(&r, 0, 0) >= conf.category_depth_max)
		return E_VALIDATION;
	if ((rc = pg_query(pg, &r, &find_one, pg_text(id))) == 0)
		*json = pg_value(&r, 0, 0);
	return rc;
}

/* Inserts a category where `id` is NULL. */
static int
write_row(struct pg *pg, const char *id, struct str fields, struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_query(pg, NULL, &lock_table)) < 0)
		return rc;
	rc = id != NULL ? pg_query(pg, &r, &update_category, pg_text(id), pg_text(fields.p))
	    : pg_query(pg, &r, &insert_category, pg_text(fields.p));
	if (rc < 0 || r.n == 0)
		return rc < 0 ? rc : E_NOT_FOUND;
	return check_tree(pg, pg_string(&r, 0, 0), json);
}

static int
write_category(const char *id, struct str fields, struct str *json)
{
	struct pg *pg;
	int rc;

	if ((rc = pg_begin(&pg)) < 0)
		return rc;
	if ((rc = write_row(pg, id, fields, json)) == 0)
		return pg_commit(&pg);
	pg_rollback(&pg);
	return rc;
}

int
category_create(struct str fields, struct str *json)
{
	return write_category(NULL, fields, json);
}

int
category_change(const char *id, struct str fields, struct str *json)
{
	return uuid_valid(id) ? write_category(id, fields, json) : E_NOT_FOUND;
}

static struct pg_stmt delete_row = PG_STMT("delete", "categories", "DELETE FROM categories WHERE id = $1");

/* Foreign keys protect a category that is in use, by deleted products too. */
int
category_delete(const char *id)
{
	struct pg_rows r;
	int rc;

	if (!uuid_valid(id))
		return E_NOT_FOUND;
	if ((rc = pg_query(pg_shared(), &r, &delete_row, pg_text(id))) < 0)
		return rc == E_VALIDATION ? E_IN_USE : rc;
	return r.affected > 0 ? 0 : E_NOT_FOUND;
}
