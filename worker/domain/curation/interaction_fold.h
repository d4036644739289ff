/* interaction_fold.h -- what follows from stored interactions: their users' preferences, and the counts of trends.
 *
 * Each batch of interactions is stored with a row in interaction_batches. A fold deletes such rows, reads their
 * interactions, and moves the preferences of all of them by one statement, in one transaction: each interaction counts
 * once, whatever dies in between. Folding many batches together merges the moves of one keyword of one user.
 */
#ifndef CURATION_INTERACTION_FOLD_H
#define CURATION_INTERACTION_FOLD_H

#include <stdint.h>

/* A batch was stored: this process folds it after INTERACTION_FOLD_MS, with what came until then. Does not yield. */
void	 interaction_fold_soon(void);
/* Folds what waits of this user now: a read or a change of his preferences after it misses nothing that was answered
 * before. Yields. Errors as pg_query and pg_begin. */
int	 interaction_fold_user(const char *user);
/* Folds the oldest batches that no process folds, for cron: of processes that died. *n: interactions. Yields. Errors
 * as pg_begin. */
int	 interaction_fold_all(int64_t *n);

#endif
