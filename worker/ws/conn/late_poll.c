/* late_poll.c -- answers for GETs of ended sessions. See late_poll.h. */
#include "late_poll.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/hashtab.h"
#include "link/redis.h"
#include "run/timeout_queue.h"

struct late_poll {
	struct hashtab_node	 node;
	struct timeout		 end;
	struct redis_sub	*remote;
	const char		*last;
	struct buf		 body;
	char			 sid[];
};

static struct hashtab late_polls;	/* by sid */
static struct timeout_queue ends;
static size_t held;

static uint64_t
hash_of(const char *sid)
{
	return hash_bytes(sid, strlen(sid));
}

static size_t
size_of(const struct late_poll *l)
{
	return sizeof(*l) + strlen(l->sid) + 1 + l->body.n;
}

static void
forget(struct late_poll *l)
{
	held -= size_of(l);
	timeout_stop(&l->end);
	hashtab_del(&late_polls, &l->node);
	redis_unsubscribe(&l->remote);
	buf_fini(&l->body);
	free(l);
}

static void
on_end(struct timeout *end)
{
	forget(HOLDER(end, struct late_poll, end));
}

void
late_poll_start(void)
{
	timeout_queue_init(&ends, conf.ws_late_poll_ms, on_end);
}

void
late_poll_keep(const char *sid, struct buf *body, const char *last, struct redis_sub *remote)
{
	struct late_poll *l = calloc(1, sizeof(*l) + strlen(sid) + 1);

	if (l == NULL)
		abort();
	strcpy(l->sid, sid);
	l->remote = remote;
	l->last = last;
	l->body = *body;
	*body = (struct buf){ 0 };
	held += size_of(l);
	hashtab_add(&late_polls, &l->node, hash_of(sid));
	ends.after_ms = conf.ws_late_poll_ms;
	timeout_start(&ends, &l->end);
	while (held > (size_t)conf.ws_late_poll_bytes)
		on_end(ends.head.next);
}

static struct late_poll *
find_late_poll(const char *sid)
{
	struct hashtab_node *node = NULL;

	while ((node = hashtab_find(&late_polls, hash_of(sid), node)) != NULL) {
		struct late_poll *l = HOLDER(node, struct late_poll, node);

		if (str_eq_secret(str_of(l->sid), str_of(sid)))
			return l;
	}
	return NULL;
}

bool
late_poll_answer(const char *sid, struct asker who)
{
	struct late_poll *l = find_late_poll(sid);

	if (l == NULL)
		return false;
	if (l->body.n == 0) {
		front_answer_packets(who, str_of(l->last));
		forget(l);
		return true;
	}
	front_answer_packets(who, (struct str){ l->body.p, l->body.n });
	held -= l->body.n;
	buf_fini(&l->body);
	return true;
}

size_t
late_poll_count(void)
{
	return late_polls.n;
}
