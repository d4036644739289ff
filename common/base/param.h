/* param.h -- what a handler takes, as a table: the same rows bind HTTP input, socket events and Kafka messages.
 *
 * A table binds and validates path segments, query values and JSON members into the handler's own struct, lists every
 * fault, and is what /openapi.json and the docs are generated from. Unknown members are ignored.
 */
#ifndef BASE_PARAM_H
#define BASE_PARAM_H

#include "json.h"
#include "signup.h"

enum param_from { FROM_PATH, FROM_QUERY, FROM_JSON };
enum param_kind {
	PARAM_ID,	/* const char *: 1 to 255 characters, none of them a control character or a space at an end */
	PARAM_STR,	/* const char *: min to max characters (code points) */
	PARAM_PICK,	/* const char *: one of choices */
	PARAM_EMAIL,	/* const char *: an e-mail address, as given (base/signup.h makes it normal) */
	PARAM_SAME,	/* const char *: the text of another member again, named by `choices` */
	PARAM_PASSWORD,	/* const char *: a new password: min to max characters, of every kind */
	PARAM_URL,	/* const char *: http or https, at most max characters */
	PARAM_TIME,	/* const char *: ISO 8601 date or time */
	PARAM_INT,	/* int64_t: min to max */
	PARAM_NUM,	/* double: min to max */
	PARAM_BOOL,	/* bool */
	PARAM_IDS,	/* struct strs: min to max ids */
	PARAM_STRS,	/* struct strs: min to max strings of 1 to 255 characters */
	PARAM_OBJ,	/* const struct json *: any object */
	PARAM_ANY,	/* const struct json *: any value but null */
};

/* Several strings, in the arena of the unit of work. */
struct strs {
	const char	**v;
	size_t		  n;
};
/* ["…", …] in `mem`. */
struct str strs_json(struct arena *mem, struct strs list);

struct param {
	const char	*name;	/* as clients write it; NULL ends the table. "options.limit" reaches into an object */
	enum param_from	 from;
	enum param_kind	 kind;
	size_t		 offset;	/* in the handler's struct */
	bool		 required;
	int64_t		 min, max;
	const char	*def;		/* default of an optional one, as text; NULL: zero */
	const char	*choices;	/* "a|b|c"; of PARAM_SAME: the other member */
};

#define PARAM_TYPED(T, f, t)	(offsetof(T, f) + 0 * sizeof((t *)0 == &((T *)0)->f))
#define REQUIRED true
#define OPTIONAL false
/* Rows: source, the handler's struct and its field, the client's name, REQUIRED or OPTIONAL, bounds, default. */
#define P_ID(from, T, f, name, req)		{ name, from, PARAM_ID, PARAM_TYPED(T, f, const char *), req, 1, 255, \
	NULL, NULL }
#define P_STR(from, T, f, name, req, min, max)	{ name, from, PARAM_STR, PARAM_TYPED(T, f, const char *), req, min, \
	max, NULL, NULL }
#define P_PICK(from, T, f, name, req, choices, def) \
	{ name, from, PARAM_PICK, PARAM_TYPED(T, f, const char *), req, 0, 0, def, choices }
#define P_EMAIL(from, T, f, name, req)		{ name, from, PARAM_EMAIL, PARAM_TYPED(T, f, const char *), req, 3, \
	EMAIL_BYTES_MAX, NULL, NULL }
#define P_PASSWORD(from, T, f, name, req) \
	{ name, from, PARAM_PASSWORD, PARAM_TYPED(T, f, const char *), req, PASSWORD_MIN, PASSWORD_MAX, NULL, NULL }
#define P_SAME(from, T, f, name, req, other) \
	{ name, from, PARAM_SAME, PARAM_TYPED(T, f, const char *), req, 1, PASSWORD_MAX, NULL, other }
#define P_URL(from, T, f, name, req, max)	{ name, from, PARAM_URL, PARAM_TYPED(T, f, const char *), req, 1, max, \
	NULL, NULL }
#define P_TIME(from, T, f, name, req)		{ name, from, PARAM_TIME, PARAM_TYPED(T, f, const char *), req, 10, \
	40, NULL, NULL }
#define P_INT(from, T, f, name, req, min, max, def) \
	{ name, from, PARAM_INT, PARAM_TYPED(T, f, int64_t), req, min, max, def, NULL }
/* Of a list: how many items a page has, and where it goes on, in the fields `limit` and `cursor`. */
#define P_PAGE(T, most, usual) \
	P_INT(FROM_QUERY, T, limit, "limit", OPTIONAL, 1, most, usual), \
	    P_STR(FROM_QUERY, T, cursor, "cursor", OPTIONAL, 1, 512)
#define P_NUM(from, T, f, name, req, min, max)	{ name, from, PARAM_NUM, PARAM_TYPED(T, f, double), req, min, max, \
	NULL, NULL }
#define P_BOOL(from, T, f, name, req, def)	{ name, from, PARAM_BOOL, PARAM_TYPED(T, f, bool), req, 0, 0, def, \
	NULL }
#define P_IDS(from, T, f, name, req, min, max)	{ name, from, PARAM_IDS, PARAM_TYPED(T, f, struct strs), req, min, \
	max, NULL, NULL }
#define P_STRS(from, T, f, name, req, min, max)	{ name, from, PARAM_STRS, PARAM_TYPED(T, f, struct strs), req, min, \
	max, NULL, NULL }
#define P_OBJ(from, T, f, name, req)		{ name, from, PARAM_OBJ, PARAM_TYPED(T, f, const struct json *), req, \
	0, 0, NULL, NULL }
#define P_ANY(from, T, f, name, req)		{ name, from, PARAM_ANY, PARAM_TYPED(T, f, const struct json *), req, \
	0, 0, NULL, NULL }
#define PARAM_END				{ .name = NULL }

/* Where the values are. Path and query values are NUL-terminated and decoded. */
struct pair {
	const char	*name, *value;
};
struct param_input {
	const struct pair	*path, *query;
	size_t			 n_path, n_query;
	const struct json	*body;		/* NULL: none */
};

/* Why a value was refused; the text is made when the answer is, in the reader's language. */
enum param_reason { REASON_REQUIRED, REASON_TYPE, REASON_LENGTH, REASON_RANGE, REASON_COUNT, REASON_CHOICE, REASON_URL,
	REASON_TIME, REASON_CHARS, REASON_EMAIL, REASON_PASSWORD, REASON_MATCH, REASON_SCHEDULE,
	REASON_ORDER, REASON_CURSOR, REASON_UUID };
struct param_fault {
	const char		*field;
	enum param_reason	 reason;
	const struct param	*row;
};
#define PARAM_FAULTS_MAX 32
struct param_faults {
	struct param_fault	 v[PARAM_FAULTS_MAX];
	int			 n;
};

/* Bind the rows into `out` (zeroed, of the handler's type); strings live in `mem` or in the input.
 * 0, or E_VALIDATION with every fault (the first PARAM_FAULTS_MAX). */
int	 param_bind(struct arena *mem, const struct param *rows, const struct param_input *in, void *out,
	    struct param_faults *faults);
/* [{"field":…,"reason":…}, …] in Korean or English. */
struct str param_faults_json(struct arena *mem, const struct param_faults *f, bool english);
/* "field: reason; field: reason" in Korean or English, for reports and logs. */
const char *param_faults_text(struct arena *mem, const struct param_faults *f, bool english);
/* The JSON Schema of one row ({"type":"string","minLength":1,…}) appended to `out`. */
void	 param_schema(struct buf *out, const struct param *row);

#endif
