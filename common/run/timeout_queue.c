/* timeout_queue.c -- timeouts of one length. See timeout_queue.h. */
#include "timeout_queue.h"

#include "base/str.h"

enum { LATE_MS = 10 };

static void
on_time(struct loop_timer *t)
{
	struct due *d = t->arg;
	struct due_entry *e;
	int64_t now = mono_ms();

	while ((e = d->head.next) != &d->head && e->at_ms <= now) {
		due_stop(e);
		d->on_due(e);
	}
	if (d->head.next != &d->head)
		loop_timer_start(&d->timer, d->head.next->at_ms - now, 0);
}

void
due_init(struct due *d, int64_t after_ms, void (*on_due)(struct due_entry *))
{
	d->head.prev = d->head.next = &d->head;
	d->after_ms = after_ms;
	d->on_due = on_due;
	loop_timer_init(&d->timer, on_time, d);
}

static void
start_since(struct due *d, struct due_entry *e, int64_t since_ms)
{
	due_stop(e);
	e->at_ms = since_ms + d->after_ms;
	e->prev = d->head.prev;
	e->next = &d->head;
	e->prev->next = e;
	d->head.prev = e;
	if (!loop_timer_active(&d->timer))
		loop_timer_start(&d->timer, d->after_ms, 0);
}

void
due_start(struct due *d, struct due_entry *e)
{
	start_since(d, e, mono_ms());
}

void
due_go_on(struct due *d, struct due_entry *e)
{
	int64_t earliest = mono_ms() - LATE_MS;

	start_since(d, e, e->at_ms > earliest ? e->at_ms : earliest);
}

void
due_start_at(struct due *d, struct due_entry *e, int64_t at_ms)
{
	struct due_entry *before = d->head.prev;
	int64_t now = mono_ms();

	due_stop(e);
	while (before != &d->head && before->at_ms > at_ms)
		before = before->prev;
	e->at_ms = at_ms;
	e->prev = before;
	e->next = before->next;
	e->prev->next = e->next->prev = e;
	if (d->head.next == e || !loop_timer_active(&d->timer))
		loop_timer_start(&d->timer, d->head.next->at_ms > now ? d->head.next->at_ms - now : 0, 0);
}

void
due_stop(struct due_entry *e)
{
	if (e->next == NULL)
		return;
	e->prev->next = e->next;
	e->next->prev = e->prev;
	e->prev = e->next = NULL;
}
