/* poll_relay.c -- polling across hosts. See poll_relay.h. Yields: poll_relay.
 *
 * A request is the channel that this worker listens on, a line feed, and a frame of proc/relay.h; an answer is a
 * frame.
 */
#include "poll_relay.h"

#include <stdio.h>

#include "base/conf.h"
#include "base/err.h"
#include "link/redis.h"
#include "run/co.h"
#include "waiting.h"
#include "worker/child.h"

enum { SID_CHARS = 21, LOOK_MS = 10000, SETTLE_MS = 100, TRIES = 3, READY_MS = 1000 };

static char channel[16 + UUID_TEXT_BYTES];	/* of this worker; "" until the first is needed */
static struct redis_sub *sub;
static bool listening;
static struct co_gate ready;
static struct waiting *waiting;
static uint32_t last_id;

static void
on_answers_subscribed(void *arg)
{
	(void)arg;
	listening = true;
	co_gate_wake_all(&ready);
}

static void
on_poll_answer(void *arg, const char *p, size_t n)
{
	struct relay_frame f;
	struct waiting *w;

	(void)arg;
	if (p == NULL || relay_decode(p, n, &f) <= 0 || f.type != RELAY_ANSWER)
		return;
	if ((w = waiting_take(&waiting, f.id)) != NULL)
		waiting_answer(w, &f);
}

/* Listen for answers; yields the first time. */
static int
listen_once(void)
{
	char id[UUID_TEXT_BYTES];

	if (sub == NULL) {
		snprintf(channel, sizeof(channel), "ws:far:%s", uuid_text(id));
		sub = redis_subscribe(channel, on_poll_answer, on_answers_subscribed, NULL);
	}
	return listening ? 0 : co_gate_wait(&ready, READY_MS);
}

/* Publish to the owner of the session. The number of subscribers reached, or an error. Yields. */
static int
publish_to_owner(const char *sid, const struct relay_frame *f)
{
	struct redis_reply heard;
	struct buf text = { 0 };
	int rc;

	buf_printf(&text, "%s\n", channel);
	if (f != NULL)
		relay_encode(&text, f);
	rc = redis_cmd(&heard, "PUBLISH ws:poll:%s %b", sid, text.p, text.n);
	buf_fini(&text);
	return rc < 0 ? rc : (int)heard.i;
}

static const char *
sid_of(struct req *rq)
{
	const char *p = rq->uri.query, *end;

	for (; p != NULL; p = strchr(p, '&')) {
		p += *p == '&';
		if (strncmp(p, "sid=", 4) != 0)
			continue;
		end = strchrnul(p, '&');
		return end - p == 4 + SID_CHARS ? arena_copy(rq->mem, p + 4, SID_CHARS) : NULL;
	}
	return NULL;
}

/* Ask the owner, with retries: it may still be subscribing while the client already arrives through another host. */
static int
ask_owner(const char *sid, const struct relay_frame *f)
{
	int i, rc = 0;

	for (i = 0; i < TRIES && rc == 0; i++)
		if (i == 0 || (rc = co_sleep(SETTLE_MS)) == 0)
			rc = publish_to_owner(sid, f);
	return rc;
}

/* Wait for the answer, and check from time to time that the owner still exists. */
static int
await_answer(struct waiting *w)
{
	int rc;

	while ((rc = waiting_park(w, LOOK_MS)) == E_TIMEOUT && co_time_left() > 0)
		if ((rc = publish_to_owner(w->sid, NULL)) == 0)
			return E_DOWN;
		else if (rc < 0)
			return rc;
	return rc;
}

/* Ask for an answer now, even a noop: this worker ends, the session does not. */
static void
release_waiting(const struct waiting *w)
{
	struct relay_frame f = { .type = RELAY_CANCEL, .id = w->id, .header = STR(RELAY_RELEASE), .fd = -1 };
	struct buf text = { 0 };

	buf_printf(&text, "%s\n", channel);
	relay_encode(&text, &f);
	redis_send("PUBLISH ws:poll:%s %b", w->sid, text.p, text.n);
	buf_fini(&text);
}

void
poll_relay_stop(void)
{
	const struct waiting *w;

	for (w = waiting; w != NULL; w = w->next)
		if (w->sid != NULL)
			release_waiting(w);
}

int
poll_relay(struct req *rq, int otherwise)
{
	struct relay_frame frame = { .type = RELAY_POLL, .id = ++last_id, .body = { rq->in.p, rq->in.n }, .fd = -1 };
	const char *sid = sid_of(rq);
	struct waiting *w;
	int rc;

	if (sid == NULL || !conf.ws_poll_relay || listen_once() < 0)
		return otherwise;
	frame.header = waiting_describe(rq->mem, rq);
	w = waiting_new(rq, frame.id);
	w->next = waiting;
	waiting = w;
	rc = ask_owner(sid, &frame);
	w->sid = sid;
	if (rc > 0 && child_stopping())
		release_waiting(w);
	if (rc > 0)
		rc = await_answer(w);
	else if (rc == 0)
		rc = w->rc = otherwise;		/* no host has it */
	waiting_fini(w);
	waiting_take(&waiting, w->id);
	if (w->rc == 1) {
		frame = (struct relay_frame){ .type = RELAY_CANCEL, .id = w->id, .header = STR("{}"), .fd = -1 };
		(void)publish_to_owner(sid, &frame);
	}
	return rc;
}
