/* event_shape.h -- the shape of what is in an event, in a compact notation, and the JSON Schema that it stands for. Pure.
 *
 *	str int num bool object any null	a value of that type; any: whatever
 *	id time					a string of 1 to 255 characters; a date and time as ISO 8601 has it
 *	0..100  0..100i				a number, an integer, within these bounds
 *	'word' true false			this string, this value
 *	[x]  {a:x, b?:y}  {a:x, ...}  {*:x}	a list; an object, of which b may be absent; one with more members than
 *						are named; one of any names
 *	x|y					one of them
 *	@name					the schema of this name among the document's components
 *	x "text"				described by this text
 */
#ifndef BASE_EVENT_SHAPE_H
#define BASE_EVENT_SHAPE_H

#include <stdbool.h>

#include "buf.h"

enum { EVENT_SHAPE_DEPTH_MAX = 16 };

/* Appends the JSON Schema (2020-12, and draft 7) of the shape. False: it is malformed; `out` then ends anywhere. */
bool	 event_shape_schema(struct buf *out, const char *shape);

#endif
