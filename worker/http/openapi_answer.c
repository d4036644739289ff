/* openapi_answer.c -- the answers of an operation: its row's shapes, and the errors by sets. See openapi_impl.h.
 *
 * A row's answer is "[status] shape or media types … !CODE …": 200 where no status is given, no body where nothing
 * follows it; the codes are those that the columns of the row do not say already.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "openapi_impl.h"
#include "shapes.h"

enum { STATUS_MAX = 600 };

/* The errors of one status that operations share a description of, "#/components/responses/CODE.CODE". */
struct failure {
	struct failure	*next;
	char		*name;
	int		 status;
	struct errors	 errors;
};

/* "application/x-ndjson" at p; 0: a shape is. */
static size_t
media_length(const char *p)
{
	size_t n = strcspn(p, " !");

	return *p != '{' && *p != '[' && memchr(p, '/', n) != NULL ? n : 0;
}

static void
put_json(struct openapi *o, const char **p)
{
	struct shape *s = shape_parse(o->mem, shapes, p);

	buf_str(o->out, "\"application/json\":{\"schema\":");
	shape_schema(o->out, s);
	buf_str(o->out, ",\"example\":");
	shape_example(o->out, s);
	buf_byte(o->out, '}');
}

/* All that a status may be answered with: up to the next status or the errors. */
static void
put_content(struct openapi *o, const char **p)
{
	const char *comma = ",\"content\":{";
	size_t media;

	for (; **p != '\0' && **p != '!' && !isdigit((unsigned char)**p); comma = ",") {
		buf_str(o->out, comma);
		if ((media = media_length(*p)) == 0) {
			put_json(o, p);
			continue;
		}
		buf_printf(o->out, "\"%.*s\":{\"schema\":{\"type\":\"string\"}}", (int)media, *p);
		*p += media;
		*p += strspn(*p, " ");
	}
	buf_str(o->out, comma[1] == '\0' ? "}" : "");
}

/* The successes; returns where the errors begin. */
static const char *
put_successes(struct openapi *o, const char *p)
{
	const char *comma = "";
	char *end;

	while (*p != '\0' && *p != '!') {
		long status = isdigit((unsigned char)*p) ? strtol(p, &end, 10) : 200;

		if (isdigit((unsigned char)*p))
			p = end + strspn(end, " ");
		buf_printf(o->out, "%s\"%ld\":{\"description\":\"%s\"", comma, status,
		    status < 400 ? "Success" : "Not well");
		put_content(o, &p);
		buf_byte(o->out, '}');
		comma = ",";
	}
	return p;
}

/* "CODE.CODE" of the errors with this status, in `mem`. */
static char *
join_codes(struct arena *mem, const struct errors *errors, int status)
{
	char *name = arena_strdup(mem, "");
	const char *last = "";
	int i;

	for (i = 0; i < ERR_COUNT; i++)
		if (errors->may[i] && err_rows[i].status == status && strcmp(last, err_rows[i].code) != 0) {
			last = err_rows[i].code;
			name = arena_printf(mem, "%s%s%s", name, *name != '\0' ? "." : "", last);
		}
	return name;
}

/* The one of this set, which the document then has. */
static const struct failure *
find_failure(struct openapi *o, const struct errors *errors, int status)
{
	char *name = join_codes(o->mem, errors, status);
	struct failure **f;

	for (f = &o->failures; *f != NULL && strcmp((*f)->name, name) != 0; f = &(*f)->next)
		;
	if (*f == NULL) {
		*f = arena_zalloc(o->mem, sizeof(**f));
		**f = (struct failure){ .name = name, .status = status, .errors = *errors };
	}
	return *f;
}

static bool
has_status(const struct errors *errors, int status)
{
	int i;

	for (i = 0; i < ERR_COUNT; i++)
		if (errors->may[i] && err_rows[i].status == status)
			return true;
	return false;
}

/* A status that the route has errors of is described with the common ones of that status too. */
static void
add_common(struct errors *errors, int status)
{
	int i;

	for (i = 0; i < ERR_COUNT; i++)
		if (err_rows[i].status == status && openapi_error_common(i))
			errors->may[i] = true;
}

