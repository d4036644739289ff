/* metric_otlp.c -- see metric_otlp.h. */
#include "metric_otlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "metric.h"
#include "str.h"

enum { NAME_BYTES = 128, HELP_BYTES = 1024, VALUE_BYTES = 32 };

enum shape { SHAPE_GAUGE, SHAPE_SUM, SHAPE_HISTOGRAM, SHAPES };
static const struct {
	const char *type, *member, *properties;
	bool	    cumulative;
} shapes[SHAPES] = {
	[SHAPE_GAUGE] = { "gauge", "gauge", "" },
	[SHAPE_SUM] = { "counter", "sum", "\"aggregationTemporality\":2,\"isMonotonic\":true,", true },
	[SHAPE_HISTOGRAM] = { "histogram", "histogram", "\"aggregationTemporality\":2,", true },
};

/* A line of the text: name{labels} value. */
struct sample { struct str name, labels, value; };

struct converter {
	struct buf	*out;
	int64_t		 start_ms, now_ms;
	char		 name[NAME_BYTES], help[HELP_BYTES];
	enum shape	 shape;
	size_t		 metrics, points;	/* points: of this metric */
	/* The data point of a histogram that is read, bucket by bucket. */
	struct buf	 counts, bounds;
	uint64_t	 below;			/* observations up to the last bucket */
	char		 sum[VALUE_BYTES];
};

static void
copy_text(char *to, size_t room, const char *p, size_t n)
{
	snprintf(to, room, "%.*s", (int)n, p);
}

static bool
starts_with(struct str s, const char *head)
{
	size_t n = strlen(head);

	return s.n >= n && memcmp(s.p, head, n) == 0;
}

static bool
ends_with(struct str s, const char *tail)
{
	size_t n = strlen(tail);

	return s.n >= n && memcmp(s.p + s.n - n, tail, n) == 0;
}

static void
end_metric(struct converter *c)
{
	if (c->points > 0)
		buf_str(c->out, "]}}");
	c->points = 0;
}

static void
begin_point(struct converter *c)
{
	if (c->points++ == 0) {
		buf_printf(c->out, "%s{\"name\":\"%s\",\"description\":", c->metrics++ > 0 ? "," : "", c->name);
		json_put_str(c->out, c->help, strlen(c->help));
		buf_printf(c->out, ",\"%s\":{%s\"dataPoints\":[", shapes[c->shape].member, shapes[c->shape].properties);
	} else {
		buf_byte(c->out, ',');
	}
}

/* Labels are escaped as JSON texts are. `le` belongs to the bucket. */
static void
put_labels(struct converter *c, struct str labels)
{
	const char *p = labels.p, *end = p + labels.n, *eq, *q, *comma = "";

	buf_str(c->out, "{\"attributes\":[");
	while (p < end && (eq = memchr(p, '=', (size_t)(end - p))) != NULL && eq + 1 < end && eq[1] == '"') {
		for (q = eq + 2; q < end && *q != '"'; q += *q == '\\' ? 2 : 1)
			;
		if (q >= end)
			break;
		if (eq - p != 2 || memcmp(p, "le", 2) != 0) {
			buf_printf(c->out, "%s{\"key\":\"%.*s\",\"value\":{\"stringValue\":\"%.*s\"}}", comma,
			    (int)(eq - p), p, (int)(q - eq - 2), eq + 2);
			comma = ",";
		}
		p = q + 1 < end && q[1] == ',' ? q + 2 : end;
	}
	buf_str(c->out, "],");
	if (shapes[c->shape].cumulative)
		buf_printf(c->out, "\"startTimeUnixNano\":\"%lld000000\",", (long long)c->start_ms);
	buf_printf(c->out, "\"timeUnixNano\":\"%lld000000\",", (long long)c->now_ms);
}

/* The bound of a bucket, its last label; empty for +Inf. */
static struct str
find_bound(struct str labels)
{
	const char *value = labels.n > 5 ? memrchr(labels.p, '"', labels.n - 1) : NULL;

	if (value == NULL || value - labels.p < 3 || memcmp(value - 3, "le=", 3) != 0 || value[1] == '+')
		return (struct str){ 0 };
	return (struct str){ value + 1, (size_t)(labels.p + labels.n - 1 - (value + 1)) };
}

