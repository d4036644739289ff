/* product_list.c -- reads one product, or pages of them. See product.h. Yields: all.
 *
 * Keyset pagination: a page begins behind the sort key and id of the previous page's last row. A page costs its own
 * rows only, and concurrent inserts or deletes do not shift it. The cursor is "<sort>:<key>:<id>".
 */
#include "product.h"

#include "base/err.h"
#include "base/user_id.h"
#include "search_words.h"
#include "worker/domain/core/sort_cursor.h"

#define IN_SHOP "p.seller_id IS NOT NULL AND p.deleted_at IS NULL"

static struct pg_stmt find_one = PG_STMT("select", "products",
    "SELECT product_doc(p)::text, version, revision FROM products p WHERE id = $1 AND " IN_SHOP);
enum { DOC, VERSION, REVISION };

int
product_get(const char *id, struct product *out)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &find_one, pg_text(id))) < 0)
		return rc;
	*out = (struct product){ pg_value(&r, 0, DOC), pg_integer(&r, 0, VERSION), pg_integer(&r, 0, REVISION) };
	return 0;
}

/* $1 pattern, $2 category, $3 seller, $4 $5 price, $6 in stock, $7 limit, $8 key, $9 id, $10 one per line, $11 words.
 * `key` is an integer. A search by words that few products match uses the text index alone and sorts its result; any
 * other page is read in the order of an index. */
#define PAGE_OF(from, where, key, column, after, direction) PG_STMT("select", "products", \
	"WITH RECURSIVE below (id) AS (" \
	"  SELECT $2::uuid UNION ALL SELECT c.id FROM categories c JOIN below b ON c.parent_id = b.id)," \
	from " page AS (" \
	"  SELECT p.id, " key " AS k" \
	"  FROM " where IN_SHOP \
	"    AND ($2::text IS NULL OR p.category_id IN (SELECT id FROM below))" \
	"    AND ($3::text IS NULL OR p.seller_id = $3) AND p.price BETWEEN $4::bigint AND $5::bigint" \
	"    AND (NOT $6::boolean OR p.stock > 0)" \
	"    AND ($8::bigint IS NULL OR (" column ", p.id) " after ")" \
	"  ORDER BY " column " " direction ", p.id " direction " LIMIT $7)," \
	" docs AS (" \
	"  SELECT product_doc(p)::text AS doc, k, p.id, row_number() OVER (ORDER BY k " direction ", p.id " direction ") AS n" \
	"  FROM page q JOIN products p USING (id))" \
	" SELECT CASE WHEN $10::boolean THEN coalesce(string_agg(doc || E'\\n', '' ORDER BY n), '')" \
	"     ELSE '[' || coalesce(string_agg(doc, ',' ORDER BY n), '') || ']' END," \
	"   count(*), (array_agg(k ORDER BY n DESC))[1], (array_agg(id ORDER BY n DESC))[1]" \
	" FROM docs")
enum { PAGE_LIST, PAGE_COUNT, LAST_KEY, LAST_ID };
#define PAGE(key, column, after, direction) \
	PAGE_OF("", "products p WHERE $1::text IS NULL AND $11::text IS NULL AND ", key, column, after, direction)
#define FOUND(key, column, after, direction) PAGE_OF( \
	" found AS MATERIALIZED (" \
	"  SELECT id, created_at, price, sold, stock, category_id, seller_id, deleted_at" \
	"  FROM products" \
	"  WHERE " SEARCH_INDEX("$11") " AND " SEARCH_MATCH("$1") "),", "found p WHERE ", key, column, after, direction)
#define COMMON(key, column, after, direction) PAGE_OF("", \
	"products p WHERE " SEARCH_MATCH("$1") " AND $11::text IS NOT NULL AND ", key, column, after, direction)
#define ALL(key, column, after, direction) PAGE(key, column, after, direction), \
	FOUND(key, column, after, direction), COMMON(key, column, after, direction)
#define MICROSECONDS "(extract(epoch FROM p.created_at) * 1000000)::bigint"
#define AS_TIME "('epoch'::timestamptz + $8::bigint * interval '1 microsecond', $9)"

static struct {
	const char	*name;
	struct pg_stmt	 page, found, common;	/* without words, with rare and with common ones */
} sorts[] = {
	{ "newest", ALL(MICROSECONDS, "p.created_at", "< " AS_TIME, "DESC") },
	{ "oldest", ALL(MICROSECONDS, "p.created_at", "> " AS_TIME, "ASC") },
	{ "price_asc", ALL("p.price", "p.price", "> ($8, $9)", "ASC") },
	{ "price_desc", ALL("p.price", "p.price", "< ($8, $9)", "DESC") },
	{ "popular", ALL("p.sold", "p.sold", "< ($8, $9)", "DESC") },
};

/* The key and the id in a cursor of this sort, into `mem`. False: malformed. */
static bool
parse_cursor(struct arena *mem, const char *cursor, const char *sort, const char **key, const char **id)
{
	int64_t v;

	return sort_cursor_split(mem, cursor, sort, key, id) &&
	    parse_int(*key, 0, INT64_C(4000000000000000), &v);	/* microseconds until 2096 */
}

int
product_list(struct arena *mem, const struct product_filter *f, bool lines, struct str *list, const char **next)
{
	const char *key = NULL, *id = NULL, *words = search_normal(mem, f->q != NULL ? f->q : "");
	bool some = *words != '\0', common = false;
	struct pg_rows r;
	size_t i;
	int rc;

	for (i = 0; i < NELEM(sorts) - 1 && strcmp(sorts[i].name, f->sort) != 0; i++)
		;
	if ((f->cursor != NULL && !parse_cursor(mem, f->cursor, sorts[i].name, &key, &id)) ||
	    (f->category != NULL && !uuid_valid(f->category)) || (f->seller != NULL && !user_id_valid(f->seller)))
		return E_VALIDATION;
	if (some && (rc = search_common(words, &common)) < 0)
		return rc;
	rc = pg_query(pg_shared(), &r, common ? &sorts[i].common : some ? &sorts[i].found : &sorts[i].page,
	    pg_text(some ? search_pattern(mem, words) : NULL), pg_text(f->category), pg_text(f->seller),
	    pg_int(f->price_min), pg_int(f->price_max), pg_bool(f->in_stock), pg_int(f->limit), pg_text(key),
	    pg_text(id), pg_bool(lines), pg_text(some ? words : NULL));
	if (rc < 0)
		return rc;
	*list = pg_value(&r, 0, PAGE_LIST);
	*next = pg_integer(&r, 0, PAGE_COUNT) < f->limit
	    ? NULL : arena_printf(mem, "%s:%lld:%s", sorts[i].name, (long long)pg_integer(&r, 0, LAST_KEY),
	    pg_string(&r, 0, LAST_ID));
	return 0;
}
