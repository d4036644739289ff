/* presence.h -- live queries about connected sockets, over all fanout processes of all hosts.
 *
 * Questions of the family "ws" (core/ask.h), and their answers:
 *   "stats"				{"connections":3,"rooms":[{"name":"…","clientCount":2,"createdAt":ms}]}
 *   "clients", "room":"…"		{"clients":[{"id":"…","userId":null,"namespace":"/","transport":"websocket"}]}
 *   "rooms", "limit":100		{"rooms":[as in stats]}, the largest of the process
 *   "sockets", "limit":100, "userId"?:"…", "room"?:"…"
 *					{"total":1,"sockets":[{"id":"…","host":"…","userId":null,"namespaces":["/"],
 *					 "transport":"websocket","connectedAt":"…","ip":"10.0.***.***"}]}
 *   "disconnect", "socket":"…"		{"disconnected":1}, or 0
 * The answering side is worker/ws/live/presence_census.c.
 */
#ifndef LIVE_PRESENCE_H
#define LIVE_PRESENCE_H

#include "base/arena.h"
#include "base/str.h"

#define PRESENCE_FAMILY	"ws"

/* {"connectedClients","activeRooms","roomDetails":[{"name","clientCount","createdAt"}]}, in the coroutine's arena.
 * Yields. 0 (incomplete when a process does not answer within a second), E_DOWN, E_CANCELED, E_TIMEOUT. */
int	 presence_stats(struct arena *mem, struct str *out);
/* {"room","clientCount","clients":[…]} of one room. Likewise. */
int	 presence_clients(struct arena *mem, const char *room, struct str *out);
/* The largest rooms, at most `limit`: [{"room","sockets"}]. Likewise. */
int	 presence_rooms(struct arena *mem, int64_t limit, struct str *list);

/* Which connections: of a user, in a room; NULL: any. At most `limit`. */
struct presence_filter {
	const char	*user, *room;
	int64_t		 limit;
};
/* Some of these connections, as above, in `list`; how many there are, in *total. Likewise. */
int	 presence_sockets(struct arena *mem, const struct presence_filter *f, struct str *list, int64_t *total);
/* Ends the connection that has a socket of this id, on whichever host. Likewise; E_NOT_FOUND, E_DOWN also when a
 * process that may have it did not answer. */
int	 presence_disconnect(struct arena *mem, const char *id);

#endif
