/* payload.c -- polling payloads. See payload.h. */
#include "payload.h"

#include "base/base64.h"
#include "base/err.h"
#include "frame.h"

enum { SEPARATOR = 0x1e, BINARY_MARK = 'b' };

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
