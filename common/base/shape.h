/* shape.h -- what a JSON value looks like, in one line: answers and events, as JSON Schema and as an example.
 *
 *	{success:true, data:[Product], nextCursor:null|string, ?message:string = "…"}
 *
 *	string int num bool null any object	JSON's types; any takes every value, object every object
 *	time date uuid email id		strings of a format; id: 1 to 255 characters
 *	0..100  0..100i			a number, an integer, within these bounds
 *	true false 'text'		this value alone
 *	[T]  {name:T, ?name:T}  {*:T}	a list; an object, with ? an optional member; an object of any names
 *	{name:T, ...}			an object that may have more members than are named
 *	A|B  |A|B			either
 *	Name  ...Name			a named shape; its members
 *	T "text"			described by this text
 *	T = value			with this JSON value as its example, up to a blank, , } or ] outside of it
 *
 * An example shows the first of alternatives. Nothing here yields. A malformed shape is a bug(): texts are constants.
 */
#ifndef BASE_SHAPE_H
#define BASE_SHAPE_H

#include "arena.h"
#include "buf.h"

/* A named shape; a NULL name ends a table. Shapes must not contain themselves. */
struct shape_name {
	const char	*name, *text;
};

struct shape;

/* Parse the shape at *text into `mem`, and move *text behind it and the blanks that follow. */
struct shape	*shape_parse(struct arena *mem, const struct shape_name *names, const char **text);
/* Append its JSON Schema (2020-12); named shapes as references to `#/components/schemas/`. */
void		 shape_schema(struct buf *out, const struct shape *s);
/* Append an example of it, as JSON. */
void		 shape_example(struct buf *out, const struct shape *s);

#endif
