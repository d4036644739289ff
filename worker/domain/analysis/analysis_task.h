/* analysis_task.h -- the stored state of a task, and what a message adds to it. */
#ifndef ANALYSIS_ANALYSIS_TASK_H
#define ANALYSIS_ANALYSIS_TASK_H

#include "analysis_text.h"

/* The task's state, in `mem`. Yields. E_NOT_FOUND, else as pg_query. */
int	 analysis_task_read(struct pg *pg, struct arena *mem, const char *task_id, struct analysis_update *out);
/* Why an update matched no row: E_NOT_FOUND, the task is unknown; E_CONFLICT, its state is newer. Yields. Other errors
 * as pg_query. */
int	 analysis_task_unchanged(struct pg *pg, const char *task_id);
/* Sets the step that the message gives. A name has its number and the other way round, where it is one of Dure's. */
void	 analysis_task_step(struct analysis_update *u, const struct analysis_step *s);
/* What the message does not give stays as it was. */
void	 analysis_task_keep(struct analysis_update *u, const struct analysis_update *was);

#endif
