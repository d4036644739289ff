/* room_hooks.h -- rooms that mean more than being told: what else happens when a socket enters or leaves one, whichever
 * way it does (by its own event, with its connection, or because it came back and was given its rooms again).
 */
#ifndef ROOM_ROOM_HOOKS_H
#define ROOM_ROOM_HOOKS_H

#include "worker/ws/session/socket_io.h"

struct room_hook {
	const char	*prefix;	/* "viewers:" */
	/* The socket is in the room in both; `id` is the rest of its name. May not yield. NULL: nothing. */
	void		(*entered)(struct sio *s, const char *id);
	void		(*left)(struct sio *s, const char *id);
	/* It was in the room with the process before this one, and nobody noticed the change. NULL: nothing. */
	void		(*restored)(struct sio *s, const char *id);
};

/* It has entered this room, or is about to leave it. */
void	 room_hooks_moved(struct sio *s, const char *room, bool in);
/* It was taken over with its rooms. */
void	 room_hooks_restored(struct sio *s);
/* It is about to leave all its rooms. */
void	 room_hooks_leave_all(struct sio *s);

#endif
