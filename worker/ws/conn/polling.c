/* polling.c -- the polling transport. See polling.h. */
#include "polling.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/hashtab.h"
#include "base/metric.h"
#include "late_poll.h"
#include "remote_poll.h"
#include "worker/ws/wire/overflow.h"
#include "worker/ws/wire/payload.h"

struct polling {
	struct hashtab_node	 node;		/* in `waiting` while a GET waits */
	const struct polling_ops *ops;
	void			*owner;
	struct client_budget	*budget;
	struct allowance	*spent;
	struct queue		 out;
	uint32_t		 payload_max;	/* bytes of a POST */
	struct asker		 get;
	struct polling		*next_dirty;
	struct redis_sub	*remote;	/* requests that come by other hosts */
	const char		*sid;
	bool			 has_get, dirty, gone;
	bool			 probed;	/* the client tries another transport */
};

static const char noop[] = "6", closing[] = "1";	/* packets */

static struct hashtab waiting;
static struct polling *dirty;

static uint64_t
hash_of_sid(struct asker who)
{
	return hash_keyed(&who, sizeof(who));
}

struct polling *
polling_new(const char *sid, struct client_budget *budget, struct allowance *spent, const struct polling_ops *ops,
    void *owner)
{
	struct polling *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	p->ops = ops;
	p->owner = owner;
	p->budget = budget;
	p->spent = spent;
	p->payload_max = (uint32_t)(conf.ws_early_payload > conf.ws_max_payload
	    ? conf.ws_max_payload : conf.ws_early_payload);
	p->remote = remote_poll_open(sid);
	p->sid = sid;
	return p;
}

void
polling_widen(struct polling *p)
{
	p->payload_max = (uint32_t)conf.ws_max_payload;
}

static void
mark_dirty(struct polling *p)
{
	if (p->dirty)
		return;
	p->dirty = true;
	p->next_dirty = dirty;
	dirty = p;
}

/* Take the waiting GET out, to answer or to forget it. */
static struct asker
take_get(struct polling *p)
{
	p->has_get = false;
	hashtab_del(&waiting, &p->node);
	return p->get;
}

/* Take out what is queued. */
static struct buf
take_packets(struct polling *p)
{
	struct buf packets = { 0 };
	uint32_t i;

	for (i = 0; i < p->out.n; i++) {
		const struct buf *b = &p->out.v[p->out.head + i]->b;

		payload_put_frames(&packets, b->p, b->n);
	}
	queue_fini(&p->out);
	return packets;
}

/* Answer the GET with these packets, or with `otherwise`. */
static void
answer_with(struct polling *p, const struct buf *packets, const char *otherwise)
{
	front_answer_packets(take_get(p), packets->n > 0 ? (struct str){ packets->p, packets->n } : str_of(otherwise));
}

/* Answer the GET with what is queued, or with a noop. */
static void
answer_get(struct polling *p)
{
	struct buf packets = take_packets(p);

	answer_with(p, &packets, noop);
	buf_fini(&packets);
}

/* The memory goes at the end of the turn. */
static void
leave(struct polling *p)
{
	redis_unsubscribe(&p->remote);
	p->gone = true;
	mark_dirty(p);
}

void
polling_move(struct polling *p, struct sock *to)
{
	chunk_seal_open();
	sock_push_all(to, &p->out);
	if (p->has_get)
		answer_get(p);
	leave(p);
}

void
polling_end(struct polling *p, enum polling_end how)
{
	const char *last = how == POLLING_LEFT ? noop : closing;
	bool waits = p->has_get, late = how == POLLING_CLOSED;
	struct buf packets;

	chunk_seal_open();
	packets = take_packets(p);
	if (waits) {
		late = how != POLLING_LEFT && packets.n > 0;
		answer_with(p, &packets, last);
		buf_fini(&packets);
	} else if (how == POLLING_LEFT) {
		late = true;
		buf_fini(&packets);	/* the client has left */
	}
	if (late) {
		late_poll_keep(p->sid, &packets, last, p->remote);
		p->remote = NULL;
	}
	buf_fini(&packets);
	leave(p);
}

void
polling_push(struct polling *p, struct chunk *c)
{
	queue_push(&p->out, c);
	mark_dirty(p);
}

static const struct str text_too_fast = { "{\"code\":3,\"message\":\"Too many packets\"}", 39 };
static const struct str text_bad_request = { "{\"code\":3,\"message\":\"Bad request\"}", 34 };

