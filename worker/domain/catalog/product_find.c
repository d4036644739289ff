/* product_find.c -- see product_find.h. */
#include "product_find.h"

#include "base/err.h"
#include "link/pg.h"

static struct pg_stmt find_one = PG_STMT("select", "products",
    "SELECT json_strip_nulls(json_build_object('productName', name, 'newPrice', price))::text"
    " FROM products WHERE id = $1");

int
product_find(struct arena *mem, const char *id, struct str *json)
{
	struct pg_rows r;
	int rc;

	if ((rc = pg_need(pg_shared(), &r, &find_one, pg_text(id))) < 0)
		return rc;
	*json = str_of(arena_copy(mem, pg_value(&r, 0, 0).p, pg_value(&r, 0, 0).n));
	return 0;
}
