/* handover.c -- records of what is handed on. See handover.h. */
#include "handover.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fdpass.h"

enum {
	HEAD_BYTES = 4 + 1 + 1, FIELD_BYTES = 2 + 4, INT_BYTES = 8,
	READ_BYTES = 262144, WAIT_MS = 100, CROWDED_US = 1000,
};

static void
put_number(char *p, uint64_t v, int bytes)
{
	while (bytes-- > 0) {
		p[bytes] = (char)v;
		v >>= 8;
	}
}

static uint64_t
get_number(const char *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | (unsigned char)*p++;
	return v;
}

/* --- Writing --- */

size_t
handover_begin(struct buf *out, uint8_t type)
{
	size_t at = out->n;
	char *p = buf_reserve(out, HEAD_BYTES);

	memset(p, 0, HEAD_BYTES);
	p[4] = (char)type;
	buf_grow(out, HEAD_BYTES);
	return at;
}

void
handover_end(struct buf *out, size_t record, int n_fds)
{
	put_number(out->p + record, out->n - record - 4, 4);
	out->p[record + 5] = (char)n_fds;
}

static void
put_field(struct buf *out, uint16_t tag, size_t n)
{
	char *p = buf_reserve(out, FIELD_BYTES + n);

	put_number(p, tag, 2);
	put_number(p + 2, n, 4);
	buf_grow(out, FIELD_BYTES);
}

void
handover_int(struct buf *out, uint16_t tag, int64_t v)
{
	char value[INT_BYTES];

	put_number(value, (uint64_t)v, INT_BYTES);
	handover_bytes(out, tag, value, sizeof(value));
}

void
handover_bytes(struct buf *out, uint16_t tag, const void *p, size_t n)
{
	put_field(out, tag, n);
	if (n > 0)
		buf_add(out, p, n);
}

void
handover_text(struct buf *out, uint16_t tag, const char *s)
{
	if (s != NULL)
		handover_bytes(out, tag, s, strlen(s));
}

size_t
handover_open(struct buf *out, uint16_t tag)
{
	size_t at = out->n;

	put_field(out, tag, 0);
	return at;
}

void
handover_close(struct buf *out, size_t group)
{
	put_number(out->p + group + 2, out->n - group - FIELD_BYTES, 4);
}

/* --- Reading --- */

bool
handover_field(struct str *fields, uint16_t *tag, struct str *value)
{
	size_t n;

	if (fields->n < FIELD_BYTES)
		return false;
	n = (size_t)get_number(fields->p + 2, 4);
	if (n > fields->n - FIELD_BYTES)
		return false;
	*tag = (uint16_t)get_number(fields->p, 2);
	*value = (struct str){ fields->p + FIELD_BYTES, n };
	fields->p += FIELD_BYTES + n;
	fields->n -= FIELD_BYTES + n;
	return true;
}

bool
handover_well_formed(struct str fields)
{
	struct str value;
	uint16_t tag;

	while (handover_field(&fields, &tag, &value))
		;
	return fields.n == 0;
}

struct str
handover_find(struct str fields, uint16_t tag)
{
	struct str value;
	uint16_t found;

	while (handover_field(&fields, &found, &value))
		if (found == tag)
			return value;
	return (struct str){ NULL, 0 };
}

int64_t
handover_find_int(struct str fields, uint16_t tag)
{
	struct str value = handover_find(fields, tag);

	return value.n == INT_BYTES ? (int64_t)get_number(value.p, INT_BYTES) : 0;
}

int64_t
handover_record(const char *p, size_t n, struct handover_record *r)
{
	size_t rest;

	if (n < 4)
		return 0;
	rest = (size_t)get_number(p, 4);
	if (rest < HEAD_BYTES - 4 || rest > HANDOVER_RECORD_MAX)
		return -1;
	if (n >= HEAD_BYTES && (unsigned char)p[5] > HANDOVER_FDS_MAX)
		return -1;
	if (n - 4 < rest)
		return 0;
	*r = (struct handover_record){ (uint8_t)p[4], (unsigned char)p[5],
	    { p + HEAD_BYTES, rest - (HEAD_BYTES - 4) } };
	return handover_well_formed(r->fields) ? (int64_t)rest + 4 : -1;
}

/* --- The connection --- */

void
handover_fini(struct handover *h)
{
	while (h->n_fds > 0)
		close(h->fds[--h->n_fds]);
	free(h->fds);
	buf_fini(&h->in);
	if (h->sock >= 0)
		close(h->sock);
	*h = (struct handover){ .sock = -1 };
}

/* Something to wait for: room in the socket, or fewer descriptors of ours on the way to others. False: it is lost. */
static bool
wait_for_room(const struct handover *h)
{
	struct pollfd p = { .fd = h->sock, .events = POLLOUT };

	if (errno == ETOOMANYREFS)
		return usleep(CROWDED_US) == 0;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	return poll(&p, 1, WAIT_MS) >= 0 || errno == EINTR;
}

int
handover_send(struct handover *h, struct str bytes, const int *fds, int n_fds, int64_t until_ms, void (*on_wait)(void))
{
	ssize_t n;

	while (bytes.n > 0) {
		if ((n = fdpass_send(h->sock, bytes.p, bytes.n, fds, n_fds)) >= 0) {
			bytes.p += n;
			bytes.n -= (size_t)n;
			n_fds = 0;
			continue;
		}
		if (!wait_for_room(h))
			return -1;
		if (on_wait != NULL)
			on_wait();
		if (mono_ms() > until_ms) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	return 0;
}

static void
keep_descriptors(struct handover *h, const int *fds, int n)
{
	if (h->n_fds + (size_t)n > h->cap_fds) {
		h->cap_fds = 2 * h->cap_fds + FDPASS_MAX;
		if ((h->fds = realloc(h->fds, h->cap_fds * sizeof(*h->fds))) == NULL)
			abort();
	}
	memcpy(h->fds + h->n_fds, fds, (size_t)n * sizeof(*fds));
	h->n_fds += (size_t)n;
}

int
handover_read(struct handover *h)
{
	int fds[FDPASS_MAX], n_fds;
	ssize_t n = fdpass_recv(h->sock, buf_reserve(&h->in, READ_BYTES), READ_BYTES, fds, FDPASS_MAX, &n_fds);

	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
	if (n_fds > 0)
		keep_descriptors(h, fds, n_fds);
	if (n == 0)
		return -1;
	buf_grow(&h->in, (size_t)n);
	return 1;
}

int
handover_next(struct handover *h, struct handover_record *r)
{
	int64_t n = handover_record(h->in.p, h->in.n, r);

	if (n <= 0)
		return (int)n;
	return (size_t)r->n_fds <= h->n_fds ? 1 : -1;
}

void
handover_drop(struct handover *h, const struct handover_record *r)
{
	buf_drop(&h->in, HEAD_BYTES + r->fields.n);
	h->n_fds -= (size_t)r->n_fds;
	if (h->n_fds > 0)
		memmove(h->fds, h->fds + r->n_fds, h->n_fds * sizeof(*h->fds));
}
