/* ws_frame.c -- fuzz the WebSocket decoder: frames, fragments, text in parts, deflated messages, close payloads. The
 * first byte says whether deflate was negotiated (clang -fsanitize=fuzzer,address,undefined). */
#include <stdlib.h>

#include "worker/ws/wire/frame.h"

enum { MAX = 4096 };

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct message m = { .opcode = 0 };
	char *bytes = malloc(n + 1);
	struct frame f;
	struct str whole;
	size_t at = 0;
	int64_t used;
	bool packs = n > 0 && (*p & 1) != 0;
	int opcode, rc = 0;

	if (n > 0) {
		p++;
		n--;
	}
	memcpy(bytes, p, n);
	while (rc >= 0 && (used = frame_take(bytes + at, n - at, MAX, packs, &f)) > 0) {
		at += (size_t)used;
		if (f.n > MAX || f.p + f.n != bytes + at)
			abort();
		if (f.opcode >= FRAME_CLOSE)
			rc = f.opcode == FRAME_CLOSE ? frame_close_code(f.p, f.n) : 0;
		else if ((rc = message_add(&m, &f, MAX, &opcode, &whole)) == 1 &&
		    (whole.n > MAX || (opcode == FRAME_TEXT && !utf8_valid(whole.p, whole.n))))
			abort();
		if (m.opcode == 0)
			message_fini(&m);
	}
	message_fini(&m);
	free(bytes);
	return 0;
}
