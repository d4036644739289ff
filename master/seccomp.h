/* seccomp.h -- installs an allow list of system calls (syscalls.c) in the kernel. */
#ifndef MASTER_SECCOMP_H
#define MASTER_SECCOMP_H

/* Confine this process and its threads irrevocably to the calls of the table: calls that only an intruder wants fail
 * with EPERM, calls that the table does not have with ENOSYS. Needs no_new_privs. 0, or -1 with errno where the kernel
 * has no filter. */
int	 seccomp_confine(void);

#endif
