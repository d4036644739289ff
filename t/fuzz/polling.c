/* polling.c -- fuzz the polling payload decoder, base64 included (clang -fsanitize=fuzzer,address,undefined). */
#include <stdlib.h>

#include "base/base64.h"
#include "worker/ws/wire/payload.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *body = malloc(n > 0 ? n : 1);
	struct str rest = { body, n };
	struct payload_packet packet;
	struct buf again = { 0 };
	size_t total = 0;

	memcpy(body, p, n);
	while (payload_next(&rest, &packet) == 1) {
		if (packet.data.n > n || packet.data.p < body || packet.data.p + packet.data.n > body + n)
			abort();
		total += packet.data.n;
		if (packet.binary)
			base64_put(&again, packet.data.p, packet.data.n);
	}
	if (total > n)
		abort();
	buf_fini(&again);
	free(body);
	return 0;
}
