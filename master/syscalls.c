/* syscalls.c -- the table of system calls behind the filter of seccomp.c. See syscalls.h.
 *
 * Measured, then completed. Measured: every call that a child made under its filter while the tests ran
 * (etc/doc/security.md says how to repeat it). Completed: the other forms of those calls which glibc, libpq,
 * librdkafka, hiredis, libcurl and OpenSSL choose on another kernel, architecture or release (poll and ppoll, fstat and
 * statx), and what they call when something goes wrong (tgkill of abort). One table for all kinds of processes: they
 * share the libraries, and what only one of them does (listen, rename) is of no use to an intruder in another.
 */
#include "syscalls.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/prctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/str.h"

#define ALLOW(name)	{ SYS_##name, SYSCALL_ALLOWED }
#define CHECK(name)	{ SYS_##name, SYSCALL_CHECKED }
#define DENY(name)	{ SYS_##name, SYSCALL_DENIED }

const struct syscall_rule syscall_rules[] = {
	/* Memory */
	ALLOW(brk), CHECK(mmap), CHECK(mprotect), ALLOW(munmap), ALLOW(mremap), ALLOW(madvise), ALLOW(mlock),
	ALLOW(mlock2), ALLOW(munlock), ALLOW(membarrier),

	/* Files */
	ALLOW(openat), ALLOW(close), ALLOW(close_range), ALLOW(read), ALLOW(readv), ALLOW(pread64), ALLOW(preadv),
	ALLOW(write), ALLOW(writev), ALLOW(pwrite64), ALLOW(pwritev), ALLOW(lseek), ALLOW(sendfile), ALLOW(fstat),
	ALLOW(newfstatat), ALLOW(statx), ALLOW(fstatfs), ALLOW(statfs), ALLOW(faccessat), ALLOW(faccessat2),
	ALLOW(readlinkat), ALLOW(getdents64), ALLOW(getcwd), ALLOW(fcntl), CHECK(ioctl), ALLOW(dup), ALLOW(dup3),
	ALLOW(pipe2), ALLOW(flock), ALLOW(fsync), ALLOW(fdatasync), ALLOW(ftruncate), ALLOW(fallocate),
	ALLOW(fadvise64), ALLOW(unlinkat), ALLOW(renameat), ALLOW(renameat2), ALLOW(umask),
#ifdef __x86_64__
	ALLOW(open), ALLOW(stat), ALLOW(lstat), ALLOW(access), ALLOW(readlink), ALLOW(dup2), ALLOW(pipe),
	ALLOW(unlink), ALLOW(rename),
#endif

	/* Sockets */
	CHECK(socket), ALLOW(socketpair), ALLOW(connect), ALLOW(bind), ALLOW(listen), ALLOW(accept), ALLOW(accept4),
	ALLOW(shutdown), ALLOW(getsockname), ALLOW(getpeername), ALLOW(getsockopt), ALLOW(setsockopt), ALLOW(sendto),
	ALLOW(sendmsg), ALLOW(sendmmsg), ALLOW(recvfrom), ALLOW(recvmsg), ALLOW(recvmmsg),

	/* Waiting */
	ALLOW(epoll_create1), ALLOW(epoll_ctl), ALLOW(epoll_pwait), ALLOW(epoll_pwait2), ALLOW(ppoll),
	ALLOW(pselect6), ALLOW(eventfd2), ALLOW(signalfd4), ALLOW(timerfd_create), ALLOW(timerfd_settime),
	ALLOW(timerfd_gettime),
#ifdef __x86_64__
	ALLOW(epoll_create), ALLOW(epoll_wait), ALLOW(poll), ALLOW(select), ALLOW(eventfd), ALLOW(pause),
#endif

	/* Time: mostly answered without the kernel, but not on every clock source */
	ALLOW(clock_gettime), ALLOW(clock_getres), ALLOW(clock_nanosleep), ALLOW(nanosleep), ALLOW(gettimeofday),
	ALLOW(times),
#ifdef __x86_64__
	ALLOW(time),
#endif

	/* Threads; of clone3 the filter cannot see the flags, and glibc falls back to clone */
	CHECK(clone), ALLOW(futex), ALLOW(set_robust_list), ALLOW(get_robust_list), ALLOW(rseq), ALLOW(gettid),
	ALLOW(exit), ALLOW(sched_yield), ALLOW(sched_getaffinity), ALLOW(sched_getparam), ALLOW(sched_getscheduler),
	CHECK(sched_setscheduler), ALLOW(getcpu), ALLOW(getpriority), ALLOW(setpriority),

	/* Signals */
	ALLOW(rt_sigaction), ALLOW(rt_sigprocmask), ALLOW(rt_sigreturn), ALLOW(rt_sigpending), ALLOW(rt_sigtimedwait),
	ALLOW(rt_sigsuspend), ALLOW(sigaltstack), ALLOW(restart_syscall), CHECK(kill), CHECK(tgkill),

	/* The process itself */
	ALLOW(getpid), ALLOW(getppid), ALLOW(getuid), ALLOW(geteuid), ALLOW(getgid), ALLOW(getegid), ALLOW(getresuid),
	ALLOW(getresgid), ALLOW(getgroups), ALLOW(uname), ALLOW(sysinfo), ALLOW(getrusage), CHECK(prlimit64),
	CHECK(prctl), ALLOW(getrandom), ALLOW(exit_group),

	/* The ring of worker/ws/conn/ring.c, opened and restricted to sends before the filter */
	CHECK(io_uring_enter),

	/* Other programs and other processes */
	DENY(execve), DENY(execveat), DENY(process_vm_writev), DENY(kcmp), DENY(pidfd_getfd),
#ifdef SYSCALLS_SANITIZED	/* the leak checker stops the process from a copy of it */
	ALLOW(ptrace), ALLOW(process_vm_readv), ALLOW(wait4),
#ifdef __x86_64__
	ALLOW(getdents),
#endif
#else
	DENY(ptrace), DENY(process_vm_readv),
#endif
#ifdef __x86_64__
	DENY(fork), DENY(vfork),
#endif
	/* The file systems, name spaces and the machine */
	DENY(mount), DENY(umount2), DENY(pivot_root), DENY(chroot), DENY(unshare), DENY(setns),
	DENY(open_by_handle_at), DENY(swapon), DENY(swapoff), DENY(reboot), DENY(sethostname), DENY(setdomainname),
	DENY(settimeofday), DENY(clock_settime), DENY(adjtimex), DENY(acct), DENY(quotactl), DENY(move_mount),
	DENY(open_tree), DENY(fsopen), DENY(fsconfig), DENY(fsmount), DENY(fspick), DENY(mknodat),
	/* The kernel */
	DENY(bpf), DENY(perf_event_open), DENY(init_module), DENY(finit_module), DENY(delete_module),
	DENY(kexec_load), DENY(kexec_file_load), DENY(keyctl), DENY(add_key), DENY(request_key), DENY(userfaultfd),
	DENY(personality), DENY(syslog), DENY(vhangup), DENY(io_uring_setup), DENY(io_uring_register),
#ifdef __x86_64__
	DENY(iopl), DENY(ioperm), DENY(modify_ldt), DENY(mknod), DENY(uselib), DENY(ustat), DENY(sysfs),
#endif
	/* Identity of the process */
	DENY(setuid), DENY(setgid), DENY(setreuid), DENY(setregid), DENY(setresuid), DENY(setresgid), DENY(setgroups),
	DENY(setfsuid), DENY(setfsgid), DENY(capset),
};

