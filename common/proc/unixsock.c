/* unixsock.c -- Unix sockets in a directory, whatever the length of its path. See unixsock.h. */
#include "unixsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* Fill in the address; *held is a descriptor of the directory that the address needs, or -1. */
static int
make_address(struct sockaddr_un *a, const char *dir, const char *name, int *held)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*held = -1;
	if ((size_t)snprintf(a->sun_path, sizeof(a->sun_path), "%s/%s", dir, name) < sizeof(a->sun_path))
		return 0;
	if ((*held = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		return -1;
	snprintf(a->sun_path, sizeof(a->sun_path), "/proc/self/fd/%d/%s", *held, name);
	return 0;
}

/* Close what is open and keep errno. */
static int
give_up(int fd, int held)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	if (held >= 0)
		close(held);
	errno = saved;
	return -1;
}

int
unixsock_listen(const char *dir, const char *name)
{
	int held, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;
	mode_t mask;
	int rc;

	if (fd < 0 || make_address(&a, dir, name, &held) < 0)
		return give_up(fd, -1);
	unlink(a.sun_path);
	mask = umask(0177);
	rc = bind(fd, (struct sockaddr *)&a, sizeof(a));
	umask(mask);
	if (rc < 0 || listen(fd, BACKLOG) < 0)
		return give_up(fd, held);
	if (held >= 0)
		close(held);
	return fd;
}

int
unixsock_connect(const char *dir, const char *name)
{
	int held, fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un a;

	if (fd < 0 || make_address(&a, dir, name, &held) < 0)
		return give_up(fd, -1);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
		return give_up(fd, held);
	if (held >= 0)
		close(held);
	return fd;
}

char *
unixsock_ws_name(char name[UNIXSOCK_NAME_BYTES], int index)
{
	snprintf(name, UNIXSOCK_NAME_BYTES, "ws.%d.sock", index);
	return name;
}

char *
unixsock_handover_name(char name[UNIXSOCK_NAME_BYTES], int index)
{
	snprintf(name, UNIXSOCK_NAME_BYTES, "ws.%d.handover.sock", index);
	return name;
}
