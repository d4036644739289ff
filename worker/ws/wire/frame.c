/* frame.c -- WebSocket frames and messages. See frame.h. */
#include "frame.h"

#include "base/err.h"
#include "base/zip.h"

enum {
	BIT_FIN = 0x80, BIT_PACKED = 0x40, BITS_RSV = 0x70, BITS_OPCODE = 0x0f, BIT_MASK = 0x80, LENGTH_16 = 126,
	    LENGTH_64 = 127,
	SCRATCH_KEPT_BYTES = 1 << 17,
};

static bool
is_control(int opcode)
{
	return opcode >= FRAME_CLOSE;
}

static uint64_t
get_big_endian(const unsigned char *p, int bytes)
{
	uint64_t v = 0;

	while (bytes-- > 0)
		v = v << 8 | *p++;
	return v;
}

static void
unmask_bytes(char *p, size_t n, const unsigned char *key)
{
	uint64_t wide, word;
	size_t i;

	memcpy(&wide, key, 4);
	memcpy((char *)&wide + 4, key, 4);
	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&word, p + i, 8);
		word ^= wide;
		memcpy(p + i, &word, 8);
	}
	for (; i < n; i++)
		p[i] ^= (char)key[i & 3];
}

/* What the first two bytes alone can tell; 0 or a negated close code. */
static int
check_head(const unsigned char *u, bool packs)
{
	int opcode = u[0] & BITS_OPCODE, length = u[1] & ~BIT_MASK, reserved = u[0] & BITS_RSV;

	if (packs && (opcode == FRAME_TEXT || opcode == FRAME_BINARY))
		reserved &= ~BIT_PACKED;
	if (reserved != 0 || (u[1] & BIT_MASK) == 0)
		return -CLOSE_PROTOCOL;
	if ((opcode > FRAME_BINARY && opcode < FRAME_CLOSE) || opcode > FRAME_PONG)
		return -CLOSE_PROTOCOL;
	if (is_control(opcode) && ((u[0] & BIT_FIN) == 0 || length > FRAME_CONTROL_MAX))
		return -CLOSE_PROTOCOL;
	return 0;
}

int64_t
frame_take(char *p, size_t n, size_t max, bool packs, struct frame *out)
{
	unsigned char *u = (unsigned char *)p;
	size_t head = 2;
	uint64_t length;
	int rc;

	if (n < 2)
		return 0;
	if ((rc = check_head(u, packs)) < 0)
		return rc;
	length = u[1] & ~BIT_MASK;
	if (length >= LENGTH_16) {
		int bytes = length == LENGTH_16 ? 2 : 8;

		head += (size_t)bytes;
		if (n < head)
			return 0;
		length = get_big_endian(u + 2, bytes);
		if (length >> 63 != 0)
			return -CLOSE_PROTOCOL;
	}
	if (length > max)
		return -CLOSE_TOO_BIG;
	head += 4;
	if (n < head || n - head < length)
		return 0;
	unmask_bytes(p + head, (size_t)length, u + head - 4);
	*out = (struct frame){ u[0] & BITS_OPCODE, (u[0] & BIT_FIN) != 0, (u[0] & BIT_PACKED) != 0, p + head,
	    (size_t)length };
	return (int64_t)(head + length);
}

void
message_fini(struct message *m)
{
	buf_fini(&m->parts);
	m->opcode = 0;
}

/* Put a deflated message's content in place of *s. */
static int
inflate_message(struct str *s, size_t max)
{
	static struct buf inflated;
	int rc;

	if (inflated.cap > SCRATCH_KEPT_BYTES)
		buf_fini(&inflated);
	else
		buf_reset(&inflated);
	if ((rc = zip_inflate(&inflated, *s, max)) < 0)
		return rc == E_TOO_LARGE ? -CLOSE_TOO_BIG : -CLOSE_BAD_DATA;
	*s = (struct str){ inflated.p, inflated.n };
	return 0;
}

