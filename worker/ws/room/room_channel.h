/* room_channel.h -- receives the channels of rooms: each event is delivered, held or a duplicate, as the room's
 * cursor says, and control events are obeyed.
 *
 *
 * It also prepares the rooms of a predecessor: their channels are subscribed to before its clients arrive. See
 * room/cursor.h. Nothing here yields.
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

/* Register the handler of the control events of this name (domain/core/room.h). `payload` is the event's, or n 0:
 * control events of this room may have been missed for good. The handler may make members leave. At most
 * ROOM_CONTROLS. */
enum { ROOM_CONTROLS = 4 };
void	 room_channel_obey(const char *event, void (*obey)(struct room *r, struct str payload));
/* The room's replay is incomplete: call all handlers of control events without a payload. */
void	 room_channel_controls_missed(struct room *r);

/* Deliver an event of the room's log, in order, unless it is a duplicate. The room must stay referenced while its
 * cursor is not LIVE. */
void	 room_channel_receive_replayed(struct room *r, const struct room_event *e);
/* Offer the held events of all rooms again: those of LIVE rooms are received; of the others only duplicates are
 * dropped. */
void	 room_channel_receive_held(void);
/* Subscribe to the channel of a new room whose position is known, unless it is closed. */
void	 room_channel_subscribe(struct room *r);
/* For the hand-over from a predecessor. Open a room and subscribe to its channel before it has members;
 * room_channel_prepared says whether all are subscribed. Their cursors are PREPARING until
 * room_channel_take_over. What the predecessor delivered (room_channel_restore) is a duplicate, also when the
 * channel delivers it later. Rooms without members are closed at the take-over. */
void	 room_channel_prepare(const char *name);
bool	 room_channel_prepared(void);
void	 room_channel_restore(const char *name, int64_t position, int64_t created_ms);
void	 room_channel_restore_gap(void);	/* the predecessor itself has missed something */
void	 room_channel_take_over(void);

#endif
