/* orphans.h -- the children of a master that was killed: dure.children in DURE_RUN_DIR names them while they live. */
#ifndef MASTER_ORPHANS_H
#define MASTER_ORPHANS_H

/* Rewrite the file when children have started or ended since. */
void	 orphans_note(void);
/* Rewrite the file next time in any case: another master has written it. */
void	 orphans_note_anew(void);
/* End the children that a killed predecessor left: SIGTERM first, then SIGKILL, which also ends a stopped process. At
 * start-up, before the sockets are opened. */
void	 orphans_end(void);
/* Remove the file (at the end). */
void	 orphans_forget(void);

#endif
