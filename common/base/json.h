/* json.h -- JSON in and out.
 *
 * In: json_parse checks the bytes against RFC 8259 (strictly, with a depth limit and valid UTF-8), then builds a
 * read-only tree in the caller's arena. Numbers keep their text: json_text prints them as they were sent. A NUL inside
 * a string (\u0000) is refused: neither C nor PostgreSQL text can hold it.
 * Out: json_obj("id" ...) with typed fields; text that is already JSON is spliced with JR, never parsed again.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"
#include "str.h"

#define JSON_DEPTH_MAX 64	/* default depth limit: arrays and objects within each other */

struct json;			/* one value of a parsed tree; lives in its arena */
enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

/* Check one whole JSON text. 0, or E_UTF8, E_JSON, E_JSON_DEPTH, E_JSON_STRING (well-formed, but a string has NUL or
 * half a surrogate pair) with the offset of the fault in *at (when not NULL). */
int	 json_check(const char *p, size_t n, int depth_max, size_t *at);
/* The same to JSON_DEPTH_MAX; *plain says whether every number is plain (json_number.h). */
int	 json_check_numbers(const char *p, size_t n, bool *plain);
/* Check and parse; *out lives in `mem`. Errors as json_check. */
int	 json_parse(struct arena *mem, const char *p, size_t n, const struct json **out);

enum json_type		 json_type(const struct json *j);
/* A member of an object by its exact name, the first of several; NULL when absent or `j` is no object (or NULL). */
const struct json	*json_get(const struct json *j, const char *name);
/* Walk the values of an array or the members of an object: for (v = json_first(j); v; v = json_next(v)). */
const struct json	*json_first(const struct json *j);
const struct json	*json_next(const struct json *v);
/* Elements or members. */
size_t			 json_count(const struct json *j);
/* The member's name, inside an object. */
const char		*json_name(const struct json *v);
/* The value as C sees it: NULL or the fallback when `j` is NULL or of another type. */
const char		*json_str(const struct json *j);
double			 json_num(const struct json *j, double fallback);
/* True when the number is an integer of at most 2^53, not rounded to one; stored in *out. */
bool			 json_int(const struct json *j, int64_t *out);
bool			 json_bool(const struct json *j, bool fallback);
/* The value as compact JSON text in `mem`: no space between values, every number as it was sent. */
struct str		 json_text(struct arena *mem, const struct json *j);

/* One typed field of an object to write. A NULL string is written as null. */
struct json_field {
	const char	*name;
	enum { FIELD_INT, FIELD_NUM, FIELD_BOOL, FIELD_STR, FIELD_RAW, FIELD_TIME, FIELD_SKIP } kind;
	union {
		int64_t		 i;
		double		 d;
		struct str	 s;
	} v;
};

static inline struct json_field
json_field_str(const char *name, const char *s)
{
	return (struct json_field){ name, FIELD_STR, { .s = str_of(s) } };
}

static inline struct json_field
json_field_raw(const char *name, struct str s)
{
	return (struct json_field){ name, FIELD_RAW, { .s = s } };
}

#define JI(name, x)	((struct json_field){ name, FIELD_INT, { .i = (x) } })		/* integer */
#define JD(name, x)	((struct json_field){ name, FIELD_NUM, { .d = (x) } })		/* real, shortest exact form */
#define JB(name, x)	((struct json_field){ name, FIELD_BOOL, { .i = (x) } })		/* boolean */
#define JS(name, x)	json_field_str(name, x)						/* C string */
#define JN(name, x)	((struct json_field){ name, FIELD_STR, { .s = (x) } })		/* struct str */
#define JR(name, x)	json_field_raw(name, x)						/* struct str of JSON text */
/* ISO 8601 time of ms since 1970 */
#define JT(name, ms)	((struct json_field){ name, FIELD_TIME, { .i = (ms) } })
#define JIF(cond, f)	((cond) ? (f) : (struct json_field){ .kind = FIELD_SKIP })	/* the field only when cond */

/* An object of the fields, as text in `mem`. */
#define json_obj(mem, ...) \
	json_obj_n(mem, (const struct json_field[]){ __VA_ARGS__ }, \
	    sizeof((const struct json_field[]){ __VA_ARGS__ }) / sizeof(struct json_field))
struct str	 json_obj_n(struct arena *mem, const struct json_field *f, size_t n);
/* The same appended to a buffer, with or without the braces. */
void		 json_put_obj(struct buf *b, const struct json_field *f, size_t n);
void		 json_put_fields(struct buf *b, const struct json_field *f, size_t n);
/* Appends, each behind a comma, the members of the object `j` (NULL: none) that no field names and that are not in
 * `but` (ends with NULL; may be NULL), as they were sent. */
void		 json_put_others(struct buf *b, const struct json *j, const struct json_field *f, size_t n,
    const char *const *but);
/* A string as JSON text in `mem`; NULL as null. */
struct str	 json_value(struct arena *mem, const char *s);
/* A quoted and escaped string. */
void		 json_put_str(struct buf *b, const char *p, size_t n);

#endif
