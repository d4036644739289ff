/* hold.c -- held events. See hold.h. */
#include "hold.h"

#include <stdlib.h>
#include <string.h>

/* Before the event, the alias and the payload of each. */
struct held {
	const struct room	*room;
	int64_t			 seq;
	size_t			 event_n, alias_n, payload_n;
	enum room_class		 class;
};

void
hold_fini(struct hold *h)
{
	buf_fini(&h->events);
	free(h->losses);
	*h = (struct hold){ .n_losses = 0 };
}

bool
hold_add(struct hold *h, const struct room *room, const struct room_event *e, int64_t max_bytes)
{
	struct held head = { .room = room, .seq = e->seq, .event_n = e->event.n, .alias_n = e->alias.n,
		.payload_n = e->payload.n, .class = e->class };

	if ((int64_t)(h->events.n + sizeof(head) + head.event_n + head.alias_n + head.payload_n) > max_bytes)
		return false;
	buf_add(&h->events, &head, sizeof(head));
	buf_add(&h->events, e->event.p, head.event_n);
	buf_add(&h->events, e->alias.p, head.alias_n);
	buf_add(&h->events, e->payload.p, head.payload_n);
	return true;
}

static struct hold_loss *
loss_of(struct hold *h, const struct room *room)
{
	size_t i;

	for (i = 0; i < h->n_losses; i++)
		if (h->losses[i].room == room)
			return &h->losses[i];
	if ((h->losses = realloc(h->losses, (h->n_losses + 1) * sizeof(*h->losses))) == NULL)
		abort();
	h->losses[h->n_losses] = (struct hold_loss){ .room = room };
	return &h->losses[h->n_losses++];
}

void
hold_lose(struct hold *h, const struct room *room, const struct room_event *e)
{
	struct hold_loss *l;

	if (e->seq == 0)
		return;
	l = loss_of(h, room);
	l->from = l->n++ == 0 ? e->seq : l->from;
	l->to = e->seq;
}

static struct str
take_text(const char **p, size_t n)
{
	struct str s = { n > 0 ? *p : NULL, n };

	*p += n;
	return s;
}

bool
hold_next(struct hold *h, const struct room **room, struct room_event *e)
{
	struct held head;
	const char *p;

	if (h->events.n == 0)
		return false;
	memcpy(&head, h->events.p, sizeof(head));
	p = h->events.p + sizeof(head);
	*e = (struct room_event){ .seq = head.seq, .class = head.class };
	e->event = take_text(&p, head.event_n);
	e->alias = take_text(&p, head.alias_n);
	e->payload = take_text(&p, head.payload_n);
	*room = head.room;
	buf_drop(&h->events, (size_t)(p - h->events.p));
	return true;
}
