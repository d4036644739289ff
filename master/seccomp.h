/* seccomp.h -- the system calls that a child never needs, denied by the kernel from now on. */
#ifndef MASTER_SECCOMP_H
#define MASTER_SECCOMP_H

/* Deny running programs, looking into other processes, mounting, loading code into the kernel and the like with EPERM, to this process
 * and its threads for good. Needs no_new_privs. 0, or -1 with errno where the kernel does not filter. */
int	 seccomp_deny(void);

#endif
