/* category.h -- the tree of product categories. Admins write it, every client reads it.
 *
 * As JSON: {id,name,parentId,position,depth,path}; depth 0 is a root, path the names from the root down. Names are
 * unique among siblings, ignoring case.
 */
#ifndef CATALOG_CATEGORY_H
#define CATALOG_CATEGORY_H

#include "base/json.h"

enum { CATEGORY_NAME_MAX = 100 };

/* All yield; errors as pg_query, and those named. `fields` is a JSON object of name, parentId (null: a root), position.
 */
/* The whole tree: parents before their children, siblings by position and name. */
int	 category_list(struct str *list);
/* E_CONFLICT (a sibling has the name), E_VALIDATION (no such parent, or deeper than CATEGORY_DEPTH_MAX). */
int	 category_create(struct str fields, struct str *json);
/* As category_create, and E_NOT_FOUND; E_VALIDATION also for a parent below the category itself. */
int	 category_change(const char *id, struct str fields, struct str *json);
/* E_NOT_FOUND; E_IN_USE while it has categories or products. */
int	 category_delete(const char *id);

#endif
