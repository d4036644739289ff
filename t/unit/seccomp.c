/* seccomp.c -- the allow list of system calls: what it denies, what it does not have, and what works under it. */
#include "master/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "master/syscalls.h"
#include "tap.h"

enum { NUMBERS_MAX = 512, EXIT_UNFILTERED = 255 };

static int *stray;		/* shared with the children: the first call that answered something else; -1: none */

/* --- Attempts, each in a process of its own: the exit status is errno, or 0 --- */

static long
run_a_program(void)
{
	char *argv[] = { "true", NULL };

	return execv("/bin/true", argv);
}

static long
mount_something(void)
{
	return mount("none", "/tmp", "tmpfs", 0, NULL);
}

static long
load_bpf(void)
{
	return syscall(SYS_bpf, 0, NULL, 0);
}

static long
leave_the_name_space(void)
{
	return unshare(CLONE_NEWUSER);
}

static long
become_root(void)
{
	return setuid(0);
}

static long
write_to_the_parent(void)
{
	char here, *there = &here;
	struct iovec to = { &here, 1 }, from = { there, 1 };

	return syscall(SYS_process_vm_writev, getppid(), &to, 1, &from, 1, 0);
}

static long
clone_a_name_space(void)
{
	return syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, NULL, NULL, 0);
}

static long
map_writable_code(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static long
make_code_writable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static long
signal_the_parent(void)
{
	return kill(getppid(), SIGWINCH);
}

static long
limit_the_parent(void)
{
	struct rlimit now;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &now);
}

