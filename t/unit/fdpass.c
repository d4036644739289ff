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
	is_int(fdpass_send(pair[0], "hello", 5, &pipe_fds[1], 1), 5, "fdpass_send sends bytes and a descriptor");
	ok(fcntl(pipe_fds[1], F_GETFD) >= 0, "the sender keeps its descriptor");
	close(pipe_fds[1]);
	is_int(read(pipe_fds[0], text, sizeof(text)), 7, "the receiver can write to the received descriptor");
	is_str(text, "through", "what the receiver writes arrives");
	waitpid(pid, &status, 0);
	is_int(status, 0, "the receiver gets the bytes too");
	close(pipe_fds[0]);
	close(pair[0]);
}

static void
test_one_process(void)
{
	char bytes[64];
	int fd, n_fds;

	is_int(fdpass_send(pair[0], "x", 1, NULL, 0), 1, "fdpass_send sends bytes without a descriptor");
	is_int(fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds), 1, "bytes without a descriptor arrive");
	is_int(n_fds, 0, "no descriptor comes with them");
	fdpass_send(pair[0], "y", 1, (int[]){ 0 }, 1);
	fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds);
	ok(fd > 2 && (fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0, "a received descriptor closes on exec");
	close(fd);
	is_int(fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds), -1,
	    "receiving from an empty socket fails");
	is_int(errno, EAGAIN, "an empty socket is reported as by recv");
	close(pair[0]);
	is_int(fdpass_recv(pair[1], bytes, sizeof(bytes), &fd, 1, &n_fds), 0, "the end of the stream is reported");
	is_int(fdpass_send(pair[1], "z", 1, NULL, 0), -1, "sending to a closed peer fails");
	is_int(errno, EPIPE, "sending to a closed peer raises no signal");
	close(pair[1]);
}

/* A peer that sends more descriptors than we take must not fill our table. */
static void
test_several(void)
{
	int several[FDPASS_MAX] = { 0 }, got[FDPASS_MAX], before = dup(0), n_fds, after, i;
	char byte;

	close(before);
	is_int(fdpass_send(pair[0], "w", 1, several, FDPASS_MAX), 1, "the most descriptors of one message are sent");
	is_int(fdpass_recv(pair[1], &byte, 1, got, FDPASS_MAX, &n_fds), 1,
	    "the most descriptors of one message are received");
	is_int(n_fds, FDPASS_MAX, "all of them arrive");
	for (i = 0; i < n_fds; i++)
		close(got[i]);
	is_int(fdpass_send(pair[0], "w", 1, several, 3), 1, "three descriptors are sent");
	is_int(fdpass_recv(pair[1], &byte, 1, got, 1, &n_fds), 1,
	    "a receiver with room for one descriptor receives them");
	is_int(n_fds, 1, "the first descriptor is kept");
	close(got[0]);
	after = dup(0);
	is_int(after, before, "the others are closed");
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
