/* room_hooks.c -- the rooms that somebody follows. See room_hooks.h. */
#include "room_hooks.h"

#include "worker/ws/live/chat_members.h"
#include "worker/ws/live/stream_viewers.h"

static const struct follow follows[] = {
	{ AUDIENCE_ROOM, audience_entered, audience_left, audience_entered },
	{ AUDIENCE_WATCH_ROOM, audience_watch, NULL, audience_watch },
	{ TALK_ROOM, talk_entered, talk_left, NULL },
	{ NULL, NULL, NULL, NULL },
};

void
follow_room(struct sio *s, const char *room, bool in)
{
	const struct follow *f;
	size_t n;

	for (f = follows; f->prefix != NULL; f++)
		if (strncmp(room, f->prefix, n = strlen(f->prefix)) == 0) {
			if (in && f->entered != NULL)
				f->entered(s, room + n);
			else if (!in && f->left != NULL)
				f->left(s, room + n);
		}
}

void
follow_restored(struct sio *s)
{
	const struct follow *f;
	const struct member *m;
	size_t n;

	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		for (f = follows; f->prefix != NULL; f++)
			if (f->restored != NULL && strncmp(m->room->name, f->prefix, n = strlen(f->prefix)) == 0)
				f->restored(s, m->room->name + n);
}

void
follow_leave_all(struct sio *s)
{
	const struct member *m;

	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		follow_room(s, m->room->name, false);
}