static long
open_a_packet_socket(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

static long
control_a_device(void)
{
	int on = 1;

	return ioctl(socket(AF_INET, SOCK_STREAM, 0), FIOASYNC, &on);
}

static long
set_the_timer_slack(void)
{
	return prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
}

static long
ask_for_a_group(void)
{
	return getpgid(0);
}

static long
copy_a_file_range(void)
{
	return syscall(SYS_copy_file_range, 0, NULL, 1, NULL, 0, 0);
}

static long
make_memory_file(void)
{
	return memfd_create("x", 0);
}

static long
clone3_a_thread(void)
{
	return syscall(SYS_clone3, NULL, 0);
}

#ifndef SYSCALLS_SANITIZED	/* whose leak checker needs both */
static long
fork_a_child(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
trace_it(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
#endif

/* --- What must go on: 0, else which part fails --- */

static void *
work(void *arg)
{
	const struct sched_param none = { 0 };

	if (setpriority(PRIO_PROCESS, 0, 5) < 0 || pthread_setschedparam(pthread_self(), SCHED_IDLE, &none) != 0)
		return NULL;
	return arg;
}

static long
use_files(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC), fds[2];

	if (fd < 0 || write(fd, "x", 1) != 1 || close(fd) < 0)
		return -1;
	return pipe2(fds, O_CLOEXEC) == 0 && access("/", R_OK) == 0 ? 0 : -1;
}

static long
use_sockets(void)
{
	int fds[2], fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (fd < 0 || ioctl(fd, FIONBIO, &on) < 0 || listen(fd, 1) < 0)
		return -1;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
}

static long
use_threads(void)
{
	void *said, *word = &said;
	pthread_t t;

	return pthread_create(&t, NULL, work, word) == 0 && pthread_join(t, &said) == 0 && said == word ? 0 : -1;
}

static long
use_memory(void)
{
	char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p != MAP_FAILED && mprotect(p, 4096, PROT_NONE) == 0 && madvise(p, 1 << 20, MADV_DONTNEED) == 0 ? 0 : -1;
}

static long
use_names(void)
{
	struct addrinfo *found, hints = { .ai_socktype = SOCK_STREAM };

	return getaddrinfo("localhost", "80", &hints, &found) == 0 ? 0 : -1;
}

static long
ring_the_parent(void)
{
	return kill(getppid(), SIGURG);
}

static long
limit_oneself(void)
{
	struct rlimit now;

	return getrlimit(RLIMIT_NOFILE, &now) == 0 && setrlimit(RLIMIT_NOFILE, &now) == 0 ? 0 : -1;
}

static long
abort_at_once(void)
{
	abort();
}

/* --- Every number there is --- */

static enum syscall_tier
tier_of(uint32_t call)
{
	size_t i;

	for (i = 0; i < syscall_n_rules; i++)
		if (syscall_rules[i].call == call)
			return syscall_rules[i].tier;
	return SYSCALL_UNKNOWN;
}

/* The kernel's own trampolines for probes, which no filter sees; from elsewhere they are SIGILL. */
static bool
is_probe(uint32_t call)
{
#ifdef __x86_64__
	return call == 335 || call == 336;
#else
	(void)call;
	return false;
#endif
}

/* With arguments that no call takes, for the case that it is not filtered. */
static long
sweep(enum syscall_tier tier, int error)
{
	uint32_t call;

	setsid();
	if (getpgid(0) >= 0)
		return -1;
	for (call = 0; call < NUMBERS_MAX; call++) {
		if (tier_of(call) != tier || is_probe(call))
			continue;
		errno = 0;
		if (syscall(call, -1L, -1L, -1L, -1L, -1L, -1L) != -1 || errno != error) {
			*stray = (int)call;
			return -1;
		}
	}
	return 0;
}

static long
sweep_denied(void)
{
	return sweep(SYSCALL_DENIED, EPERM);
}

static long
sweep_unknown(void)
{
	return sweep(SYSCALL_UNKNOWN, ENOSYS);
}

static const struct attempt {
	const char	*name;
	long		(*fn)(void);
	int		 error;
} attempts[] = {
	{ "another program", run_a_program, EPERM },
	{ "a mount", mount_something, EPERM },
	{ "code in the kernel", load_bpf, EPERM },
	{ "a name space", leave_the_name_space, EPERM },
	{ "another user", become_root, EPERM },
	{ "the memory of another process", write_to_the_parent, EPERM },
	{ "a clone in a name space of its own", clone_a_name_space, EPERM },
#ifndef SYSCALLS_SANITIZED
	{ "a process", fork_a_child, EPERM },
	{ "ptrace", trace_it, EPERM },
#endif
	{ "memory to write and to run", map_writable_code, EPERM },
	{ "to write to code", make_code_writable, EPERM },
	{ "a signal to another process", signal_the_parent, EPERM },
	{ "the limits of another process", limit_the_parent, EPERM },
	{ "another family of sockets", open_a_packet_socket, EAFNOSUPPORT },
	{ "another request of ioctl", control_a_device, ENOTTY },
	{ "another option of prctl", set_the_timer_slack, EINVAL },
	{ "getpgid, which is not in the table", ask_for_a_group, ENOSYS },
	{ "copy_file_range, nor is it", copy_a_file_range, ENOSYS },
	{ "memfd_create, nor is it", make_memory_file, ENOSYS },
	{ "clone3, whose flags cannot be seen", clone3_a_thread, ENOSYS },
	{ "every call that is denied by name", sweep_denied, 0 },
	{ "every call that the table does not have", sweep_unknown, 0 },
	{ "files", use_files, 0 },
	{ "sockets", use_sockets, 0 },
	{ "threads", use_threads, 0 },
	{ "memory", use_memory, 0 },
	{ "names of hosts", use_names, 0 },
	{ "the bell to another process", ring_the_parent, 0 },
	{ "its own limits", limit_oneself, 0 },
};

static int
in_child(long (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_confine() < 0)
			_exit(EXIT_UNFILTERED);
		errno = 0;
		_exit(fn() < 0 ? errno != 0 ? errno : EXIT_UNFILTERED - 1 : 0);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int
main(void)
{
	const struct attempt *a;

	stray = mmap(NULL, sizeof(*stray), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*stray = -1;
	for (a = attempts; a < attempts + NELEM(attempts); a++)
		is_int(in_child(a->fn), a->error, "%s: %s", a->name, a->error ? strerror(a->error) : "as promised");
	is_int(*stray, -1, "no call leaves the filter");
	is_int(in_child(abort_at_once), 1000 + SIGABRT, "a bug aborts the process under the filter");
	return done_testing();
}
