/* presence.h -- live queries about connected sockets, over all fanout processes of all hosts.
 *
 * A query is published on ws:ask; Redis returns the number of receivers, and each of them answers on ws:answer:{id}. A
 * killed process thus neither counts nor delays. Queries and answers are JSON:
 *   {"id":"…","what":"stats"}
 *   {"connections":3,"rooms":[{"name":"…","clientCount":2,"createdAt":ms}]}
 *   {"id":"…","what":"clients","room":"…"}
 *   {"clients":[{"id":"…","userId":null,"namespace":"/","transport":"websocket"}]}
 * The answering side is worker/ws/live/presence_census.c.
 */
#ifndef LIVE_PRESENCE_H
#define LIVE_PRESENCE_H

#include "base/arena.h"
#include "base/str.h"

#define PRESENCE_ASK	"ws:ask"
#define PRESENCE_ANSWER	"ws:answer:"

/* {"connectedClients","activeRooms","roomDetails":[{"name","clientCount","createdAt"}]}, in the coroutine's arena.
 * Yields. 0 (incomplete when a process does not answer within a second), E_DOWN, E_CANCELED, E_TIMEOUT. */
int	 presence_stats(struct arena *mem, struct str *out);
/* {"room","clientCount","clients":[…]} of one room. Likewise. */
int	 presence_clients(struct arena *mem, const char *room, struct str *out);

#endif
