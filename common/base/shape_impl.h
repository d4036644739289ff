/* shape_impl.h -- a parsed shape, for shape.c and shape_put.c alone. */
#ifndef BASE_SHAPE_IMPL_H
#define BASE_SHAPE_IMPL_H

#include <stdbool.h>

#include "shape.h"

enum shape_kind { SHAPE_PLAIN, SHAPE_TEXT, SHAPE_RANGE, SHAPE_LIST, SHAPE_OBJECT, SHAPE_UNION, SHAPE_NAMED };

struct shape {
	enum shape_kind		 kind;
	const struct shape_type	*type;		/* of SHAPE_PLAIN and SHAPE_RANGE */
	struct str		 text;		/* of SHAPE_TEXT and SHAPE_NAMED; the lower bound of SHAPE_RANGE */
	struct str		 most;		/* the upper bound */
	struct str		 help;		/* a description; p NULL: none */
	struct str		 example;	/* JSON; p NULL: none of its own */
	struct shape		*inner;		/* items, members, alternatives, or what the name stands for */
	struct shape		*next;		/* beside it */
	struct str		 name;		/* of a member; "*": any name */
	bool			 optional;
	bool			 open;		/* an object that may have other members */
};

/* A word of the notation. */
struct shape_type {
	const char	*word, *schema, *example;
};

#endif
