/* redis_server.h -- a redis-server of the test's own, which it may kill, freeze and start again; for the unit tests in
 * C. */
#ifndef UNIT_REDIS_SERVER_H
#define UNIT_REDIS_SERVER_H

#include <arpa/inet.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "run/co.h"

static pid_t server_pid;
static int port;
static const char *tls_dir;	/* of ca.pem, server.pem, server.key: TLS alone, by both sides; NULL: none */

static int
free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, n) < 0 || getsockname(fd, (struct sockaddr *)&a, &n) < 0)
		abort();
	close(fd);
	return ntohs(a.sin_port);
}

static void
exec_server(const char *text, const char *password)
{
	char ca[128], cert[128], key[128];

	if (tls_dir == NULL) {
		execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port", text, "--save", "", "--dir",
		    "/tmp", "--requirepass", password, NULL);
		return;
	}
	snprintf(ca, sizeof(ca), "%s/ca.pem", tls_dir);
	snprintf(cert, sizeof(cert), "%s/server.pem", tls_dir);
	snprintf(key, sizeof(key), "%s/server.key", tls_dir);
	execlp("redis-server", "redis-server", "--bind", "127.0.0.1", "--port", "0", "--tls-port", text, "--save", "",
	    "--dir", "/tmp", "--requirepass", password, "--tls-ca-cert-file", ca, "--tls-cert-file", cert,
	    "--tls-key-file", key, NULL);
}

/* On `port`, empty; `password` "" asks for none. It dies with the test. */
static void
start_server(const char *password)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", port);
	if ((server_pid = fork()) == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(1);
		exec_server(text, password);
		_exit(127);
	}
}

static void
kill_server(void)
{
	kill(server_pid, SIGKILL);
	waitpid(server_pid, NULL, 0);
}

/* Yields until the condition holds, at most `ms`; whether it does. */
static bool
wait_until(bool (*cond)(void), int64_t ms)
{
	int64_t until = mono_ms() + ms;

	while (!cond() && mono_ms() < until)
		co_sleep(5);
	return cond();
}

#endif
