/* orphans.h -- the children of a master that was killed: dure.children in DURE_RUN_DIR names them while they live. */
#ifndef MASTER_ORPHANS_H
#define MASTER_ORPHANS_H

/* Write the file anew when somebody has come or gone since. */
void	 orphans_note(void);
/* Next time in any case: another master has used the file. */
void	 orphans_note_anew(void);
/* What a predecessor left behind ends now: asked, then killed (a stopped one does not hear). At start-up, before the
 * sockets. */
void	 orphans_end(void);
/* Remove the file (at the end). */
void	 orphans_forget(void);

#endif
