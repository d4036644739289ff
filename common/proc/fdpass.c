/* fdpass.c -- bytes with a descriptor over a Unix socket. See fdpass.h. */
#include "fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

ssize_t
fdpass_send(int sock, const void *p, size_t n, const int *fds, int n_fds)
{
	union {
		struct cmsghdr	 align;
		char		 room[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
	} control = { 0 };
	struct iovec iov = { (void *)(size_t)p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t bytes = (size_t)n_fds * sizeof(int);
	ssize_t sent;

	if (n_fds > 0) {
		struct cmsghdr *c;

		m.msg_control = control.room;
		m.msg_controllen = CMSG_SPACE(bytes);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(c), fds, bytes);
	}
	do
		sent = sendmsg(sock, &m, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

/* The descriptors of a control message; what is too many is closed. */
static void
take_descriptors(struct cmsghdr *c, int *fds, int max, int *n_fds)
{
	size_t i, count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int got[FDPASS_MAX];

	memcpy(got, CMSG_DATA(c), count * sizeof(int));
	for (i = 0; i < count; i++) {
		if (*n_fds < max)
			fds[(*n_fds)++] = got[i];
		else
			close(got[i]);
	}
}

ssize_t
fdpass_recv(int sock, void *p, size_t n, int *fds, int max, int *n_fds)
{
	union {
		struct cmsghdr	 align;
		/* the kernel closes what does not fit */
		char		 room[CMSG_SPACE(FDPASS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { p, n };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
	    .msg_controllen = sizeof(control.room) };
	struct cmsghdr *c;
	ssize_t got;

	*n_fds = 0;
	do
		got = recvmsg(sock, &m, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -1;
	for (c = CMSG_FIRSTHDR(&m); c != NULL; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			take_descriptors(c, fds, max, n_fds);
	return got;
}
