/* logs.h -- LOG_FILE and LOG_ERROR_FILE: rotated by size and age, reopened by all processes, removed when old. */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include <stdbool.h>

/* Log at the level of the configuration, as "master". */
void	 logs_set_level(void);
/* Open them at start-up, in the master; dies when that fails. Does nothing for one that is not configured. */
void	 logs_open(void);
/* Reopen them and have the children do so; children that are starting do it when they are ready. */
void	 logs_reopen(void);
/* Rotate when size or age demand it. Called with every step of the supervisor. */
void	 logs_step(void);

#endif
