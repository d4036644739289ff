/* title.h -- what ps shows of a process. */
#ifndef PROC_TITLE_H
#define PROC_TITLE_H

/* Once, first thing in main: moves the environment away, so that the room of both is free for titles (and the secrets
 * in it no longer show in /proc). */
void	 title_init(int argc, char **argv);
/* Show "dure: <name>" from now on, in ps and top. Does nothing before title_init. */
void	 title_set(const char *name);

#endif
