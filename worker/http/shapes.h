/* shapes.h -- the named shapes of answers, the document's components; the rows are in shapes.def. */
#ifndef HTTP_SHAPES_H
#define HTTP_SHAPES_H

#include "base/shape.h"

/* Ends with a NULL name. */
extern const struct shape_name shapes[];

#endif
