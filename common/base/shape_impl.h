/* shape_impl.h -- a parsed shape, for shape.c and shape_put.c alone. */
#ifndef BASE_SHAPE_IMPL_H
#define BASE_SHAPE_IMPL_H

#include <stdbool.h>

#include "shape.h"

enum shape_kind { SHAPE_PLAIN, SHAPE_TEXT, SHAPE_LIST, SHAPE_OBJECT, SHAPE_UNION, SHAPE_NAMED };

struct shape {
	enum shape_kind		 kind;
	const struct shape_type	*type;		/* of SHAPE_PLAIN */
	struct str		 text;		/* of SHAPE_TEXT and SHAPE_NAMED */
	struct str		 example;	/* JSON; p NULL: none of its own */
	struct shape		*inner;		/* items, members, alternatives, or what the name stands for */
	struct shape		*next;		/* beside it */
	struct str		 name;		/* of a member; "*": any name */
	bool			 optional;
};

/* A word of the notation. */
struct shape_type {
	const char	*word, *schema, *example;
};

#endif
