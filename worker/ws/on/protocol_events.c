/* protocol_events.c -- what the public protocol test suites expect of / and /custom (WS_PROTOCOL_TEST), and how to
 * misbehave for tests. See ws/session/event.h. Yields: ask. */
#include "event_tables.h"

#include "base/err.h"

enum { DEADLINE_MS = 5000, ASK_MS = 2000 };

/* The JSON array of `name` (NULL: none) and these arguments. */
static struct str
array_of(struct arena *mem, const char *name, const struct json *first)
{
	struct buf b = { 0 };
	const struct json *v;
	struct str text;

	buf_byte(&b, '[');
	if (name != NULL)
		json_put_str(&b, name, strlen(name));
	for (v = first; v != NULL; v = json_next(v)) {
		if (b.n > 1)
			buf_byte(&b, ',');
		text = json_text(mem, v);
		buf_add(&b, text.p, text.n);
	}
	buf_byte(&b, ']');
	return buf_to_arena(mem, &b);
}

/* "message" … -- "message-back" with the same arguments. */
static int
echo_message(struct call *c, const void *args)
{
	(void)args;
	sio_send(c->s, PACKET_EVENT, -1, array_of(c->mem, "message-back", c->first), c->blobs);
	return 0;
}

/* "message-with-ack" … -- acknowledged with the same arguments. */
static int
echo_with_ack(struct call *c, const void *args)
{
	(void)args;
	if (c->ack >= 0)
		sio_send(c->s, PACKET_ACK, c->ack, array_of(c->mem, NULL, c->first), c->blobs);
	c->acked = true;
	return 0;
}

/* "ask-me" x -- "question" x, which the client is to acknowledge; "answer" with what it said. */
static int
ask_client(struct call *c, const void *args)
{
	struct answer a;
	int rc;

	(void)args;
	if ((rc = sio_ask(c->s, "question", c->first != NULL
	    ? json_text(c->mem, c->first) : STR("null"), ASK_MS, &a)) < 0)
		return rc;
	sio_send(c->s, PACKET_EVENT, -1, array_of(c->mem, "answer", json_first(a.args)), &a.attachments);
	return 0;
}

struct burn_in { int64_t ms; };
static const struct param burn_params[] = { P_INT(FROM_JSON, struct burn_in, ms, "ms", REQUIRED, 0, 600000, NULL),
    PARAM_END };

/* "burn" ms -- hold the whole process for so long, as a handler that never yields would. */
static int
burn_time(struct call *c, const void *args)
{
	int64_t until_ms = mono_ms() + ((const struct burn_in *)args)->ms;

	call_ack(c, STR("{\"ok\":true}"));
	while (mono_ms() < until_ms)
		;
	return 0;
}

struct hoard_in { int64_t bytes; };
static const struct param hoard_params[] = {
	P_INT(FROM_JSON, struct hoard_in, bytes, "bytes", REQUIRED, 0, 1073741824, NULL), PARAM_END
};

/* "hoard" bytes -- take memory and never give it back. */
static int
hoard_memory(struct call *c, const void *args)
{
	static struct buf hoarded;
	size_t n = (size_t)((const struct hoard_in *)args)->bytes;

	memset(buf_reserve(&hoarded, n), 1, n);
	buf_grow(&hoarded, n);
	call_ack(c, STR("{\"ok\":true}"));
	return 0;
}

static const struct param any_params[] = { PARAM_END };

#define TEST_ONLY .help = NULL
const struct event protocol_events[] = {
	{ "/",	     "message",		 echo_message, any_params,	AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ "/custom", "message",		 echo_message, any_params,	AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ "/",	     "message-with-ack", echo_with_ack, any_params,	AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ "/custom", "message-with-ack", echo_with_ack, any_params,	AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ "/",	     "ask-me",		 ask_client,	   any_params,	AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ "/",	     "burn",		 burn_time,		   burn_params,	AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ "/",	     "hoard",		 hoard_memory,		   hoard_params, AUTH_NONE, DEADLINE_MS, TEST_ONLY },
	{ .name = NULL },
};
