/* seccomp.c -- a filter in classic BPF: each denied call is one comparison. See seccomp.h.
 *
 * A list of what is denied, not of what is allowed: the libraries below us change what they call, and a server that dies of a
 * harmless new call helps nobody. What matters to somebody who got in is on the list.
 */
#include "seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "base/str.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define FOREIGN_ABI 0x40000000u		/* x32 */
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH
#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(what)	BPF_STMT(BPF_RET | BPF_K, what)
#define REFUSE		RETURN(SECCOMP_RET_ERRNO | (EPERM & SECCOMP_RET_DATA))
#define DENY(call)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), REFUSE

static struct sock_filter filter[] = {
	LOAD(arch),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0), RETURN(SECCOMP_RET_KILL_PROCESS),
	LOAD(nr),
#ifdef FOREIGN_ABI
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, FOREIGN_ABI, 0, 1), REFUSE,
#endif
	/* Other programs and other processes */
	DENY(execve), DENY(execveat), DENY(ptrace), DENY(process_vm_readv), DENY(process_vm_writev), DENY(kcmp), DENY(pidfd_getfd),
	/* The file systems, name spaces and the machine */
	DENY(mount), DENY(umount2), DENY(pivot_root), DENY(chroot), DENY(unshare), DENY(setns), DENY(open_by_handle_at), DENY(swapon),
	DENY(swapoff), DENY(reboot), DENY(sethostname), DENY(setdomainname), DENY(settimeofday), DENY(clock_settime), DENY(adjtimex),
	DENY(acct), DENY(quotactl), DENY(move_mount), DENY(open_tree), DENY(fsopen), DENY(fsconfig), DENY(fsmount), DENY(fspick),
	DENY(mknodat),
	/* The kernel */
	DENY(bpf), DENY(perf_event_open), DENY(init_module), DENY(finit_module), DENY(delete_module), DENY(kexec_load),
	DENY(kexec_file_load), DENY(keyctl), DENY(add_key), DENY(request_key), DENY(userfaultfd), DENY(personality), DENY(syslog),
	DENY(vhangup), DENY(io_uring_setup), DENY(io_uring_enter), DENY(io_uring_register),
#ifdef __x86_64__
	DENY(iopl), DENY(ioperm), DENY(modify_ldt), DENY(mknod), DENY(uselib), DENY(ustat), DENY(sysfs),
#endif
	/* Who we are */
	DENY(setuid), DENY(setgid), DENY(setreuid), DENY(setregid), DENY(setresuid), DENY(setresgid), DENY(setgroups), DENY(setfsuid),
	DENY(setfsgid), DENY(capset),
	RETURN(SECCOMP_RET_ALLOW),
};

int
seccomp_deny(void)
{
	struct sock_fprog program = { NELEM(filter), filter };

	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
int
seccomp_deny(void)
{
	errno = ENOSYS;
	return -1;
}
#endif
