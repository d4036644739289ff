/* handover_send.h -- handing all clients on to a successor of this process (handover_records.h). */
#ifndef HANDOVER_HANDOVER_SEND_H
#define HANDOVER_HANDOVER_SEND_H

#include <stdbool.h>

/* Listen for a successor; `index` is this process's number among the fanout processes. Whoever comes and takes
 * everything ends this process. From now on; else (`now` false: a predecessor has kept its clients) when that one
 * listens no more: should this process not come to be, the next successor is to find it. `end_turn` writes everything
 * that is to leave in this turn. */
void	 handover_send_start(int index, bool now, void (*end_turn)(void));
void	 handover_send_stop(void);

#endif
