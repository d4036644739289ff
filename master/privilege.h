/* privilege.h -- DURE_USER: the user that the children run as when the master runs as root. */
#ifndef MASTER_PRIVILEGE_H
#define MASTER_PRIVILEGE_H

/* Look the user up at start-up, in the master; dies when it is unknown. Does nothing without root or without
 * DURE_USER. */
void	 privilege_init(void);
/* In production: disable core dumps and ptrace for this process. Call again after each change of user. */
void	 privilege_hide(void);
/* Give a file or directory to the children's user. */
void	 privilege_give(const char *path);
/* In a child: become that user irrevocably, without capabilities and with no_new_privs; in production also without
 * core dumps. */
void	 privilege_leave(void);
/* The same and, as SECCOMP says, with only the system calls of syscalls.c. */
void	 privilege_drop(void);

#endif
