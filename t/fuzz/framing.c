/* framing.c -- two readers of one stream agree: what the framing lets through, libmicrohttpd takes apart into the same
 * requests, in whatever parts the bytes come; and what the short way of a WebSocket (head.c) takes, the framing takes
 * too, with the same end.
 *
 * The first byte of the input says in which parts the library gets the rest. Compared are the number of requests, their
 * methods and targets, in order; a wrong end of a body shows as a wrong next request. The library may refuse more (then
 * it closes), never less.
 */
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/http/framing.h"
#include "worker/http/head.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

enum { REQUESTS_MAX = 64, BYTES_MAX = 4096, TEXT_MAX = 128, RUNS = 8 };

struct seen {
	char	 line[REQUESTS_MAX][TEXT_MAX];	/* "METHOD target", its start */
	int	 n;
};
static struct seen by_framing, by_library;
static bool library_closed;
static char target[BYTES_MAX + 1];

static void
put(struct seen *s, const char *method, size_t method_n, const char *uri, size_t uri_n)
{
	if (s->n == REQUESTS_MAX)
		return;
	snprintf(s->line[s->n++], TEXT_MAX, "%.*s %.*s", (int)method_n, method, (int)uri_n, uri);
}

static void *
on_line(void *cls, const char *uri, struct MHD_Connection *c)
{
	(void)cls;
	(void)c;
	snprintf(target, sizeof(target), "%s", uri);
	return NULL;
}

static enum MHD_Result
on_request(void *cls, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_n, void **request)
{
	static char started;
	struct MHD_Response *r;
	enum MHD_Result rc;

	(void)cls;
	(void)url;
	(void)version;
	(void)upload;
	if (*request == NULL) {
		*request = &started;
		put(&by_library, method, strlen(method), target, strlen(target));
		return MHD_YES;
	}
	if (*upload_n > 0) {
		*upload_n = 0;
		return MHD_YES;
	}
	r = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	rc = MHD_queue_response(c, 200, r);
	MHD_destroy_response(r);
	return rc;
}

/* Whether the library ends the connection behind this request, rightly: then what follows is nobody's. */
static bool
is_last(const char *p, size_t n, const struct framing *f)
{
	const char *end = p + n, *line;

	if (f->state == FRAMING_OTHER_PROTOCOL || memmem(p, n, " HTTP/1.0\r\n", 11) != NULL)
		return true;
	for (line = p; (line = memchr(line, '\n', (size_t)(end - line))) != NULL; line++)
		if (end - line > 12 && strncasecmp(line + 1, "connection:", 11) == 0)
			return true;		/* it may say close; either is right */
	return false;
}

/* The requests of the bytes; how many bytes they are. */
static size_t
read_requests(const char *p, size_t n)
{
	struct framing f = { 0 };
	size_t at = 0, begin = 0, whole = 0;
	const char *uri, *start;

	while (at < n && by_framing.n < REQUESTS_MAX) {
		at += framing_read(&f, p + at, n - at);
		if (f.fault != FRAMING_OK)
			break;
		if (!framing_between(&f))
			continue;
		start = p + begin + (p[begin] == '\r' ? 2 : 0);
		uri = (const char *)memchr(start, ' ', at - begin) + 1;
		put(&by_framing, start, (size_t)(uri - start - 1), uri,
		    (size_t)((const char *)memchr(uri, ' ', at - begin) - uri));
		whole = at;
		if (is_last(p + begin, at - begin, &f))
			break;
		begin = at;
	}
	return whole;
}

static struct MHD_Daemon *
start_library(void)
{
	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_ALLOW_UPGRADE | MHD_USE_NO_LISTEN_SOCKET,
	    0, NULL, NULL, on_request,
	    NULL, MHD_OPTION_URI_LOG_CALLBACK, on_line, NULL, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)16384,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}

static void
run_library(struct MHD_Daemon *d, int client)
{
	static char waste[65536];
	ssize_t n;
	int i;

	for (i = 0; i < RUNS; i++) {
		MHD_run(d);
		while ((n = recv(client, waste, sizeof(waste), MSG_DONTWAIT)) > 0)
			i = 0;
		library_closed = library_closed || n == 0 || errno == ECONNRESET;
	}
}

static void
give_library(const char *p, size_t n, size_t part)
{
	struct sockaddr_in peer = { .sin_family = AF_INET };
	static struct MHD_Daemon *d;
	int fds[2];
	size_t at, now;

	if (d == NULL && (d = start_library()) == NULL)
		abort();
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) < 0 ||
	    MHD_add_connection(d, fds[0], (struct sockaddr *)&peer, sizeof(peer)) != MHD_YES)
		abort();
	for (at = 0; at < n; at += now) {
		now = n - at < part ? n - at : part;
		if (send(fds[1], p + at, now, MSG_NOSIGNAL) != (ssize_t)now)
			break;
		run_library(d, fds[1]);
	}
	close(fds[1]);
	for (at = 0; at < RUNS; at++)
		MHD_run(d);
}

static void
compare(void)
{
	int i;

	for (i = 0; i < by_framing.n; i++)
		if (i >= by_library.n || strcmp(by_framing.line[i], by_library.line[i]) != 0)
			break;
	if ((i == by_framing.n || library_closed) && (by_library.n == i || i == REQUESTS_MAX))
		return;
	fprintf(stderr, "framing has %d requests, the library %d; they part at %d: \"%s\" and \"%s\"\n", by_framing.n,
	    by_library.n, i, i < by_framing.n ? by_framing.line[i] : "", i < by_library.n ? by_library.line[i] : "");
	abort();
}

/* What head.c takes. */
static void
check_head(const char *p, size_t n)
{
	static char copy[BYTES_MAX + 1];
	const char *name, *value;
	struct framing f = { 0 };
	struct head h;
	size_t name_n;
	int rc;

	memcpy(copy, p, n);
	if (!head_begin(&h, copy, n))
		return;
	while ((rc = head_next(&h, &name, &name_n, &value)) > 0)
		;
	if (rc < 0)
		return;
	name_n = framing_read(&f, p, h.bytes);
	/* Host, and that there is no body, the short way checks by itself. */
	if (f.fault == FRAMING_OK && (name_n != h.bytes || (f.state < FRAMING_BODY && !framing_between(&f)))) {
		fprintf(stderr, "head.c ends at %zu, the framing at %zu\n", h.bytes, name_n);
		abort();
	}
	if (f.fault != FRAMING_OK && f.fault != FRAMING_HOST && f.fault != FRAMING_LENGTH &&
	    f.fault != FRAMING_TRANSFER && f.fault != FRAMING_CODING) {
		fprintf(stderr, "head.c takes what the framing refuses: %s\n", framing_reason(f.fault, true));
		abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	size_t whole;

	if (n < 2 || n > BYTES_MAX)
		return 0;
	check_head((const char *)p + 1, n - 1);
	by_framing.n = by_library.n = 0;
	library_closed = false;
	whole = read_requests((const char *)p + 1, n - 1);
	if (whole > 0) {
		give_library((const char *)p + 1, whole, *p == 0 ? whole : *p);
		compare();
	}
	return 0;
}
