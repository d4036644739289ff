/* seccomp.c -- what the filter denies, and what goes on working under it. */
#include "master/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static void *
work(void *arg)
{
	return arg;
}

static bool
denied(long rc)
{
	return rc < 0 && errno == EPERM;
}

/* A bit for each that is not denied. */
static unsigned
try_forbidden(void)
{
	char *argv[] = { "true", NULL };
	unsigned passed = 0;

	passed |= denied(execv("/bin/true", argv)) ? 0 : 1u;
	passed |= denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL)) ? 0 : 2u;
	passed |= denied(mount("none", "/tmp", "tmpfs", 0, NULL)) ? 0 : 4u;
	passed |= denied(syscall(SYS_bpf, 0, NULL, 0)) ? 0 : 8u;
	passed |= denied(unshare(CLONE_NEWUSER)) ? 0 : 16u;
	passed |= denied(syscall(SYS_io_uring_setup, 1, NULL)) ? 0 : 32u;
	passed |= denied(setuid(0)) ? 0 : 64u;
	passed |= denied(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0)) ? 0 : 128u;
	return passed;
}

/* The same for what must go on. */
static unsigned
try_needed(void)
{
	unsigned failed = 0;
	pthread_t t;
	pid_t pid;
	int fd;

	failed |= (fd = open("/dev/null", O_RDWR | O_CLOEXEC)) >= 0 && write(fd, "x", 1) == 1 ? 0 : 1u;
	failed |= socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 2u;
	failed |= pthread_create(&t, NULL, work, NULL) == 0 && pthread_join(t, NULL) == 0 ? 0 : 4u;
	failed |= mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED ? 0 : 8u;
	if ((pid = fork()) == 0)
		_exit(denied(execl("/bin/true", "true", (char *)NULL)) ? 7 : 1);
	failed |= pid > 0 && waitpid(pid, &fd, 0) == pid && WEXITSTATUS(fd) == 7 ? 0 : 16u;
	return failed;
}

static int
in_child(unsigned (*fn)(void))
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_deny() < 0)
			_exit(255);
		_exit((int)fn());
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + status;
}

int
main(void)
{
	is_int(in_child(try_forbidden), 0, "programs, other processes, mounts, the kernel, other users: all denied with EPERM");
	is_int(in_child(try_needed), 0, "files, sockets, threads, memory and children go on, and the children are filtered too");
	return done_testing();
}
