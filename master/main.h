/* main.h -- what the command line was called with. */
#ifndef MASTER_MAIN_H
#define MASTER_MAIN_H

/* The argument of -c, or NULL. */
extern const char *main_conf_file;

#endif