static void
begin_message(struct message *m, const struct frame *f)
{
	m->opcode = f->opcode;
	m->packed = f->packed;
	m->text = (struct utf8){ 0 };
}

/* Text is checked part by part, so that a fault is reported with its frame. */
static int
check_part(struct message *m, const struct frame *f)
{
	if (m->opcode != FRAME_TEXT || m->packed)
		return 0;
	return utf8_add(&m->text, f->p, f->n) && (!f->fin || utf8_whole(&m->text)) ? 0 : -CLOSE_BAD_DATA;
}

int
message_add(struct message *m, const struct frame *f, size_t max, int *opcode, struct str *out)
{
	int rc;

	if ((f->opcode == FRAME_MORE) != (m->opcode != 0))
		return -CLOSE_PROTOCOL;
	if (f->n > max || m->parts.n > max - f->n)
		return -CLOSE_TOO_BIG;
	if (f->opcode != FRAME_MORE)
		begin_message(m, f);
	if ((rc = check_part(m, f)) < 0) {
		m->opcode = 0;
		return rc;
	}
	*out = (struct str){ f->p, f->n };
	if (f->opcode == FRAME_MORE || !f->fin) {
		buf_add(&m->parts, f->p, f->n);
		*out = (struct str){ m->parts.n > 0 ? m->parts.p : "", m->parts.n };
	}
	if (!f->fin)
		return 0;
	*opcode = m->opcode;
	m->opcode = 0;
	if (!m->packed)
		return 1;
	if ((rc = inflate_message(out, max)) < 0)
		return rc;
	return *opcode == FRAME_TEXT && !utf8_valid(out->p, out->n) ? -CLOSE_BAD_DATA : 1;
}

int
frame_close_code(const char *p, size_t n)
{
	int code;

	if (n == 0)
		return CLOSE_NO_STATUS;
	if (n == 1)
		return -CLOSE_PROTOCOL;
	code = (int)get_big_endian((const unsigned char *)p, 2);
	if (code < 1000 || (code >= 1004 && code <= 1006) || (code > 1014 && code < 3000) || code > 4999)
		return -CLOSE_PROTOCOL;
	return utf8_valid(p + 2, n - 2) ? code : -CLOSE_BAD_DATA;
}

static void
put_head(struct buf *out, int first, size_t n)
{
	unsigned char head[FRAME_HEAD_MAX] = { (unsigned char)(BIT_FIN | first) };
	int i, bytes = n < LENGTH_16 ? 0 : n <= 0xffff ? 2 : 8;

	head[1] = (unsigned char)(bytes == 0 ? n : bytes == 2 ? LENGTH_16 : LENGTH_64);
	for (i = 0; i < bytes; i++)
		head[2 + i] = (unsigned char)((uint64_t)n >> (8 * (bytes - 1 - i)));
	buf_add(out, head, 2 + (size_t)bytes);
}

void
frame_put(struct buf *out, int opcode, const void *p, size_t n)
{
	put_head(out, opcode, n);
	buf_add(out, p, n);
}

void
frame_put_packed(struct buf *out, int opcode, const void *p, size_t n, size_t pack_from)
{
	static struct buf packed;

	buf_reset(&packed);
	if (pack_from > 0 && n >= pack_from && zip_deflate(&packed, (struct str){ p, n })) {
		put_head(out, opcode | BIT_PACKED, packed.n);
		buf_add(out, packed.p, packed.n);
	} else {
		frame_put(out, opcode, p, n);
	}
	if (packed.cap > SCRATCH_KEPT_BYTES)
		buf_fini(&packed);
}

size_t
frame_own(const char *p, size_t n, int *opcode, struct str *payload)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t head = 2, length;

	if (n < 2)
		return 0;
	length = u[1];
	if (length >= LENGTH_16) {
		int bytes = length == LENGTH_16 ? 2 : 8;

		length = (size_t)get_big_endian(u + 2, bytes);
		head += (size_t)bytes;
	}
	*opcode = u[0] & BITS_OPCODE;
	*payload = (struct str){ p + head, length };
	return head + length;
}
