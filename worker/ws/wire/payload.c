/* payload.c -- polling payloads and base64. See payload.h. */
#include "payload.h"

#include "base/err.h"
#include "frame.h"

enum { SEPARATOR = 0x1e, BINARY_MARK = 'b' };

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int
payload_next(struct str *rest, struct payload_packet *out)
{
	char *p = (char *)(uintptr_t)rest->p, *end;
	int64_t n;

	if (rest->p == NULL)
		return 0;
	end = rest->n > 0 ? memchr(p, SEPARATOR, rest->n) : NULL;
	n = end != NULL ? end - p : (int64_t)rest->n;
	*rest = end != NULL ? (struct str){ end + 1, rest->n - (size_t)n - 1 } : (struct str){ NULL, 0 };
	if (n == 0)
		return E_BAD_REQUEST;
	out->binary = *p == BINARY_MARK;
	if (out->binary && (n = base64_decode(++p, (size_t)n - 1)) < 0)
		return E_BAD_REQUEST;
	out->data = (struct str){ p, (size_t)n };
	return 1;
}

void
payload_put_frames(struct buf *out, const char *p, size_t n)
{
	struct str data;
	size_t used;
	int opcode;

	for (; (used = frame_own(p, n, &opcode, &data)) > 0; p += used, n -= used) {
		if (out->n > 0)
			buf_byte(out, SEPARATOR);
		if (opcode == FRAME_BINARY) {
			buf_byte(out, BINARY_MARK);
			base64_put(out, data.p, data.n);
		} else {
			buf_add(out, data.p, data.n);
		}
	}
}

/* Encode up to three bytes as four characters. */
static void
encode_group(char out[4], const unsigned char *u, size_t n, const char *alphabet)
{
	unsigned v = (unsigned)u[0] << 16 | (n > 1 ? (unsigned)u[1] << 8 : 0) | (n > 2 ? u[2] : 0);

	out[0] = alphabet[v >> 18];
	out[1] = alphabet[v >> 12 & 63];
	out[2] = alphabet[v >> 6 & 63];
	out[3] = alphabet[v & 63];
}

void
base64_put(struct buf *out, const void *p, size_t n)
{
	const unsigned char *u = p;
	char *to;

	for (; n > 0; u += n < 3 ? n : 3, n -= n < 3 ? n : 3) {
		to = buf_reserve(out, 4);
		encode_group(to, u, n, standard);
		if (n < 3)
			memset(to + n + 1, '=', 3 - n);
		buf_grow(out, 4);
	}
}

void
base64_url(char *out, const void *p, size_t n)
{
	const unsigned char *u = p;

	for (; n >= 3; u += 3, n -= 3, out += 4)
		encode_group(out, u, 3, url_safe);
	if (n > 0) {
		char last[4];

		encode_group(last, u, n, url_safe);
		memcpy(out, last, n + 1);
		out += n + 1;
	}
	*out = '\0';
}

static int
decode_char(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

int64_t
base64_decode(char *p, size_t n)
{
	char *to = p;
	unsigned v = 0;
	size_t i;
	int bits = 0, six;

	for (i = 0; i < 2 && n > 0 && p[n - 1] == '='; i++)
		n--;
	if (n % 4 == 1)
		return -1;
	for (i = 0; i < n; i++) {
		if ((six = decode_char(p[i])) < 0)
			return -1;
		v = v << 6 | (unsigned)six;
		if ((bits += 6) >= 8)
			*to++ = (char)(v >> (bits -= 8));
	}
	return to - p;
}
