/* give.h -- handing all clients on to a successor of this process (luggage.h). */
#ifndef WS_GIVE_H
#define WS_GIVE_H

/* Listen for a successor from now on; `index` is this process's number among the fanout processes. Whoever comes and takes
 * everything ends this process. */
void	 give_start(int index);
void	 give_stop(void);

/* Write everything that is to leave now (ws.c). */
void	 ws_end_turn(void);

#endif
