/* chat_members.h -- the sockets in the chats of this process: who comes and goes is told, who was banned leaves.
 *
 * A socket is in a chat while it is in room chat:{streamKey}.
 */
#ifndef LIVE_CHAT_MEMBERS_H
#define LIVE_CHAT_MEMBERS_H

#include "worker/ws/session/socket_io.h"
#define CHAT_MEMBERS_ROOM	"chat:"

/* Once a process. */
void	 chat_members_start(void);
/* The process ends: nobody is told of those who leave with it. Yields until what is under way is done. */
void	 chat_members_stop(void);
/* Room hooks (session/room_hooks.h). Of a socket that enters without having been admitted it is asked whether it is
 * banned. */
void	 chat_members_entered(struct sio *s, const char *key, bool admitted);
void	 chat_members_left(struct sio *s, const char *key);

#endif
