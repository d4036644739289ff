/* room.c -- the wire form of room events, and their publication. See room.h. */
#include "room.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/json.h"
#include "base/log.h"
#include "base/trace.h"
#include "room_outbox.h"

static bool
is_object(struct str json)
{
	return json.n >= 2 && json.p[0] == '{' && json.p[json.n - 1] == '}';
}

static void
put_payload(struct buf *tail, struct str payload, const char *trace)
{
	size_t n = payload.n - 1;		/* without its brace */

	if (trace == NULL || !is_object(payload)) {
		buf_add(tail, payload.p, payload.n);
		return;
	}
	buf_add(tail, payload.p, n);
	while (strchr(" \t\r\n", payload.p[n - 1]) != NULL)
		n--;
	buf_str(tail, payload.p[n - 1] == '{' ? "\"_trace\":" : ",\"_trace\":");
	json_put_str(tail, trace, strlen(trace));
	buf_byte(tail, '}');
}

static void
put_tail(struct buf *tail, enum room_class class, const char *event, const char *alias, struct str payload,
    const char *trace, const struct trace *span)
{
	buf_printf(tail, "%d %s %s%s%s\n", (int)class, event, alias != NULL ? alias : "-", span != NULL ? " " : "",
	    span != NULL ? span->text : "");
	put_payload(tail, payload, trace);
}

const char *
room_trace(void)
{
	const struct log_work *work = conf.ws_trace ? log_work_now() : NULL;

	return work != NULL ? work->traceparent : NULL;
}

void
room_publish_traced(const char *room, enum room_class class, const char *event, const char *alias, struct str payload,
    bool keep, const char *trace)
{
	struct room_item *i = room_item_new(room, keep ? conf.room_state_ttl : 0);

	if (trace_now() != NULL)
		room_item_trace(i, event);
	put_tail(&i->tail, class, event, alias, payload, trace, i->trace);
	room_outbox_publish(i);
}

void
room_publish(const char *room, enum room_class class, const char *event, const char *alias, struct str payload,
    bool keep)
{
	room_publish_traced(room, class, event, alias, payload, keep, event[0] != ROOM_CONTROL ? room_trace() : NULL);
}

int64_t
room_batch_number(void)
{
	static int64_t last;

	return ++last;
}

int
room_publish_all(const char *room, enum room_class class, const char *event, const struct str *payloads, size_t n,
    int64_t number)
{
	static char publisher[UUID_TEXT_BYTES];
	struct buf list = { 0 }, tail = { 0 };
	size_t i;
	int rc;

	if (*publisher == '\0')
		uuid_text(publisher);
	room_list_begin(&list, n);
	for (i = 0; i < n; i++) {
		buf_reset(&tail);
		put_tail(&tail, class, event, NULL, payloads[i], NULL, NULL);
		room_list_add(&list, room, 0, (struct str){ tail.p, tail.n });
	}
	rc = room_script_run_all(&list, publisher, number);
	buf_fini(&tail);
	buf_fini(&list);
	return rc;
}

struct str
room_gap(struct arena *mem, const char *room, int64_t missed, int64_t from, int64_t to)
{
	return json_obj(mem, JS("room", room), JI("missed", missed), JI("from", from), JI("to", to));
}

/* Take the traceparent behind the alias, which has no space in it, off it. */
static void
split_trace(struct room_event *e)
{
	size_t n = TRACE_PARENT_BYTES - 1;

	if (e->alias.n <= n + 1 || e->alias.p[e->alias.n - n - 1] != ' ')
		return;
	e->alias.n -= n + 1;
	e->trace = (struct str){ e->alias.p + e->alias.n + 1, n };
}

/* The next word of the header line, up to `end`; `stop` must follow it. */
static bool
parse_word(const char **p, const char *end, char stop, struct str *out)
{
	const char *hit = memchr(*p, stop, (size_t)(end - *p));

	if (hit == NULL || hit == *p)
		return false;
	*out = (struct str){ *p, (size_t)(hit - *p) };
	*p = hit + 1;
	return true;
}

bool
room_parse(const char *p, size_t n, struct room_event *out)
{
	const char *end = p + n;
	struct str seq, class;

	if (!parse_word(&p, end, ' ', &seq) || !parse_word(&p, end, ' ', &class) ||
	    !parse_word(&p, end, ' ', &out->event) ||
	    !parse_word(&p, end, '\n', &out->alias) || seq.n > 18 || class.n != 1 || class.p[0] < '0' ||
	    class.p[0] > '2')
		return false;
	out->seq = strtoll(seq.p, NULL, 10);
	out->class = (enum room_class)(class.p[0] - '0');
	out->trace = (struct str){ NULL, 0 };
	split_trace(out);
	if (out->alias.n == 1 && out->alias.p[0] == '-')
		out->alias = (struct str){ NULL, 0 };
	out->payload = (struct str){ p, (size_t)(end - p) };
	return out->seq > 0;
}

bool
room_is_control(const struct room_event *e)
{
	return e->event.n > 0 && e->event.p[0] == ROOM_CONTROL;
}

bool
room_event_ok(const char *event)
{
	static const char *const reserved[] = {
		"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
	};
	size_t i;

	for (i = 0; i < NELEM(reserved); i++)
		if (strcmp(event, reserved[i]) == 0)
			return false;
	for (i = 0; event[i] != '\0'; i++)
		if ((unsigned char)event[i] <= ' ' || event[i] == 0x7f)
			return false;
	return i > 0 && event[0] != ROOM_CONTROL && strcmp(event, "-") != 0;
}

const char *
room_last_key(struct arena *mem, const char *room)
{
	return arena_printf(mem, "room:last:%s", room);
}
