/* category.h -- the tree of categories that products are sorted into. Admins write it, everybody reads it.
 *
 * As JSON: {id,name,parentId,position,depth,path}; depth 0 is a root, path the names from the root down. No two
 * children of one parent have the same name, whatever the case.
 */
#ifndef CATALOG_CATEGORY_H
#define CATALOG_CATEGORY_H

#include "base/json.h"

enum { CATEGORY_NAME_MAX = 100 };

/* All yield; errors as pg_query, and those named. `fields` is a JSON object of name, parentId (null: a root), position.
 */
/* The whole tree, parents before their children, siblings by position and name. */
int	 category_list(struct str *list);
/* E_CONFLICT (the name is taken there), E_VALIDATION (no such parent, or below CATEGORY_DEPTH_MAX). */
int	 category_create(struct str fields, struct str *json);
/* Likewise, and E_NOT_FOUND; E_VALIDATION also for a parent that lies below it. */
int	 category_change(const char *id, struct str fields, struct str *json);
/* E_NOT_FOUND; E_IN_USE while it has categories or products. */
int	 category_delete(const char *id);

#endif
