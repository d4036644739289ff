/* hostile_link.h -- loses connections to the servers, for the hostile scheduler (run/hostile.h). */
#ifndef LINK_HOSTILE_LINK_H
#define LINK_HOSTILE_LINK_H

#ifdef HOSTILE
/* Once a process. */
void	 hostile_link(void);
#else
static inline void hostile_link(void) { }
#endif

#endif
