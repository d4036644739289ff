/* doctor_http.c -- see doctor_http.h. */
#include "doctor_http.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/str.h"

enum { ANSWER_BYTES = 8192 };

/* Where all addresses are listened on, the loopback one answers. */
static void
first_host(char *host, size_t bytes, const char *hosts)
{
	snprintf(host, bytes, "%.*s", (int)strcspn(hosts, ", "), hosts);
	if (*host == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
		snprintf(host, bytes, "127.0.0.1");
}

static const char *
open_socket(const char *hosts, int port, int limit_ms, int *fd)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found;
	struct timeval limit = { limit_ms / 1000, limit_ms % 1000 * 1000 };
	const char *why = NULL;
	char host[256], service[16];

	first_host(host, sizeof(host), hosts);
	snprintf(service, sizeof(service), "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0)
		return "HOST cannot be resolved";
	*fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, found->ai_protocol);
	setsockopt(*fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (connect(*fd, found->ai_addr, found->ai_addrlen) < 0) {
		why = errno == EINPROGRESS ? "no answer to a connect" : strerror(errno);
		close(*fd);
	}
	freeaddrinfo(found);
	return why;
}

const char *
doctor_http(struct http_probe *p, const char *hosts, int port, const char *path, int limit_ms)
{
	char answer[ANSWER_BYTES], request[512];
	int64_t began_us = mono_us();
	const char *why, *body;
	size_t got = 0;
	ssize_t n;
	int fd;

	if ((why = open_socket(hosts, port, limit_ms, &fd)) != NULL)
		return why;
	snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n", path,
	    port);
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0)
		why = strerror(errno);
	while (why == NULL && got < sizeof(answer) - 1 && (n = recv(fd, answer + got, sizeof(answer) - 1 - got, 0)) !=
	    0) {
		if (n < 0)
			why = errno == EAGAIN ? "no answer to a request" : strerror(errno);
		else
			got += (size_t)n;
	}
	close(fd);
	answer[got] = '\0';
	if (why != NULL || sscanf(answer, "HTTP/%*s %d", &p->status) != 1)
		return why != NULL ? why : "not an answer of HTTP";
	p->ms = (double)(mono_us() - began_us) / 1000;
	body = strstr(answer, "\r\n\r\n");
	snprintf(p->body, sizeof(p->body), "%s", body != NULL ? body + 4 : "");
	return NULL;
}
