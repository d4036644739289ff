/* remote_poll.c -- polling requests that came by another host. See remote_poll.h. */
#include "remote_poll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "link/redis.h"
#include "proc/relay.h"

/* A request that is to be answered. */
struct remote_request {
	struct remote_request	*next;
	uint32_t		 id;		/* ours */
	uint32_t		 their_id;
	char			 channel[];	/* where the answer goes */
};

static struct remote_request *requests;
static uint32_t last_id;
static const struct asker_ops *ops;

void
remote_poll_start(const struct asker_ops *wanted)
{
	ops = wanted;
}

/* Its place in the list, or that of the end. */
static struct remote_request **
find_request(uint32_t id)
{
	struct remote_request **at = &requests;

	while (*at != NULL && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static void
add_request(const char *channel, size_t n, uint32_t their_id)
{
	struct remote_request *r = calloc(1, sizeof(*r) + n + 1);

	if (r == NULL)
		abort();
	memcpy(r->channel, channel, n);
	r->id = ++last_id;
	r->their_id = their_id;
	r->next = requests;
	requests = r;
}

/* The client has disconnected, or (`release`) the answer is wanted now. */
static void
cancel_request(const char *channel, size_t n, uint32_t their_id, bool release)
{
	struct remote_request *r = requests, **at;

	while (r != NULL && (r->their_id != their_id || strncmp(r->channel, channel, n) != 0 || r->channel[n] != '\0'))
		r = r->next;
	if (r == NULL)
		return;
	if (release) {
		ops->on_release((struct asker){ REMOTE_FRONT, r->id });
		return;
	}
	ops->on_cancel((struct asker){ REMOTE_FRONT, r->id });
	at = find_request(r->id);
	*at = r->next;
	free(r);
}

static void
on_poll_message(void *arg, const char *p, size_t n)
{
	const char *end = p != NULL ? memchr(p, '\n', n) : NULL;
	struct relay_frame f;
	size_t channel_n;

	(void)arg;
	if (end == NULL)
		return;
	channel_n = (size_t)(end - p);
	if (relay_decode(end + 1, n - channel_n - 1, &f) <= 0)
		return;		/* or only a look whether we are here */
	if (f.type == RELAY_CANCEL) {
		cancel_request(p, channel_n, f.id, str_eq(f.header, STR(RELAY_RELEASE)));
	} else if (f.type == RELAY_POLL) {
		add_request(p, channel_n, f.id);
		ops->on_poll((struct asker){ REMOTE_FRONT, requests->id }, f.header, f.body);
	}
}

void
remote_poll_answer(uint32_t id, const struct relay_frame *answer)
{
	struct remote_request **at = find_request(id), *r = *at;
	struct relay_frame f = *answer;
	struct buf wire = { 0 };

	if (r == NULL)
		return;
	f.id = r->their_id;
	relay_encode(&wire, &f);
	redis_send("PUBLISH %s %b", r->channel, wire.p, wire.n);
	buf_fini(&wire);
	*at = r->next;
	free(r);
}

struct redis_sub *
remote_poll_open(const char *sid)
{
	char channel[64];

	if (!conf.ws_poll_relay)
		return NULL;
	snprintf(channel, sizeof(channel), "ws:poll:%s", sid);
	return redis_subscribe(channel, on_poll_message, NULL, NULL);
}
