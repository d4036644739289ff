/* entry.h -- where a client comes in: an upgraded descriptor or a polling request finds its protocol and its session by
 * path, query and origin. Nothing here yields.
 */
#ifndef CONN_ENTRY_H
#define CONN_ENTRY_H

#include "base/str.h"
#include "front.h"

/* A WebSocket whose upgrade was answered; `early` is what came behind the request. The descriptor is ours. */
void	 entry_websocket(int fd, struct str header, struct str early);
/* An Engine.IO polling request; it is answered now or later, by polling.h. */
void	 entry_polling(struct asker who, struct str header, struct str body);
/* Refuse newcomers from now on: this process is to end. */
void	 entry_stop(void);

#endif
