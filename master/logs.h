/* logs.h -- LOG_FILE: rotated by size and age, opened again by everybody, old ones removed. */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include <stdbool.h>

/* Log at the level of the configuration, as "master". */
void	 logs_set_level(void);
/* Open it (master, at start-up; fatal when that fails); nothing without LOG_FILE. */
void	 logs_open(void);
/* Open it again, and have the children do so; those still starting when they are ready. */
void	 logs_reopen(void);
/* Rotate when it is time. Called with every step of the supervisor. */
void	 logs_step(void);

#endif
