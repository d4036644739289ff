/* room_channel.h -- what the channels of rooms bring: each event is delivered, held or a duplicate, as the room's
 * cursor says, and control events are obeyed.
 *
 * Also the rooms of a predecessor, whose channels are heard before its clients come. See room/cursor.h. Nothing here
 * yields.
 */
#ifndef ROOM_ROOM_CHANNEL_H
#define ROOM_ROOM_CHANNEL_H

#include "ws_room.h"

struct room_channel_ops {
	/* A new room: find out what has been published by now, then room_channel_subscribe. */
	void	(*opened)(struct room *r);
	/* The room may have missed events: replay them. */
	void	(*behind)(struct room *r);
};
/* Once a process, instead of room_start. */
void	 room_channel_start(const struct room_channel_ops *wanted);

/* What control events of this name (domain/room.h) make this process do; `payload` is the event's, or n 0: control
 * events of this room may have been missed for good. Its members may be made to leave. At most ROOM_CONTROLS. */
enum { ROOM_CONTROLS = 4 };
void	 room_channel_obey(const char *event, void (*obey)(struct room *r, struct str payload));
/* What the room missed cannot be replayed, or not all of it: those who obey its control events look for themselves. */
void	 room_channel_controls_missed(struct room *r);

/* An event of its log, in order: its state and its members get it, unless they had it. The channel's events are held
 * while the room's cursor is not LIVE; the room must be referenced as long. */
void	 room_channel_receive_replayed(struct room *r, const struct room_event *e);
/* The held events of all rooms, once more: those of rooms that are LIVE now are received, of the others what is
 * not yet delivered stays. */
void	 room_channel_receive_held(void);
/* Subscribe to the channel of a new room whose position is known, unless it is closed. */
void	 room_channel_subscribe(struct room *r);
/* For the hand-over to a successor. Open a room and hear its channel before anybody is in it; until
 * room_channel_prepared says that all are ready, its cursor is PREPARING, until room_channel_take_over; what the
 * predecessor had delivered (room_channel_restore) is a duplicate, also when it is heard only afterwards. The rooms
 * that are still empty then are closed. */
void	 room_channel_prepare(const char *name);
bool	 room_channel_prepared(void);
void	 room_channel_restore(const char *name, int64_t position, int64_t created_ms);
void	 room_channel_restore_gap(void);	/* the predecessor itself has missed something */
void	 room_channel_take_over(void);

#endif
