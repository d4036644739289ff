/* sio_packet.c -- fuzz the Socket.IO packet decoder (clang -fsanitize=fuzzer,address,undefined). */
#include <stdlib.h>

#include "worker/ws/wire/packet.h"

int	LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	char *text = malloc(n > 0 ? n : 1);
	struct packet k;

	memcpy(text, p, n);
	if (packet_decode(text, n, &k) == 0) {
		if (k.data.p + k.data.n != text + n || k.attachments < 0 || k.attachments > PACKET_ATTACHMENTS_MAX ||
		    k.ack < -1)
			abort();
		if (k.nsp.n == 0 || k.nsp.p[0] != '/')
			abort();
	}
	free(text);
	return 0;
}