void
openapi_put_answers(struct openapi *o, const struct endpoint *e)
{
	struct errors errors;
	const char *named;
	int status;

	buf_str(o->out, ",\"responses\":{");
	named = put_successes(o, e->route->answer);
	openapi_errors(e, named, &errors);
	for (status = 400; status < STATUS_MAX; status++) {
		if (!has_status(&errors, status))
			continue;
		add_common(&errors, status);
		buf_printf(o->out, ",\"%d\":{\"$ref\":\"#/components/responses/%s\"}", status,
		    find_failure(o, &errors, status)->name);
	}
	buf_str(o->out, ",\"default\":{\"$ref\":\"#/components/responses/Common\"}}");
}

void
openapi_put_schemas(struct openapi *o)
{
	const struct shape_name *s;

	for (s = shapes; s->name != NULL; s++) {
		const char *text = s->text;

		buf_printf(o->out, "%s\"%s\":", s == shapes ? "" : ",", s->name);
		shape_schema(o->out, shape_parse(o->mem, shapes, &text));
	}
}

/* --- Failures --- */

/* Calls put for the first row of each code in the set. */
static void
each_code(struct buf *out, const struct failure *f, void (*put)(struct buf *out, const struct err_row *e))
{
	const char *comma = "", *last = "";
	int i;

	for (i = 0; i < ERR_COUNT; i++) {
		const struct err_row *e = &err_rows[i];

		if (!f->errors.may[i] || (f->status != 0 && e->status != f->status) || strcmp(last, e->code) == 0)
			continue;
		buf_str(out, comma);
		put(out, e);
		comma = ",";
		last = e->code;
	}
}

static void
put_code(struct buf *out, const struct err_row *e)
{
	buf_printf(out, "\"%s\"", e->code);
}

static void
put_examples(struct buf *out, const struct err_row *e)
{
	static const char ref[] = "{\"$ref\":\"#/components/examples/";

	buf_printf(out, "\"%s.ko\":%s%s.ko\"},\"%s.en\":%s%s.en\"}", e->code, ref, e->code, e->code, ref, e->code);
}

static void
put_failure(struct buf *out, const struct failure *f, const char *description)
{
	buf_printf(out, "\"%s\":{\"description\":\"%s\",\"content\":{\"application/json\":{\"schema\":{\"allOf\":["
	    "{\"$ref\":\"#/components/schemas/Failure\"},"
	    "{\"type\":\"object\",\"properties\":{\"error\":{\"type\":\"object\",\"properties\":{\"code\":{\"enum\":[",
	    f->name, description);
	each_code(out, f, put_code);
	buf_str(out, "]}}}}}]},\"examples\":{");
	each_code(out, f, put_examples);
	buf_str(out, "}},\"application/problem+json\":{\"schema\":{\"$ref\":\"#/components/schemas/Problem\"}}}}");
}

void
openapi_put_failures(struct openapi *o)
{
	struct failure all = { .name = "Common" };
	const struct failure *f;
	int i;

	for (i = 0; i < ERR_COUNT; i++)
		all.errors.may[i] = openapi_error_common(i);
	put_failure(o->out, &all, "What any request may meet. Messages are Korean, or English by Accept-Language");
	for (f = o->failures; f != NULL; f = f->next) {
		buf_byte(o->out, ',');
		put_failure(o->out, f, "Refused; messages are Korean, or English by Accept-Language");
	}
}

static void
put_example(struct buf *out, const struct err_row *e, const char *language, const char *text)
{
	buf_printf(out, "\"%s.%s\":{\"summary\":", e->code, language);
	openapi_text(out, text);
	buf_printf(out, ",\"value\":{\"success\":false,\"error\":{\"code\":\"%s\",\"message\":", e->code);
	openapi_text(out, text);
	buf_str(out, "},\"requestId\":\"6f0c4a52\"}}");
}

static void
put_both_examples(struct buf *out, const struct err_row *e)
{
	put_example(out, e, "ko", e->ko);
	buf_byte(out, ',');
	put_example(out, e, "en", e->en);
}

void
openapi_put_examples(struct openapi *o)
{
	struct failure all = { 0 };
	const struct failure *f;
	int i;

	for (i = 0; i < ERR_COUNT; i++) {
		all.errors.may[i] = openapi_error_common(i);
		for (f = o->failures; f != NULL; f = f->next)
			all.errors.may[i] |= f->errors.may[i] && err_rows[i].status == f->status;
	}
	each_code(o->out, &all, put_both_examples);
}
