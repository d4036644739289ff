/* doctor_report.c -- what a probe tells its parent, a line of JSON each. See doctor.h. */
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/conf.h"
#include "doctor.h"

#define PAGE "etc/doc/failures.md#"

enum { LATENCY_HIGH_MS = 1000 };

const char *const severity_names[SEVERITIES] = { "none", "note", "warning", "failure" };

static void
tell(struct doctor *d, const char *what, struct str json)
{
	d->tell(d, json_obj(&d->mem, JR(what, json)));
}

/* As the site that shows the page makes it: lower case, hyphens for spaces. */
static const char *
link_to(struct arena *mem, const char *heading)
{
	char *link = arena_printf(mem, PAGE "%s", heading), *p;

	for (p = link + strlen(PAGE); *p != '\0'; p++)
		*p = *p == ' ' ? '-' : *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
	return link;
}

static enum severity
severity_of(const struct check *c, double value)
{
	enum severity s = value >= c->fail ? SEVERITY_FAILURE : value >= c->warn ? SEVERITY_WARNING : SEVERITY_NONE;

	return c->strict && !conf.strict && s > SEVERITY_NOTE ? SEVERITY_NOTE : s;
}

static void
tell_finding(struct doctor *d, const struct check *c, enum severity s, const char *detail)
{
	static const char *const kinds[] = { [OF_STATE] = "state", [OF_SPEED] = "speed", [OF_CACHE] = "cache" };

	tell(d, "finding", json_obj(&d->mem, JS("check", c->name), JS("severity", severity_names[s]),
	    JS("message", detail == NULL ? c->message : arena_printf(&d->mem, "%s: %s", c->message, detail)),
	    JS("advice", c->advice), JS("heading", c->heading), JS("see", link_to(&d->mem, c->heading)),
	    JS("kind", kinds[c->kind])));
}

void
doctor_judge(struct doctor *d, const struct check *c, double value, const char *detail)
{
	enum severity s = severity_of(c, value);

	if (s != SEVERITY_NONE)
		tell_finding(d, c, s, detail);
}

double
doctor_round(double x)
{
	return round(x * 100) / 100;
}

static struct str
texts_json(struct doctor *d, const char *const *v)
{
	struct buf b = { 0 };
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; v[i] != NULL; i++) {
		if (i > 0)
			buf_byte(&b, ',');
		json_put_str(&b, v[i], strlen(v[i]));
	}
	buf_byte(&b, ']');
	return buf_to_arena(&d->mem, &b);
}

static const char *
join(struct arena *mem, const char *const *v)
{
	const char *all = *v;

	while (*++v != NULL)
		all = arena_printf(mem, "%s\n%s", all, *v);
	return all;
}

void
doctor_connection(struct doctor *d, double latency_ms, const char *error)
{
	static const char *const slow[] = { "High latency detected", "Check network connection",
	    "Consider using connection pooling", NULL }, *const none[] = { NULL };
	const char *const *v = error != NULL ? doctor_suggestions(error) : latency_ms > LATENCY_HIGH_MS ? slow : none;
	const struct probe *p = d->probe;
	struct check c = { .name = arena_printf(&d->mem, "%s.connection", p->name), .heading = p->heading };

	tell(d, "connection", json_obj(&d->mem, JS("store", p->name), JB("connected", error == NULL),
	    JIF(latency_ms >= 0, JD("latency", doctor_round(latency_ms))),
	    JIF(latency_ms < 0, JR("latency", STR("null"))), JS("error", error),
	    JR("suggestions", texts_json(d, v))));
	if (*v == NULL)
		return;
	c.advice = join(&d->mem, error != NULL ? v : v + 1);
	c.message = error != NULL ? p->away : v[0];
	c.kind = error != NULL ? OF_STATE : OF_SPEED;
	tell_finding(d, &c, error != NULL ? p->severity : SEVERITY_WARNING,
	    error != NULL ? error : arena_printf(&d->mem, "%s answers after %.0f ms", p->name, latency_ms));
}

void
doctor_figure(struct doctor *d, const char *area, const char *name, struct str json)
{
	tell(d, "figure", json_obj(&d->mem, JS("area", area), JS("name", name), JR("value", json)));
}
