/* encode.c -- events as frames. See encode.h. */
#include "encode.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/json.h"
#include "frame.h"
#include "packet.h"

enum { SCRATCH_KEPT_BYTES = 1 << 16 };

const struct offset no_offset;

static struct buf scratch;	/* the text of the packet being made */

static enum dialect
dialect_of(int coding)
{
	return (enum dialect)(coding % CODING_EXACT / 2);
}

static void
put_scratch(struct buf *out, int coding)
{
	frame_put_packed(out, FRAME_TEXT, scratch.p, scratch.n, coding % 2 ? (size_t)conf.ws_deflate_min : 0);
	if (scratch.cap > SCRATCH_KEPT_BYTES)
		buf_fini(&scratch);
	else
		buf_reset(&scratch);
}

const char *
dialect_namespace(enum dialect d)
{
	static const char *const names[] = { "/", "/chat", "/streaming", "/custom" };

	return names[d];
}

/* "<seq>", "<seq>:<index>" or "<seq>a". */
static void
put_offset(struct buf *out, const struct offset *o)
{
	buf_printf(out, "%lld", (long long)o->seq);
	if (o->index > 0)
		buf_printf(out, ":%u", o->index);
	if (o->half)
		buf_byte(out, 'a');
}

bool
offset_parse(const char *text, struct offset *out)
{
	char *end;

	*out = (struct offset){ 0 };
	if (*text < '0' || *text > '9' || strlen(text) > 30)
		return false;
	out->seq = strtoll(text, &end, 10);
	if (*end == ':' && end[1] >= '0' && end[1] <= '9')
		out->index = (uint32_t)strtoul(end + 1, &end, 10);
	else if (*end == 'a')
		out->half = *end++ == 'a';
	return *end == '\0';
}

static void
put_emit(struct buf *out, int coding, int64_t ack, struct str event, struct str payload, const struct offset *o)
{
	buf_byte(&scratch, '4');
	packet_head(&scratch, PACKET_EVENT, 0, dialect_namespace(dialect_of(coding)), ack);
	buf_byte(&scratch, '[');
	json_put_str(&scratch, event.p, event.n);
	buf_byte(&scratch, ',');
	buf_add(&scratch, payload.p, payload.n);
	if (coding < CODING_EXACT && (o->seq > 0 || o->index > 0)) {
		buf_str(&scratch, ",\"");
		put_offset(&scratch, o);
		buf_byte(&scratch, '"');
	}
	buf_byte(&scratch, ']');
	put_scratch(out, coding);
}

void
encode_emit(struct buf *out, int coding, int64_t ack, struct str event, struct str payload)
{
	put_emit(out, coding, ack, event, payload, &no_offset);
}

/* The payload's members behind the type; before it where the payload has a type of its own, so that the event's name is
 * the one that a reader sees. */
static void
encode_plain(struct buf *out, int coding, const struct room_event *e)
{
	struct str body = e->payload;
	bool is_object = body.n > 2 && body.p[0] == '{';
	bool has_type = is_object && memmem(body.p, body.n, "\"type\"", 6) != NULL;

	if (has_type)
		buf_add(&scratch, body.p, body.n - 1);
	buf_str(&scratch, has_type ? ",\"type\":" : "{\"type\":");
	json_put_str(&scratch, e->event.p, e->event.n);
	if (!is_object && body.n != 2) {
		buf_str(&scratch, ",\"data\":");
		buf_add(&scratch, body.p, body.n);
	} else if (is_object && !has_type) {
		buf_byte(&scratch, ',');
		buf_add(&scratch, body.p + 1, body.n - 2);
	}
	buf_byte(&scratch, '}');
	put_scratch(out, coding);
}

void
encode_event(struct buf *out, int coding, const struct room_event *e, const struct offset *o)
{
	bool twice = e->alias.p != NULL && conf.ws_legacy_events;
	struct offset first = { .seq = o->index == 0 ? o->seq : 0, .half = true };

	if (dialect_of(coding) == DIALECT_PLAIN) {
		encode_plain(out, coding, e);
		return;
	}
	put_emit(out, coding, -1, e->event, e->payload, twice ? &first : o);
	if (twice)
		put_emit(out, coding, -1, e->alias, e->payload, o);
}
