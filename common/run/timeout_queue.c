/* timeout_queue.c -- timeouts of one length. See timeout_queue.h. */
#include "timeout_queue.h"

#include "base/str.h"

enum { LATE_MS = 10 };

static void
on_first_due(struct loop_timer *t)
{
	struct timeout_queue *q = t->arg;
	struct timeout *e;
	int64_t now = mono_ms();

	while ((e = q->head.next) != &q->head && e->at_ms <= now) {
		timeout_stop(e);
		q->on_timeout(e);
	}
	if (q->head.next != &q->head)
		loop_timer_start(&q->timer, q->head.next->at_ms - now, 0);
}

void
timeout_queue_init(struct timeout_queue *q, int64_t after_ms, void (*on_timeout)(struct timeout *))
{
	q->head.prev = q->head.next = &q->head;
	q->after_ms = after_ms;
	q->on_timeout = on_timeout;
	loop_timer_init(&q->timer, on_first_due, q);
}

static void
start_since(struct timeout_queue *q, struct timeout *e, int64_t since_ms)
{
	timeout_stop(e);
	e->at_ms = since_ms + q->after_ms;
	e->prev = q->head.prev;
	e->next = &q->head;
	e->prev->next = e;
	q->head.prev = e;
	if (!loop_timer_active(&q->timer))
		loop_timer_start(&q->timer, q->after_ms, 0);
}

void
timeout_start(struct timeout_queue *q, struct timeout *e)
{
	start_since(q, e, mono_ms());
}

void
timeout_go_on(struct timeout_queue *q, struct timeout *e)
{
	int64_t earliest = mono_ms() - LATE_MS;

	start_since(q, e, e->at_ms > earliest ? e->at_ms : earliest);
}

void
timeout_start_at(struct timeout_queue *q, struct timeout *e, int64_t at_ms)
{
	struct timeout *before = q->head.prev;
	int64_t now = mono_ms();

	timeout_stop(e);
	while (before != &q->head && before->at_ms > at_ms)
		before = before->prev;
	e->at_ms = at_ms;
	e->prev = before;
	e->next = before->next;
	e->prev->next = e->next->prev = e;
	if (q->head.next == e || !loop_timer_active(&q->timer))
		loop_timer_start(&q->timer, q->head.next->at_ms > now ? q->head.next->at_ms - now : 0, 0);
}

void
timeout_stop(struct timeout *e)
{
	if (e->next == NULL)
		return;
	e->prev->next = e->next;
	e->next->prev = e->prev;
	e->prev = e->next = NULL;
}
