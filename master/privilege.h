/* privilege.h -- DURE_USER: whom the children become when the master runs as root. */
#ifndef MASTER_PRIVILEGE_H
#define MASTER_PRIVILEGE_H

/* Look the user up (master, at start-up); an unknown one is fatal. Nothing to do without root or without DURE_USER. */
void	 privilege_init(void);
/* In production: no core dump of this process, and nobody of the same user looks into its memory. Also after each
 * change of user. */
void	 privilege_hide(void);
/* Let the children's user own a file or directory of ours. */
void	 privilege_give(const char *path);
/* Become that user for good (child), without capabilities, without a way to new privileges; in production without core
 * dumps, and, as SECCOMP says, with no other system calls than those of syscalls.c. */
void	 privilege_drop(void);

#endif
