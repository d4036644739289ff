/* fdpass.c -- descriptors travel with the bytes they were sent with, are ours to close, and do not leak. */
#include "proc/fdpass.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static int pair[2];

static void
test_between_processes(void)
{
	char text[16] = "", bytes[8];
	int pipe_fds[2], fd = -1, n_fds, status;
	pid_t pid;

	if (pipe(pipe_fds) < 0)
		return;
	if ((pid = fork()) == 0) {
		ssize_t n = fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds);

		_exit(n == 5 && memcmp(bytes, "hello", 5) == 0 && fd >= 0 && write(fd, "through", 7) == 7 ? 0 : 1);
	}
	close(pair[1]);
	is_int(fdpass_send(pair[0], "hello", 5, &pipe_fds[1], 1), 5, "bytes and a descriptor are sent");
	ok(fcntl(pipe_fds[1], F_GETFD) >= 0, "the sender still has it");
	close(pipe_fds[1]);
	is_int(read(pipe_fds[0], text, sizeof(text)), 7, "the receiver wrote to it");
	is_str(text, "through", "its bytes arrived");
	waitpid(pid, &status, 0);
	is_int(status, 0, "it got the bytes, too");
	close(pipe_fds[0]);
	close(pair[0]);
}

static void
test_one_process(void)
{
	char bytes[64];
	int fd, n_fds;

	is_int(fdpass_send(pair[0], "x", 1, NULL, 0), 1, "bytes without a descriptor");
	is_int(fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds), 1, "arrive");
	is_int(n_fds, 0, "without one");
	fdpass_send(pair[0], "y", 1, (int[]){ 0 }, 1);
	fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds);
	ok(fd > 2 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "a received one closes on exec");
	close(fd);
	is_int(fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds), -1, "nothing there");
	is_int(errno, EAGAIN, "is said as recv says it");
	close(pair[0]);
	is_int(fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds), 0, "the end, too");
	is_int(fdpass_send(pair[1], "z", 1, NULL, 0), -1, "sending to nobody fails");
	is_int(errno, EPIPE, "without a signal");
	close(pair[1]);
}

/* A peer that sends more descriptors than we take must not fill our table. */
static void
test_several(void)
{
	int several[FDPASS_MAX] = { 0 }, got[FDPASS_MAX], before = dup(0), n_fds, after, i;
	char byte;

	close(before);
	is_int(fdpass_send(pair[0], "w", 1, several, FDPASS_MAX), 1, "as many descriptors as fit");
	is_int(fdpass_recv(pair[1], &byte, 1, got, FDPASS_MAX, &n_fds), 1, "are received");
	is_int(n_fds, FDPASS_MAX, "all of them");
	for (i = 0; i < n_fds; i++)
		close(got[i]);
	is_int(fdpass_send(pair[0], "w", 1, several, 3), 1, "three descriptors");
	is_int(fdpass_recv(pair[1], &byte, 1, got, 1, &n_fds), 1, "are received");
	is_int(n_fds, 1, "as the one that was asked for");
	close(got[0]);
	after = dup(0);
	is_int(after, before, "the others were closed");
	close(after);
}

int
main(void)
{
	socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
	test_between_processes();
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	test_one_process();
	socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair);
	test_several();
	return done_testing();
}
