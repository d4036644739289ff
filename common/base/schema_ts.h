/* schema_ts.h -- a JSON Schema as a TypeScript type. Pure. */
#ifndef BASE_SCHEMA_TS_H
#define BASE_SCHEMA_TS_H

#include "json.h"

/* Appends the type, its objects a member a line at `depth` tabs. References to "#/components/schemas/NAME" become NAME;
 * bounds and formats are lost; what it does not know becomes `unknown`. Members that an object may have besides are not
 * mentioned: with them, the compiler would accept a misspelt one. */
void	 schema_ts(struct buf *out, const struct json *schema, int depth);
/* Appends text in a comment above what follows; nothing when `text` is NULL. */
void	 schema_ts_comment(struct buf *out, const char *text, int depth);

#endif
