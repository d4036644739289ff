/* title.h -- what ps shows of a process. */
#ifndef PROC_TITLE_H
#define PROC_TITLE_H

/* Once, first thing in main: moves the environment to the heap, which frees the space for titles and removes the
 * secrets in it from /proc. */
void	 title_init(int argc, char **argv);
/* Show "dure: <name>" from now on, in ps and top. Does nothing before title_init. */
void	 title_set(const char *name);

#endif