#define ALL		~0u
#define NAMESPACES	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			    CLONE_NEWNET)
#define SOCKET(family)	{ SYS_socket, 0, ALL, family, EAFNOSUPPORT }
#define IOCTL(request)	{ SYS_ioctl, 1, ALL, request, ENOTTY }
#define PRCTL(option)	{ SYS_prctl, 0, ALL, option, EINVAL }

const struct syscall_check syscall_checks[] = {
	/* Memory may be written or run, not both */
	{ SYS_mmap, 2, PROT_WRITE, 0, EPERM }, { SYS_mmap, 2, PROT_EXEC, 0, EPERM },
	{ SYS_mprotect, 2, PROT_WRITE, 0, EPERM }, { SYS_mprotect, 2, PROT_EXEC, 0, EPERM },
	/* Netlink: getaddrinfo asks which addresses this host has */
	SOCKET(AF_UNIX), SOCKET(AF_INET), SOCKET(AF_INET6), SOCKET(AF_NETLINK),
	IOCTL(FIONBIO), IOCTL(FIONREAD), IOCTL(FIOCLEX), IOCTL(FIONCLEX), IOCTL(TIOCOUTQ), IOCTL(TCGETS),
	IOCTL(TIOCGWINSZ),
	PRCTL(PR_SET_NAME), PRCTL(PR_GET_NAME), PRCTL(PR_SET_PDEATHSIG), PRCTL(PR_GET_PDEATHSIG),
	PRCTL(PR_GET_DUMPABLE), PRCTL(PR_GET_SECCOMP), PRCTL(PR_GET_NO_NEW_PRIVS), PRCTL(PR_CAPBSET_READ),
	PRCTL(PR_SET_VMA),
#ifdef SYSCALLS_SANITIZED
	PRCTL(PR_SET_DUMPABLE), PRCTL(PR_SET_PTRACER),
	{ SYS_clone, 0, NAMESPACES, 0, EPERM },
#else
	{ SYS_clone, 0, CLONE_THREAD | NAMESPACES, CLONE_THREAD, EPERM },
#endif
	{ SYS_sched_setscheduler, 1, ALL, SCHED_BATCH, EPERM },
	{ SYS_sched_setscheduler, 1, ALL, SCHED_IDLE, EPERM },
	/* To other processes goes only the bell (scoreboard_ring) */
	{ SYS_kill, 1, ALL, SIGURG, EPERM }, { SYS_kill, 1, ALL, 0, EPERM },
	{ SYS_tgkill, 0, ALL, SYSCALL_MY_PID, EPERM },
	{ SYS_io_uring_enter, 3, ALL, IORING_ENTER_GETEVENTS, EPERM },
	{ SYS_prlimit64, 0, ALL, 0, EPERM }, { SYS_prlimit64, 0, ALL, SYSCALL_MY_PID, EPERM },
};

const size_t syscall_n_rules = NELEM(syscall_rules), syscall_n_checks = NELEM(syscall_checks);
_Static_assert(NELEM(syscall_rules) <= SYSCALL_RULES_MAX, "SYSCALL_RULES_MAX");
