/* hostile_ws.h -- faults injected into a socket while an event of its session is handled (run/hostile.h). */
#ifndef WS_HOSTILE_WS_H
#define WS_HOSTILE_WS_H

#ifdef HOSTILE
/* Once a process. */
void	 hostile_ws(void);
#else
static inline void hostile_ws(void) { }
#endif

#endif
