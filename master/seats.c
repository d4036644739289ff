/* seats.c -- the tables of seats and children. See seats.h. */
#include "seats.h"

#include <stddef.h>

#include "base/str.h"

static struct child children[SCOREBOARD_SLOTS];
static struct seat seats[PROC_KINDS][SEATS_MAX];
static int wanted[PROC_KINDS];

void
seats_want(enum proc_kind kind, int n)
{
	wanted[kind] = n < 0 ? 0 : n > SEATS_MAX ? SEATS_MAX : n;
	scoreboard_want(kind, wanted[kind]);
}

void
seats_want_all(const struct conf *c)
{
	const struct proc_row *p;

	for (p = procs; p->role != NULL; p++)
		seats_want(p->kind, p->count(c));
}

int
seats_wanted(enum proc_kind kind)
{
	return wanted[kind];
}

struct seat *
seats_next(const struct proc_row *row, const struct seat *after)
{
	struct seat *all = seats[row->kind];
	int i;

	for (i = after == NULL ? 0 : (int)(after - all) + 1; i < SEATS_MAX; i++) {
		if (i >= wanted[row->kind] && all[i].now == NULL && all[i].next == NULL)
			continue;
		all[i].row = row;
		all[i].index = i + 1;
		return &all[i];
	}
	return NULL;
}

void
seats_take_back(void)
{
	int kind, i;

	for (kind = 0; kind < PROC_KINDS; kind++)
		for (i = 0; i < SEATS_MAX; i++)
			seats[kind][i].given = false;
}

struct child *
children_next(const struct child *after)
{
	int i;

	for (i = after == NULL ? 0 : (int)(after - children) + 1; i < SCOREBOARD_SLOTS; i++)
		if (children[i].pid != 0)
			return &children[i];
	return NULL;
}

struct child *
children_find(pid_t pid)
{
	struct child *c;

	for (c = children_next(NULL); c != NULL; c = children_next(c))
		if (c->pid == pid)
			return c;
	return NULL;
}

struct child *
children_add(int slot, pid_t pid, const struct seat *seat)
{
	struct child *c = &children[slot];

	*c = (struct child){ .pid = pid, .slot = slot, .row = seat->row, .started_ms = mono_ms() };
	return c;
}

int
child_state(const struct child *c)
{
	return __atomic_load_n(&scoreboard_slot(c->slot)->state, __ATOMIC_ACQUIRE);
}

void
child_unseat(struct child *c)
{
	if (c->seat == NULL)
		return;
	if (c->seat->now == c)
		c->seat->now = NULL;
	if (c->seat->next == c)
		c->seat->next = NULL;
	c->seat = NULL;
}
