/* gate.c -- recv(), with the framing checked. See gate.h. */
#include "gate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "run/loop.h"

enum { DESCRIPTORS_MAX = 1 << 20 };	/* where the limit says "unlimited" */

static struct conn **gates;	/* by descriptor */
static size_t n_gates;
static void (*answer_malformed)(struct conn *c, int rc, const char *ko, const char *en);

void
gate_init(void (*malformed)(struct conn *c, int rc, const char *ko, const char *en))
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		abort();
	answer_malformed = malformed;
	n_gates = files.rlim_cur < DESCRIPTORS_MAX ? files.rlim_cur : DESCRIPTORS_MAX;
	if ((gates = calloc(n_gates, sizeof(struct conn *))) == NULL)
		abort();
}

void
gate_open(struct conn *c)
{
	if ((size_t)c->fd >= n_gates)
		bug("a descriptor beyond all limits");
	gates[c->fd] = c;
}

void
gate_close(struct conn *c)
{
	if ((size_t)c->fd < n_gates && gates[c->fd] == c)
		gates[c->fd] = NULL;
}

void
gate_answered(struct conn *c)
{
	if (c->unanswered > 0 && --c->unanswered > 0)
		return;
	if (c->framing.fault != FRAMING_OK)
		shutdown(c->fd, SHUT_RD);	/* the library reads again, and the gate answers */
}

/* Answer the fault in place of the library, once and after the requests before it; the library sees a failed
 * connection. */
static ssize_t
refuse_framing(struct conn *c)
{
	enum framing_fault fault = c->framing.fault;

	if (c->unanswered > 0) {
		errno = EAGAIN;
		return -1;
	}
	if (!c->refused)
		answer_malformed(c, fault == FRAMING_CODING ? E_CODING : fault == FRAMING_VERSION ? E_VERSION
		    : E_BAD_REQUEST, framing_reason(fault, false), framing_reason(fault, true));
	c->refused = true;
	errno = ECONNRESET;
	return -1;
}

static bool
in_head(const struct framing *f)
{
	return f->state >= FRAMING_METHOD && f->state <= FRAMING_HEAD_LF;
}

static bool
in_body(const struct framing *f)
{
	return f->state >= FRAMING_BODY && f->state <= FRAMING_DATA_LF;
}

/* How many bytes the library gets: all, or the whole requests before the fault. Chunk extensions, which Dure ignores
 * and libmicrohttpd 1.0 refuses, are removed; nothing may remain. */
static ssize_t
let_through(struct conn *c, char *p, size_t n)
{
	struct framing *f = &c->framing;
	size_t at = 0, kept = 0, whole = 0, took, left_out;

	while (at < n && f->fault == FRAMING_OK) {
		bool over = f->state == FRAMING_OTHER_PROTOCOL, extended = framing_extends(f);

		took = framing_read(f, p + at, n - at);
		if (f->fault != FRAMING_OK)
			break;
		left_out = !extended ? framing_extends(f) : framing_extends(f) ? took : took - 1;
		if (extended)	/* its last byte is the CR, which stays */
			memmove(p + kept, p + at + left_out, took - left_out);
		else if (kept != at)
			memmove(p + kept, p + at, took - left_out);
		at += took;
		kept += took - left_out;
		if (framing_between(f) && !over) {
			whole = kept;
			c->unanswered++;
		}
	}
	pace_received(&c->pace, in_head(f), in_body(f), n, loop_now_ms() * 1000);
	if (f->fault == FRAMING_OK)
		return (ssize_t)kept;
	return whole > 0 ? (ssize_t)whole : refuse_framing(c);
}

/* POSIX recv() for the whole program. Descriptors of other threads are not registered in the gate. */
ssize_t
recv(int fd, void *p, size_t n, int flags)
{
	struct conn *c = fd >= 0 && (size_t)fd < n_gates ? gates[fd] : NULL;
	ssize_t got;

	if (c != NULL && c->dropped)
		return 0;
	if (c != NULL && c->framing.fault != FRAMING_OK)
		return refuse_framing(c);
	do {
		got = syscall(SYS_recvfrom, fd, p, n, flags, NULL, NULL);
		if (c == NULL || got <= 0)
			return got;
	} while ((got = let_through(c, p, (size_t)got)) == 0);
	return got;
}
