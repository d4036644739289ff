/* param_object.h -- the JSON Schema of the object that a parameter table binds from a body or an event. Pure. */
#ifndef BASE_PARAM_OBJECT_H
#define BASE_PARAM_OBJECT_H

#include "param.h"

/* Appends the schema of the FROM_JSON rows; "options.limit" becomes a member of the object `options`. */
void	 param_object_schema(struct buf *out, const struct param *params);

#endif
