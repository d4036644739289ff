/* presence.h -- who is connected, asked of all fanout processes of all hosts, as they are at this moment.
 *
 * A question is published on ws:ask; Redis says how many processes heard it, and each answers on ws:answer:{id}. So a
 * process that was killed neither counts nor is waited for. Questions and answers are JSON:
 * {"id":"…","what":"stats"} {"connections":3,"rooms":[{"name":"…","clientCount":2,"createdAt":ms}]}
 * {"id":"…","what":"clients","room":"…"} {"clients":[{"id":"…","userId":null,"namespace":"/","transport":"websocket"}]}
 * See: worker/ws/live/presence_census.c, which answers.
 */
#ifndef LIVE_PRESENCE_H
#define LIVE_PRESENCE_H

#include "base/arena.h"
#include "base/str.h"

#define PRESENCE_ASK	"ws:ask"
#define PRESENCE_ANSWER	"ws:answer:"

/* {"connectedClients","activeRooms","roomDetails":[{"name","clientCount","createdAt"}]}. In the coroutine's arena.
 * Yields. 0 (with what is there when a process does not answer within a second), E_DOWN, E_CANCELED, E_TIMEOUT. */
int	 presence_stats(struct arena *mem, struct str *out);
/* {"room","clientCount","clients":[…]} of one room. Likewise. */
int	 presence_clients(struct arena *mem, const char *room, struct str *out);

#endif
