/* room_hooks.h -- rooms in which membership has an effect beyond delivery: what happens when a socket enters or leaves
 * one, by its own event, with its connection, or because a recovery gave it its rooms back.
 */
#ifndef SESSION_ROOM_HOOKS_H
#define SESSION_ROOM_HOOKS_H

#include "socket_io.h"

struct room_hook {
	const char	*prefix;	/* "viewers:"; NULL ends the table */
	/* In both calls the socket is in the room; `id` is the rest of its name. `admitted`: the caller has checked
	 * that it may enter. May not yield. NULL: nothing. */
	void		(*entered)(struct sio *s, const char *id, bool admitted);
	void		(*left)(struct sio *s, const char *id);
	/* It was in the room with the predecessor of this process, and admitted there. NULL: nothing. */
	void		(*restored)(struct sio *s, const char *id, bool admitted);
};

/* Once a process; the table is referenced. */
void	 room_hooks_start(const struct room_hook *wanted);
/* The socket has entered this room, or is about to leave it. */
void	 room_hooks_moved(struct sio *s, const char *room, enum room_move move);
/* It was restored with its rooms. */
void	 room_hooks_restored(struct sio *s);
/* It is about to leave all its rooms. */
void	 room_hooks_leave_all(struct sio *s);

#endif
