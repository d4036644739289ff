/* hostile_link.h -- connections to the servers that are lost (run/hostile.h). */
#ifndef LINK_HOSTILE_LINK_H
#define LINK_HOSTILE_LINK_H

#ifdef HOSTILE
/* Once a process. */
void	 hostile_link(void);
#else
static inline void hostile_link(void) { }
#endif

#endif
