/* systemd.c -- systemd's side of the master. See systemd.h. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "listen.h"
#include "systemd.h"

enum { LISTEN_FIRST = 3 };

static struct {
	int			 fd;
	struct sockaddr_un	 to;
	socklen_t		 to_bytes;
	int64_t			 every_ms, last_ms;	/* of the watchdog; 0: none */
} state = { .fd = -1 };

void
systemd_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET"), *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t n, who = getpid();
	char own[16];

	if (path == NULL || (*path != '/' && *path != '@') || strlen(path) >= sizeof(state.to.sun_path))
		return;
	state.to.sun_family = AF_UNIX;
	memcpy(state.to.sun_path, path, strlen(path));
	if (*path == '@')
		state.to.sun_path[0] = '\0';
	state.to_bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + (*path == '/'));
	state.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* After an upgrade it is ours, though it names the old master. */
	(void)(pid != NULL && parse_int(pid, 1, INT32_MAX, &who));
	if (us != NULL && parse_int(us, 1000, INT64_MAX / 2, &n))
		state.every_ms = n / 1000 / 2;
	if (state.every_ms == 0)
		return;
	if (who != getpid() && who != getppid()) {
		state.every_ms = 0;
		return;
	}
	snprintf(own, sizeof(own), "%d", (int)getpid());
	setenv("WATCHDOG_PID", own, 1);		/* for the next upgrade */
}

static void
notify_systemd(const char *text)
{
	if (state.fd < 0)
		return;
	if (sendto(state.fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&state.to, state.to_bytes) < 0)
		log_debug("systemd does not listen", JS("error", strerror(errno)));
}

void
systemd_ready(void)
{
	notify_systemd("READY=1\nSTATUS=running");
}

void
systemd_reloading(void)
{
	char text[80];

	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=reloading", (long long)mono_ms() * 1000);
	notify_systemd(text);
}

void
systemd_stopping(void)
{
	notify_systemd("STOPPING=1\nSTATUS=stopping");
}

void
systemd_main_pid(pid_t pid)
{
	char text[64];

	snprintf(text, sizeof(text), "MAINPID=%d\nREADY=1\nWATCHDOG=1", (int)pid);
	notify_systemd(text);
}

int64_t
systemd_watchdog(void)
{
	int64_t now = mono_ms();

	if (state.fd < 0 || state.every_ms == 0)
		return INT64_MAX;
	if (now - state.last_ms >= state.every_ms) {
		notify_systemd("WATCHDOG=1");
		state.last_ms = now;
	}
	return state.last_ms + state.every_ms - now;
}

int
systemd_take_sockets(void)
{
	static const char *volatile pid, *volatile fds, *volatile names;	/* stay, as in upgrade.c */
	int64_t who, n, i;

	pid = getenv("LISTEN_PID");
	fds = getenv("LISTEN_FDS");
	names = getenv("LISTEN_FDNAMES");
	(void)names;
	if (pid == NULL || fds == NULL || !parse_int(pid, 1, INT32_MAX, &who) || who != getpid() ||
	    !parse_int(fds, 1, 64, &n))
		n = 0;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	for (i = 0; i < n; i++)
		listen_inherit((int)(LISTEN_FIRST + i), true);
	return (int)n;
}
