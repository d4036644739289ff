/* hostile_child.h -- a process that is told to end in the middle of its work (run/hostile.h). */
#ifndef WORKER_HOSTILE_CHILD_H
#define WORKER_HOSTILE_CHILD_H

#ifdef HOSTILE
/* Once a process, which is called this: everything that may befall it begins. */
void	 hostile_child(const char *process);
#else
static inline void hostile_child(const char *process) { (void)process; }
#endif

#endif
