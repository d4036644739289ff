/* seccomp.h -- an allow list of system calls (syscalls.c), kept by the kernel. */
#ifndef MASTER_SECCOMP_H
#define MASTER_SECCOMP_H

/* Confine this process and its threads for good to the calls of the table: those that only an intruder wants fail with
 * EPERM, those that the table does not have with ENOSYS. Needs no_new_privs. 0, or -1 with errno where the kernel does
 * not filter. */
int	 seccomp_confine(void);

#endif
