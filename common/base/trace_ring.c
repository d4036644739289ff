/* trace_ring.c -- the ring of finished spans. See trace_ring.h. */
#include "trace_ring.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "metric.h"

enum { ERROR_BYTES_MAX = 120, NAME_BYTES_MAX = 160 };

static struct {
	struct trace_record *v;		/* NULL: nothing is recorded */
	size_t		 cap;
	uint64_t	 head, tail[TRACE_READERS];	/* counts since the start */
	uint64_t	 lost[TRACE_READERS];
	bool		 reads[TRACE_READERS];
	void		(*on_record)(void);
} ring;

static const char *const steps[TRACE_STEPS] = {
	[TRACE_HTTP] = "http", [TRACE_SQL] = "sql", [TRACE_OUTBOX] = "outbox", [TRACE_KAFKA] = "kafka",
	[TRACE_EFFECT] = "effect", [TRACE_PUBLISH] = "publish", [TRACE_FANOUT] = "fanout",
	[TRACE_ANALYSIS] = "analysis",
};

const char *
trace_step_name(enum trace_step step)
{
	return steps[step];
}

void
trace_ring_open(size_t capacity, bool store, bool export, void (*on_record)(void))
{
	if (!store && !export)
		return;
	if ((ring.v = calloc(capacity, sizeof(*ring.v))) == NULL)
		abort();
	ring.cap = capacity;
	ring.reads[TRACE_STORE] = store;
	ring.reads[TRACE_EXPORT] = export;
	ring.on_record = on_record;
}

/* Copy into the record's text, at most `max` bytes, cut between characters. */
static const char *
keep_text(struct trace_record *r, const char *p, size_t n, size_t max)
{
	size_t room = sizeof(r->text) - r->n_text - 1;
	char *to = r->text + r->n_text;

	max = max < room ? max : room;
	if (n > max)
		for (n = max; n > 0 && ((unsigned char)p[n] & 0xc0) == 0x80; n--)
			;
	memcpy(to, p, n);
	to[n] = '\0';
	r->n_text += n + (r->n_text + n + 1 < sizeof(r->text));
	return to;
}

static void
keep_field(struct trace_record *r, const struct json_field *f)
{
	struct json_field *to = &r->fields[r->n_fields];

	if (f->kind == FIELD_SKIP || r->n_fields == TRACE_FIELDS_MAX || (f->kind == FIELD_STR && f->v.s.p == NULL))
		return;
	*to = *f;
	if (f->kind == FIELD_STR || f->kind == FIELD_RAW) {
		to->v.s.p = keep_text(r, f->v.s.p, f->v.s.n, TRACE_TEXT_BYTES);
		to->v.s.n = strlen(to->v.s.p);
	}
	r->n_fields++;
}

/* Microseconds between 1970 and the start of the monotonic clock. */
static int64_t
wall_offset_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 - mono_us();
}

static struct trace_record *
next_record(void)
{
	int i;

	for (i = 0; i < TRACE_READERS; i++)
		if (ring.reads[i] && ring.head - ring.tail[i] == ring.cap) {
			ring.tail[i]++;
			ring.lost[i]++;
			metric_add(M_TRACE_DROPPED, (size_t)i, 1);
		}
	return &ring.v[ring.head++ % ring.cap];
}

void
trace_record_n(const struct trace_span *s, const struct json_field *f, size_t n)
{
	struct trace_record *r;
	size_t i;

	if (ring.v == NULL)
		return;
	r = next_record();
	memcpy(r->id, s->trace->id, sizeof(r->id));
	memcpy(r->span, s->trace->span, sizeof(r->span));
	memcpy(r->parent, s->trace->parent, sizeof(r->parent));
	r->kind = s->kind;
	r->step = s->step;
	r->start_us = s->start_us + wall_offset_us();
	r->duration_us = s->end_us > s->start_us ? s->end_us - s->start_us : 0;
	r->n_fields = r->n_text = 0;
	r->request = s->request != NULL ? keep_text(r, s->request, strlen(s->request), ERROR_BYTES_MAX + 8) : NULL;
	r->name = keep_text(r, s->name, strlen(s->name), NAME_BYTES_MAX);
	r->error = s->error != NULL ? keep_text(r, s->error, strlen(s->error), ERROR_BYTES_MAX) : NULL;
	for (i = 0; i < n; i++)
		keep_field(r, &f[i]);
	metric_add(M_TRACE_SPANS, 0, 1);
	if (ring.on_record != NULL)
		ring.on_record();
}

const struct json_field *
trace_field(const struct trace_record *r, const char *name)
{
	size_t i;

	for (i = 0; i < r->n_fields; i++)
		if (strcmp(r->fields[i].name, name) == 0)
			return &r->fields[i];
	return NULL;
}

size_t
trace_ring_waiting(enum trace_reader reader)
{
	return ring.reads[reader] ? (size_t)(ring.head - ring.tail[reader]) : 0;
}

uint64_t
trace_ring_lost(enum trace_reader reader)
{
	return ring.lost[reader];
}

const struct trace_record *
trace_ring_take(enum trace_reader reader)
{
	return trace_ring_waiting(reader) > 0 ? &ring.v[ring.tail[reader]++ % ring.cap] : NULL;
}