static void
add_bucket(struct converter *c, const struct sample *s)
{
	struct str bound = find_bound(s->labels);
	uint64_t upto = strtoull(s->value.p, NULL, 10);

	buf_printf(&c->counts, "%s\"%llu\"", c->counts.n > 0 ? "," : "", (unsigned long long)(upto - c->below));
	c->below = upto;
	if (bound.n > 0)
		buf_printf(&c->bounds, "%s%.*s", c->bounds.n > 0 ? "," : "", (int)bound.n, bound.p);
}

/* _bucket lines, then _sum, then _count. */
static void
read_histogram(struct converter *c, const struct sample *s)
{
	if (ends_with(s->name, "_bucket")) {
		add_bucket(c, s);
	} else if (ends_with(s->name, "_sum")) {
		copy_text(c->sum, sizeof(c->sum), s->value.p, s->value.n);
	} else {
		begin_point(c);
		put_labels(c, s->labels);
		buf_printf(c->out, "\"count\":\"%.*s\",\"sum\":%s,\"bucketCounts\":[", (int)s->value.n, s->value.p,
		    c->sum);
		buf_add(c->out, c->counts.p, c->counts.n);
		buf_str(c->out, "],\"explicitBounds\":[");
		buf_add(c->out, c->bounds.p, c->bounds.n);
		buf_str(c->out, "]}");
		buf_reset(&c->counts);
		buf_reset(&c->bounds);
		c->below = 0;
	}
}

static void
read_number(struct converter *c, const struct sample *s)
{
	begin_point(c);
	put_labels(c, s->labels);
	buf_printf(c->out, "\"asDouble\":%.*s}", (int)s->value.n, s->value.p);
}

/* A finite number, as JSON has them. */
static bool
number_ok(struct str v)
{
	return v.n > 0 && v.n < VALUE_BYTES && strspn(v.p, "0123456789+-.e") >= v.n && v.p[0] != '+' && v.p[0] != '.';
}

static bool
parse_sample(struct str line, struct sample *out)
{
	const char *space = memrchr(line.p, ' ', line.n), *brace = memchr(line.p, '{', line.n), *end;

	if (space == NULL)
		return false;
	out->value = (struct str){ space + 1, line.n - (size_t)(space + 1 - line.p) };
	out->name = (struct str){ line.p, (size_t)(space - line.p) };
	out->labels = (struct str){ 0 };
	if (brace != NULL && brace < space) {
		if ((end = memrchr(brace, '}', (size_t)(space - brace))) == NULL)
			return false;
		out->name.n = (size_t)(brace - line.p);
		out->labels = (struct str){ brace + 1, (size_t)(end - brace - 1) };
	}
	return number_ok(out->value);
}

/* "# HELP name text", "# TYPE name type" */
static void
read_comment(struct converter *c, struct str line)
{
	const char *name = line.p + strlen("# HELP "), *space;
	enum shape s;

	if (line.n <= strlen("# HELP ") || (space = memchr(name, ' ', (size_t)(line.p + line.n - name))) == NULL)
		return;
	if (starts_with(line, "# HELP ")) {
		end_metric(c);
		copy_text(c->name, sizeof(c->name), name, (size_t)(space - name));
		copy_text(c->help, sizeof(c->help), space + 1, (size_t)(line.p + line.n - space - 1));
		return;
	}
	c->shape = SHAPE_GAUGE;
	for (s = 0; s < SHAPES; s++)
		if (strlen(shapes[s].type) == (size_t)(line.p + line.n - space - 1) &&
		    memcmp(shapes[s].type, space + 1, strlen(shapes[s].type)) == 0)
			c->shape = s;
}

size_t
metric_otlp(struct buf *out, const char *text, size_t n, int64_t start_ms, int64_t now_ms)
{
	struct converter c = { .out = out, .start_ms = start_ms, .now_ms = now_ms, .sum = "0" };
	const char *end = text + n, *nl;
	struct sample s;
	struct str line;

	for (; text < end && (nl = memchr(text, '\n', (size_t)(end - text))) != NULL; text = nl + 1) {
		line = (struct str){ text, (size_t)(nl - text) };
		if (line.n > 0 && *line.p == '#')
			read_comment(&c, line);
		else if (parse_sample(line, &s))
			(c.shape == SHAPE_HISTOGRAM ? read_histogram : read_number)(&c, &s);
	}
	end_metric(&c);
	buf_fini(&c.counts);
	buf_fini(&c.bounds);
	return c.metrics;
}
