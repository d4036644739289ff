/* room_hooks.c -- rooms with hooks. See room_hooks.h. */
#include "room_hooks.h"

static const struct room_hook no_hooks[] = { { .prefix = NULL } };
static const struct room_hook *hooks = no_hooks;

void
room_hooks_start(const struct room_hook *wanted)
{
	hooks = wanted;
}

void
room_hooks_moved(struct sio *s, const char *room, enum room_move move)
{
	const struct room_hook *h;
	size_t n;

	for (h = hooks; h->prefix != NULL; h++)
		if (strncmp(room, h->prefix, n = strlen(h->prefix)) == 0) {
			if (move != ROOM_LEFT && h->entered != NULL)
				h->entered(s, room + n, move == ROOM_ADMITTED);
			else if (move == ROOM_LEFT && h->left != NULL)
				h->left(s, room + n);
		}
}

void
room_hooks_restored(struct sio *s)
{
	const struct room_hook *h;
	const struct member *m;
	size_t n;

	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		for (h = hooks; h->prefix != NULL; h++)
			if (h->restored != NULL && strncmp(m->room->name, h->prefix, n = strlen(h->prefix)) == 0)
				h->restored(s, m->room->name + n, true);
}

void
room_hooks_leave_all(struct sio *s)
{
	const struct member *m;

	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		room_hooks_moved(s, m->room->name, ROOM_LEFT);
}
