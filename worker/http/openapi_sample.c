/* openapi_sample.c -- how to call an operation from a shell and from JavaScript. See openapi_impl.h. */
#include <ctype.h>
#include <string.h>

#include "openapi_impl.h"

#define SERVER "http://localhost:3001"

/* The address, with the query values that are required. */
static void
put_address(struct buf *out, const struct endpoint *e)
{
	const struct param *p;
	char mark = '?';

	buf_str(out, SERVER);
	buf_str(out, e->route->path);
	for (p = e->route->params; p != NULL && p->name != NULL; p++)
		if (p->from == FROM_QUERY && p->required) {
			buf_printf(out, "%c%s=%s", mark, p->name, p->def != NULL ? p->def : "1");
			mark = '&';
		}
}

static bool
needs_token(const struct endpoint *e)
{
	return e->route->auth != AUTH_NONE && e->route->auth != AUTH_OPTIONAL;
}

static void
put_curl(struct buf *out, const struct endpoint *e, struct str body)
{
	buf_str(out, "curl ");
	if (e->method != METHOD_GET)
		buf_printf(out, "-X %s ", method_name(e->method));
	buf_byte(out, '\'');
	put_address(out, e);
	buf_byte(out, '\'');
	if (needs_token(e))
		buf_str(out, " \\\n  -H \"Authorization: Bearer $TOKEN\"");
	if (body.n > 0)
		buf_printf(out, " \\\n  -H 'Content-Type: application/json' \\\n  -d '%.*s'", (int)body.n, body.p);
}

static void
put_fetch(struct buf *out, const struct endpoint *e, struct str body)
{
	bool text = islower((unsigned char)*e->route->answer) || strcmp(e->route->answer, "204") == 0;

	buf_str(out, "const answer = await fetch('");
	put_address(out, e);
	buf_printf(out, "', {\n  method: '%s',\n  headers: { 'Accept-Language': 'ko'", method_name(e->method));
	if (needs_token(e))
		buf_str(out, ", Authorization: `Bearer ${token}`");
	if (body.n > 0)
		buf_printf(out, ", 'Content-Type': 'application/json' },\n  body: JSON.stringify(%.*s),\n", (int)body.n,
		    body.p);
	else
		buf_str(out, " },\n");
	buf_printf(out, "});\nconsole.log(answer.status, await answer.%s());", text ? "text" : "json");
}

static void
put_sample(struct buf *out, const char *language, const char *label, const struct buf *source)
{
	buf_printf(out, "{\"lang\":\"%s\",\"label\":\"%s\",\"source\":", language, label);
	json_put_str(out, source->p, source->n);
	buf_byte(out, '}');
}

void
openapi_put_samples(struct buf *out, const struct endpoint *e)
{
	struct buf body = { 0 }, source = { 0 };
	struct str text;

	openapi_body_example(&body, e);
	text = (struct str){ body.p, body.n };
	buf_str(out, ",\"x-codeSamples\":[");
	put_curl(&source, e, text);
	put_sample(out, "Shell", "curl", &source);
	buf_byte(out, ',');
	buf_reset(&source);
	put_fetch(&source, e, text);
	put_sample(out, "JavaScript", "fetch", &source);
	buf_byte(out, ']');
	buf_fini(&source);
	buf_fini(&body);
}
