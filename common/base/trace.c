/* trace.c -- ids and sampling of traces. See trace.h. */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#include "str.h"

enum { PAGE_BYTES = 1024, SECOND_MS = 1000, SPAN_AT = 36, FLAGS_AT = 53, ID_AT = 3 };

static struct {
	uint64_t	 left;		/* requests until the next that is recorded; 0: never */
	uint64_t	 gap_max;	/* the next gap is 1 to this */
	bool		 on;
	int64_t		 per_s, second_ms, begun;	/* begun in the second since second_ms */
} sampler;

static void
random_id(uint8_t *out, size_t n)
{
	static uint8_t page[PAGE_BYTES];
	static size_t left;

	if (left < n) {
		random_bytes(page, sizeof(page));
		left = sizeof(page);
	}
	left -= n;
	memcpy(out, page + left, n);
	out[0] |= 1;		/* all zero is no id */
}

static bool
all_zero(const char *p, size_t n)
{
	return strspn(p, "0") >= n;
}

bool
trace_parent_ok(const char *v)
{
	static const char hex[] = "0123456789abcdef";

	return strlen(v) == TRACE_PARENT_BYTES - 1 && strspn(v, hex) == 2 && v[2] == '-' &&
	    strspn(v + ID_AT, hex) == 32 && v[35] == '-' && strspn(v + SPAN_AT, hex) == 16 && v[52] == '-' &&
	    strspn(v + FLAGS_AT, hex) == 2 && memcmp(v, "ff", 2) != 0 && !all_zero(v + ID_AT, 32) &&
	    !all_zero(v + SPAN_AT, 16);
}

static unsigned
hex_digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
}

static void
read_hex(uint8_t *out, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = (uint8_t)(hex_digit(p[2 * i]) << 4 | hex_digit(p[2 * i + 1]));
}

char *
trace_hex(char *out, const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = hex[p[i] >> 4];
		out[2 * i + 1] = hex[p[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

static bool
is_sampled(const char *traceparent)
{
	return hex_digit(traceparent[FLAGS_AT + 1]) & 1;
}

bool
trace_ratio_parse(const char *text, double *ratio)
{
	char *end;

	*ratio = -1;
	if (strcmp(text, "off") == 0)
		return true;
	if (*text == '\0' || strspn(text, "0123456789.") != strlen(text))
		return false;
	*ratio = strtod(text, &end);
	return *end == '\0' && *ratio >= 0 && *ratio <= 1;
}

/* The gaps are even chances around 1/ratio, so that requests in step with each other are not all, or never, taken. */
static uint64_t
next_gap(void)
{
	uint64_t r;

	if (sampler.gap_max <= 1)
		return sampler.gap_max;
	random_id((uint8_t *)&r, sizeof(r));
	return 1 + (r >> 8) % sampler.gap_max;
}

void
trace_sampling(double ratio, int64_t per_s)
{
	sampler.on = ratio >= 0;
	sampler.gap_max = ratio > 0 ? (uint64_t)(2 / ratio - 1 + 0.5) : 0;
	sampler.per_s = per_s;
	sampler.left = next_gap();
}

static bool
within_rate(void)
{
	int64_t now_ms;

	if (sampler.per_s == 0)
		return true;
	now_ms = mono_ms();
	if (now_ms - sampler.second_ms >= SECOND_MS) {
		sampler.second_ms = now_ms;
		sampler.begun = 0;
	}
	return sampler.begun++ < sampler.per_s;
}

bool
trace_sample(const char *traceparent)
{
	if (traceparent != NULL)
		return sampler.on && is_sampled(traceparent) && within_rate();
	if (--sampler.left != 0)	/* from 0 it wraps, and is never 0 again */
		return false;
	sampler.left = next_gap();
	return within_rate();
}

static void
begin_span(struct trace *t)
{
	char id[TRACE_ID_CHARS + 1], span[2 * TRACE_SPAN_BYTES + 1];

	random_id(t->span, sizeof(t->span));
	trace_hex(id, t->id, sizeof(t->id));
	trace_hex(span, t->span, sizeof(t->span));
	memcpy(t->text, "00-", ID_AT);
	memcpy(t->text + ID_AT, id, TRACE_ID_CHARS);
	t->text[SPAN_AT - 1] = '-';
	memcpy(t->text + SPAN_AT, span, 2 * TRACE_SPAN_BYTES);
	memcpy(t->text + FLAGS_AT - 1, "-01", sizeof("-01"));
}

void
trace_begin(struct trace *t, const char *traceparent)
{
	memset(t->parent, 0, sizeof(t->parent));
	if (traceparent == NULL) {
		random_id(t->id, sizeof(t->id));
	} else {
		read_hex(t->id, traceparent + ID_AT, sizeof(t->id));
		read_hex(t->parent, traceparent + SPAN_AT, sizeof(t->parent));
	}
	begin_span(t);
}

bool
trace_join(struct trace *t, const char *traceparent)
{
	if (traceparent == NULL || !sampler.on || !trace_parent_ok(traceparent) || !is_sampled(traceparent))
		return false;
	trace_begin(t, traceparent);
	return true;
}

void
trace_child(struct trace *t, const struct trace *above)
{
	memcpy(t->id, above->id, sizeof(t->id));
	memcpy(t->parent, above->span, sizeof(t->parent));
	begin_span(t);
}

struct trace *
trace_copy(const struct trace *t)
{
	struct trace *copy;

	if (t == NULL)
		return NULL;
	if ((copy = malloc(sizeof(*copy))) == NULL)
		abort();
	*copy = *t;
	return copy;
}
