/* listen.c -- the listening sockets. See listen.h.
 *
 * Non-blocking and close-on-exec; an IPv6 socket takes no IPv4, so that "0.0.0.0,::" may share one port.
 */
#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "privilege.h"
#include "proc/unixsock.h"

enum { HOST_BYTES = 256, PATIENCE_MS = 5000, RETRY_MS = 50 };

static struct child_sockets sockets;
static struct {
	int	 fds[NELEM(((struct child_sockets *)0)->http) - 1];	/* not yet taken */
	size_t	 n;
	int	 fanout[NELEM(((struct child_sockets *)0)->ws)];		/* 0: none */
	bool	 as_is;
} inherited;

const struct child_sockets *
listen_sockets(void)
{
	return &sockets;
}

void
listen_inherit(int fd, bool as_is)
{
	int type = 0, on = 0;
	socklen_t n = sizeof(type);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 || type != SOCK_STREAM ||
	    inherited.n == NELEM(inherited.fds) || getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &on, &n) < 0 || on == 0) {
		log_warn("an inherited socket is not listening", JI("descriptor", fd));
		close(fd);
		return;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	inherited.fds[inherited.n++] = fd;
	inherited.as_is = inherited.as_is || as_is;
}

void
listen_inherit_fanout(int index, int fd)
{
	if (index < 1 || index >= (int)NELEM(inherited.fanout) || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return;
	inherited.fanout[index] = fd;
}

bool
listen_as_is(void)
{
	return inherited.as_is;
}

static bool
is_bound_to(int fd, const struct addrinfo *a)
{
	struct sockaddr_storage own;
	socklen_t n = sizeof(own);

	memset(&own, 0, sizeof(own));
	return getsockname(fd, (struct sockaddr *)&own, &n) == 0 && n == a->ai_addrlen &&
	    memcmp(&own, a->ai_addr, n) == 0;
}

/* The inherited socket bound to this address, or -1. */
static int
find_inherited(const struct addrinfo *a)
{
	size_t i;
	int fd;

	for (i = 0; i < inherited.n; i++) {
		if (!is_bound_to(inherited.fds[i], a))
			continue;
		fd = inherited.fds[i];
		inherited.fds[i] = inherited.fds[--inherited.n];
		return fd;
	}
	return -1;
}

/* The socket, or -1 with errno. */
static int
bind_address(const struct addrinfo *a)
{
	int yes = 1, saved, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
	if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, (int)conf.listen_backlog) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static int
bind_with_patience(const struct addrinfo *a, bool patient)
{
	int64_t until_ms = mono_ms() + (patient ? PATIENCE_MS : 0);
	int fd;

	while ((fd = bind_address(a)) < 0 && errno == EADDRINUSE && mono_ms() < until_ms)
		usleep(RETRY_MS * 1000);
	return fd;
}

/* One entry of HOST. Returns the socket, or -1 for an IPv6 address on a host without IPv6. */
static int
listen_host(const char *host, int64_t number, bool patient)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM }, *a;
	bool without_ipv6;
	char port[8];
	int fd, rc;

	snprintf(port, sizeof(port), "%d", (int)number);
	if ((rc = getaddrinfo(host, port, &hints, &a)) != 0)
		die("cannot listen: HOST is no address", JS("host", host), JS("error", gai_strerror(rc)));
	if ((fd = find_inherited(a)) < 0)
		fd = bind_with_patience(a, patient);
	without_ipv6 = a->ai_family == AF_INET6 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
	freeaddrinfo(a);
	if (fd < 0 && errno == EADDRINUSE)
		die("cannot listen: the port is taken by another program; choose another PORT or WS_RAW_PORT",
		    JS("host", host), JI("port", number));
	if (fd < 0 && !without_ipv6)
		die("cannot listen", JS("host", host), JI("port", number), JS("error", strerror(errno)));
	return fd;
}

/* Every address of HOST with this port; *n: sockets so far. */
static void
listen_port(int64_t number, bool patient, size_t *n)
{
	const char *p = conf.host;
	size_t len;
	int fd;

	while (*p != '\0') {
		char host[HOST_BYTES];

		len = strcspn(p, ", ");
		snprintf(host, sizeof(host), "%.*s", (int)len, p);
		if (len > 0 && *n + 1 == NELEM(sockets.http))
			die("HOST names too many addresses", JI("most", (int64_t)NELEM(sockets.http) - 1));
		if (len > 0 && (fd = listen_host(host, number, patient)) >= 0)
			sockets.http[(*n)++] = fd;
		p += len;
		p += strspn(p, ", ");
	}
}

static void
listen_public(bool patient)
{
	size_t n = 0;

	listen_port(conf.port, patient, &n);
	if (n == 0)
		die("HOST names no address to listen on", JS("host", conf.host));
	if (conf.ws_raw_port != 0)
		listen_port(conf.ws_raw_port, patient, &n);
}

static void
listen_fanout(int index)
{
	char name[UNIXSOCK_NAME_BYTES], path[4096];

	unixsock_ws_name(name, index);
	if (inherited.fanout[index] != 0) {
		sockets.ws[index] = inherited.fanout[index];
		inherited.fanout[index] = 0;
		return;
	}
	if ((sockets.ws[index] = unixsock_listen(conf.run_dir, name)) < 0)
		die("cannot listen", JS("directory", conf.run_dir), JS("socket", name), JS("error", strerror(errno)));
	snprintf(path, sizeof(path), "%s/%s", conf.run_dir, name);
	privilege_give(path);
}

static void
close_unwanted(void)
{
	size_t i;

	while (inherited.n > 0)
		close(inherited.fds[--inherited.n]);
	for (i = 0; i < NELEM(inherited.fanout); i++)
		if (inherited.fanout[i] != 0)
			close(inherited.fanout[i]);
}

void
listen_open(bool patient)
{
	size_t i;

	for (i = 0; i < NELEM(sockets.http); i++)
		sockets.http[i] = -1;
	for (i = 0; i < NELEM(sockets.ws); i++)
		sockets.ws[i] = -1;
	if (inherited.as_is)
		while (inherited.n > 0) {
			inherited.n--;
			sockets.http[inherited.n] = inherited.fds[inherited.n];
		}
	else
		listen_public(patient);
	for (i = 1; i <= (size_t)conf.ws_workers; i++)
		listen_fanout((int)i);
	close_unwanted();
}

void
listen_close(void)
{
	char name[UNIXSOCK_NAME_BYTES], path[4096];
	int i;

	for (i = 1; i <= (int)conf.ws_workers; i++) {
		snprintf(path, sizeof(path), "%s/%s", conf.run_dir, unixsock_ws_name(name, i));
		unlink(path);
		snprintf(path, sizeof(path), "%s/%s", conf.run_dir, unixsock_handover_name(name, i));
		unlink(path);
	}
}
