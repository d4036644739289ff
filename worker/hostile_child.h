/* hostile_child.h -- a process that is made to end in the middle of its work (run/hostile.h). */
#ifndef WORKER_HOSTILE_CHILD_H
#define WORKER_HOSTILE_CHILD_H

#include <stdbool.h>

#ifdef HOSTILE
/* Begin everything that may befall this process; once. `stop` lets the process end, in the loop; false: it is ending
 * already. */
void	 hostile_child(const char *process, bool (*stop)(void));
#else
static inline void hostile_child(const char *process, bool (*stop)(void)) { (void)process; (void)stop; }
#endif

#endif
