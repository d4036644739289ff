/* handover_send.h -- hands all clients over to a successor of this process (handover_records.h). */
#ifndef HANDOVER_HANDOVER_SEND_H
#define HANDOVER_HANDOVER_SEND_H

#include <stdbool.h>

/* Listen for a successor; `index` is this process's number among the fanout processes. A successor that takes all
 * clients ends this process. With `now` false a predecessor has kept its clients: listen when it no longer does,
 * so that a next successor still finds it if this process fails. `end_turn` writes everything that is to leave in
 * this turn. */
void	 handover_send_start(int index, bool now, void (*end_turn)(void));
void	 handover_send_stop(void);

#endif