void
polling_get(struct polling *p, struct asker who)
{
	if (p->has_get) {
		front_answer(who, 400, "application/json", text_bad_request);
		p->ops->on_drop(p->owner, CLOSE_NORMAL, DROP_PROTOCOL);
		return;
	}
	p->has_get = true;
	p->get = who;
	hashtab_add(&waiting, &p->node, hash_of_sid(who));
	mark_dirty(p);
}

void
polling_post(struct polling *p, struct asker who, struct str body)
{
	struct payload_packet packet;
	int rc = E_BAD_REQUEST;

	if (!client_budget_may_spend(p->budget, p->spent)) {
		metric_add(M_WS_THROTTLED, 0, 1);
		front_answer(who, 429, "application/json", text_too_fast);
		return;
	}
	if (body.n > p->payload_max) {
		front_answer(who, 413, "text/html", STR(""));
		p->ops->on_drop(p->owner, CLOSE_TOO_BIG, DROP_LIMIT);
		return;
	}
	if (utf8_valid(body.p, body.n))
		while (!p->gone && (rc = payload_next(&body, &packet)) > 0) {
			client_budget_charge(p->budget, p->spent, packet.data.n + (uint64_t)conf.ws_packet_cost);
			if ((rc = p->ops->on_packet(p->owner, packet.binary, (char *)(uintptr_t)packet.data.p,
			    packet.data.n)) < 0)
				break;
		}
	if (rc < 0) {
		front_answer(who, 400, "application/json", text_bad_request);
		p->ops->on_drop(p->owner, CLOSE_PROTOCOL, DROP_PROTOCOL);
		return;
	}
	front_answer(who, 200, "text/html", STR("ok"));
}

void
polling_probe(struct polling *p, bool on)
{
	p->probed = on;
}

void
polling_release(struct polling *p)
{
	if (p->has_get)
		mark_dirty(p);
}

static struct polling *
find_waiting(struct asker who)
{
	struct hashtab_node *node = NULL;

	while ((node = hashtab_find(&waiting, hash_of_sid(who), node)) != NULL) {
		struct polling *p = HOLDER(node, struct polling, node);

		if (p->get.front == who.front && p->get.id == who.id)
			return p;
	}
	return NULL;
}

void
polling_return(struct asker who)
{
	struct polling *p = find_waiting(who);

	if (p == NULL)
		return;
	chunk_seal_open();
	answer_get(p);
}

void
polling_cancel(struct asker who)
{
	struct polling *p = find_waiting(who);

	if (p == NULL)
		return;
	take_get(p);
	p->ops->on_close(p->owner, CLOSE_ABNORMAL);
}

void
polling_cancel_all(uint32_t front)
{
	struct asker *lost = malloc((waiting.n + 1) * sizeof(*lost));
	struct hashtab_node *node = NULL;
	size_t slot, n = 0;

	if (lost == NULL)
		abort();
	while ((node = hashtab_each(&waiting, &slot, node)) != NULL) {
		struct polling *p = HOLDER(node, struct polling, node);

		if (p->get.front == front)
			lost[n++] = p->get;
	}
	while (n > 0)
		polling_cancel(lost[--n]);
	free(lost);
}

const struct queue *
polling_queue(const struct polling *p)
{
	return &p->out;
}

bool
polling_waits(const struct polling *p, struct asker *who)
{
	*who = p->get;
	return p->has_get;
}

void
polling_return_remote(void)
{
	struct hashtab_node *node = NULL;
	struct polling *p;
	size_t slot;

	chunk_seal_open();
	while ((node = hashtab_each(&waiting, &slot, node)) != NULL) {
		p = HOLDER(node, struct polling, node);
		if (p->get.front != REMOTE_FRONT)
			continue;
		answer_get(p);
		node = NULL;	/* it left the table: from the start */
	}
}

void
polling_turn(void)
{
	struct polling *p;

	while ((p = dirty) != NULL) {
		dirty = p->next_dirty;
		p->dirty = false;
		if (p->gone) {
			free(p);
			continue;
		}
		chunk_seal_open();
		if (p->has_get && (p->out.n > 0 || p->probed)) {
			answer_get(p);
			continue;
		}
		if (!overflow_fit(&p->out, (uint64_t)conf.ws_queue_bytes)) {
			overflow_count_lost(&p->out);
			p->ops->on_drop(p->owner, CLOSE_NORMAL, DROP_SLOW);
		}
	}
}
