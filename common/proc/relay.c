/* relay.c -- frames between HTTP workers and fanout processes. See relay.h.
 *
 * Descriptors leave with the first byte of a write, so a write that carries some begins at the frame of the first and
 * stops before the frame of the first that it does not carry. They arrive in order and not after their frames: the n-th
 * descriptor received belongs to the n-th 'W' frame.
 */
#include "relay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fdpass.h"

enum { HEAD_BYTES = 4 + 1 + 4 + 4, READ_BYTES = 65536 };

struct relay_mark {
	struct relay_mark	*next;
	uint64_t		 at;	/* where its frame begins in the stream */
	int			 fd;
};

static void
put_u32(char *p, uint32_t v)
{
	p[0] = (char)(v >> 24);
	p[1] = (char)(v >> 16);
	p[2] = (char)(v >> 8);
	p[3] = (char)v;
}

static uint32_t
get_u32(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

void
relay_encode(struct buf *out, const struct relay_frame *f)
{
	char *p = buf_reserve(out, HEAD_BYTES + f->header.n + f->body.n);

	put_u32(p, (uint32_t)(HEAD_BYTES - 4 + f->header.n + f->body.n));
	p[4] = (char)f->type;
	put_u32(p + 5, f->id);
	put_u32(p + 9, (uint32_t)f->header.n);
	buf_grow(out, HEAD_BYTES);
	buf_add(out, f->header.p, f->header.n);
	buf_add(out, f->body.p, f->body.n);
}

int64_t
relay_decode(const char *p, size_t n, struct relay_frame *f)
{
	uint32_t rest, header;

	if (n < HEAD_BYTES)
		return n >= 4 && (get_u32(p) < HEAD_BYTES - 4 || get_u32(p) > RELAY_FRAME_MAX) ? -1 : 0;
	rest = get_u32(p);
	header = get_u32(p + 9);
	if (rest < HEAD_BYTES - 4 || rest > RELAY_FRAME_MAX || header > rest - (HEAD_BYTES - 4))
		return -1;
	if (strchr("WPAC", p[4]) == NULL || p[4] == '\0')
		return -1;
	if (n - 4 < rest)
		return 0;
	*f = (struct relay_frame){
		.type = (uint8_t)p[4], .id = get_u32(p + 5), .fd = -1, .header = { p + HEAD_BYTES, header },
		.body = { p + HEAD_BYTES + header, rest - (HEAD_BYTES - 4) - header },
	};
	return (int64_t)rest + 4;
}

void
relay_init(struct relay *r, int sock)
{
	memset(r, 0, sizeof(*r));
	r->sock = sock;
}

static void
drop_mark(struct relay *r)
{
	struct relay_mark *m = r->marks;

	r->marks = m->next;
	if (r->marks == NULL)
		r->last_mark = NULL;
	close(m->fd);
	free(m);
}

void
relay_fini(struct relay *r)
{
	while (r->marks != NULL)
		drop_mark(r);
	while (r->n_fds > 0)
		close(r->fds[--r->n_fds]);
	buf_fini(&r->in);
	buf_fini(&r->out);
	if (r->sock >= 0)
		close(r->sock);
	r->sock = -1;
}

void
relay_queue(struct relay *r, const struct relay_frame *f, int fd)
{
	size_t before = r->out.n;
	struct relay_mark *m;

	if (fd >= 0) {
		if ((m = malloc(sizeof(*m))) == NULL)
			abort();
		*m = (struct relay_mark){ NULL, r->queued, fd };
		if (r->last_mark != NULL)
			r->last_mark->next = m;
		else
			r->marks = m;
		r->last_mark = m;
	}
	relay_encode(&r->out, f);
	r->queued += r->out.n - before;
}

/* Send up to where the next descriptor's frame begins; with the descriptors whose frames are next. */
static ssize_t
send_some(struct relay *r)
{
	const struct relay_mark *m = r->marks;
	size_t n = r->out.n;
	int fds[FDPASS_MAX], n_fds = 0;
	ssize_t sent;

	if (m != NULL && m->at == r->sent)
		for (; m != NULL && n_fds < FDPASS_MAX; m = m->next)
			fds[n_fds++] = m->fd;
	if (m != NULL && m->at - r->sent < n)
		n = (size_t)(m->at - r->sent);
	if ((sent = fdpass_send(r->sock, r->out.p, n, fds, n_fds)) > 0)
		while (n_fds-- > 0)
			drop_mark(r);
	return sent;
}

int
relay_flush(struct relay *r)
{
	ssize_t n;

	while (r->out.n > 0) {
		if ((n = send_some(r)) < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 1 : -1;
		buf_drop(&r->out, (size_t)n);
		r->sent += (uint64_t)n;
	}
	return 0;
}

/* Forget the frame that was handed out last. */
static void
drop_taken(struct relay *r)
{
	buf_drop(&r->in, r->taken);
	r->taken = 0;
}

int
relay_read(struct relay *r)
{
	ssize_t n;
	int n_fds;

	drop_taken(r);
	while (r->n_fds + FDPASS_MAX <= RELAY_FDS_MAX) {	/* full: the caller takes frames and comes again */
		n = fdpass_recv(r->sock, buf_reserve(&r->in, READ_BYTES), READ_BYTES, r->fds + r->n_fds, FDPASS_MAX,
		    &n_fds);
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -1;
		r->n_fds += n_fds;
		if (n == 0)
			return -1;
		buf_grow(&r->in, (size_t)n);
		if (r->in.n > 2 * (size_t)RELAY_FRAME_MAX)
			return -1;
		if (n < READ_BYTES && n_fds == 0)
			return 0;
	}
	return 0;
}

int
relay_next(struct relay *r, struct relay_frame *f)
{
	int64_t n;

	drop_taken(r);
	if ((n = relay_decode(r->in.p, r->in.n, f)) <= 0)
		return (int)n;
	r->taken = (size_t)n;
	if (f->type != RELAY_WS)
		return 1;
	if (r->n_fds == 0)
		return -1;
	f->fd = r->fds[0];
	memmove(r->fds, r->fds + 1, (size_t)--r->n_fds * sizeof(r->fds[0]));
	return 1;
}

static const char owner_chars[] = "123456789abcdefg";

char
relay_owner_char(int index)
{
	return owner_chars[index - 1];
}

int
relay_owner(const char *sid)
{
	const char *p = *sid == '\0' ? NULL : strchr(owner_chars, *sid);

	return p == NULL ? 0 : (int)(p - owner_chars) + 1;
}
