/* shapes.c -- the named shapes of answers. See shapes.h. */
#include "shapes.h"

#include <stddef.h>

/* The codes of all errors; some rows share one. */
#define X(name, status, code, verdict, ko, en) "|'" code "'"
static const char error_codes[] =
#include "base/err.def"
    ;
#undef X

const struct shape_name shapes[] = {
	{ "ErrorCode", error_codes },
#define SHAPE(name, text) { #name, text },
#include "shapes.def"
#undef SHAPE
	{ NULL, NULL },
};
