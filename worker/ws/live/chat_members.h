/* chat_members.h -- the sockets in the chats of this process: joins and leaves are announced, banned people are
 * made to leave.
 *
 *
 * A socket is in a chat while it is in room chat:{streamKey}.
 */
#ifndef LIVE_CHAT_MEMBERS_H
#define LIVE_CHAT_MEMBERS_H

#include "worker/ws/session/socket_io.h"
#define CHAT_MEMBERS_ROOM	"chat:"

/* Once a process. */
void	 chat_members_start(void);
/* The process ends: announce no more leaves. Yields until announcements under way are done. */
void	 chat_members_stop(void);
/* Room hooks (session/room_hooks.h). A socket that enters without having been admitted is checked for a ban. */
void	 chat_members_entered(struct sio *s, const char *key, bool admitted);
void	 chat_members_left(struct sio *s, const char *key);

#endif
