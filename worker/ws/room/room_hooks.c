/* room_hooks.c -- the rooms that somebody follows. See room_hooks.h. */
#include "room_hooks.h"

#include "worker/ws/live/chat_members.h"
#include "worker/ws/live/stream_viewers.h"

static const struct room_hook follows[] = {
	{ STREAM_VIEWERS_ROOM, stream_viewers_entered, stream_viewers_left, stream_viewers_entered },
	{ STREAM_WATCH_ROOM, stream_viewers_watch, NULL, stream_viewers_watch },
	{ CHAT_MEMBERS_ROOM, chat_members_entered, chat_members_left, NULL },
	{ NULL, NULL, NULL, NULL },
};

void
room_hooks_moved(struct sio *s, const char *room, bool in)
{
	const struct room_hook *f;
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
room_hooks_restored(struct sio *s)
{
	const struct room_hook *f;
	const struct member *m;
	size_t n;

	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		for (f = follows; f->prefix != NULL; f++)
			if (f->restored != NULL && strncmp(m->room->name, f->prefix, n = strlen(f->prefix)) == 0)
				f->restored(s, m->room->name + n);
}

void
room_hooks_leave_all(struct sio *s)
{
	const struct member *m;

	for (m = s->peer.rooms; m != NULL; m = m->next_of_peer)
		room_hooks_moved(s, m->room->name, false);
}
