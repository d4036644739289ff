/* ws_frame.c -- WebSocket frames and messages: what is accepted, what is refused and by which close code. */
#include "tap.h"

#include "worker/ws/wire/frame.h"

enum { MAX = 100000 };

static char wire[2 * MAX];

/* A client's frame, masked, at `to`; its bytes. */
static size_t
client_frame(char *to, int first, const char *p, size_t n)
{
	static const unsigned char key[4] = { 0x37, 0xfa, 0x21, 0x3d };
	size_t head = 2, i;

	to[0] = (char)first;
	if (n < 126) {
		to[1] = (char)(0x80 | n);
	} else if (n <= 0xffff) {
		to[1] = (char)(0x80 | 126);
		to[2] = (char)(n >> 8);
		to[3] = (char)n;
		head = 4;
	} else {
		to[1] = (char)(0x80 | 127);
		for (i = 0; i < 8; i++)
			to[2 + i] = (char)((uint64_t)n >> (8 * (7 - i)));
		head = 10;
	}
	memcpy(to + head, key, 4);
	for (i = 0; i < n; i++)
		to[head + 4 + i] = (char)(p[i] ^ (char)key[i & 3]);
	return head + 4 + n;
}

static void
test_sizes(void)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 9, 125, 126, 127, 65535, 65536, MAX };
	static char data[MAX];
	struct frame f;
	size_t i, n, cut;

	for (i = 0; i < MAX; i++)
		data[i] = (char)(i * 7);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		n = client_frame(wire, 0x82, data, sizes[i]);
		for (cut = 0; cut < n && cut < 20; cut++)
			if (frame_take(wire, cut, MAX, false, &f) != 0)
				break;
		ok(cut == n || cut == 20, "a frame of %zu bytes waits for its header", sizes[i]);
		is_int(frame_take(wire, n - 1, MAX, false, &f), 0, "a frame waits for its last byte");
		is_int(frame_take(wire, n, MAX, false, &f), (int64_t)n, "a complete frame is taken");
		ok(f.n == sizes[i] && f.opcode == FRAME_BINARY && f.fin && memcmp(f.p, data, f.n) == 0,
		    "a frame is unmasked in place");
	}
	n = client_frame(wire, 0x82, data, 101);
	is_int(frame_take(wire, 20, 100, false, &f), -CLOSE_TOO_BIG,
	    "a frame that is too long is refused by its header alone");
}

static void
test_refused_heads(void)
{
	static const struct { const char *bytes, *what; } bad[] = {
		{ "\xc1\x81", "a reserved bit" }, { "\x81\x01", "no mask" }, { "\x83\x80", "an unknown data opcode" },
		{ "\x8b\x80", "an unknown control opcode" }, { "\x08\x80", "a fragmented close" },
		    { "\x89\xfe", "a long ping" },
	};
	struct frame f;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		memcpy(wire, bad[i].bytes, 2);
		is_int(frame_take(wire, 2, MAX, false, &f), -CLOSE_PROTOCOL, "%s is refused", bad[i].what);
	}
	memcpy(wire, "\x82\xff\x80\0\0\0\0\0\0\0", 10);
	is_int(frame_take(wire, 10, MAX, false, &f), -CLOSE_PROTOCOL, "a length of more than 63 bits is refused");
}

static int
add(struct message *m, int first, const char *p, size_t max, struct str *out)
{
	struct frame f;
	int opcode;
	size_t n = client_frame(wire, first, p, strlen(p));

	frame_take(wire, n, MAX, false, &f);
	return message_add(m, &f, max, &opcode, out);
}

static void
test_messages(void)
{
	struct message m = { .opcode = 0 };
	struct str s;

	is_int(add(&m, 0x81, "whole", MAX, &s), 1, "a message in one frame is complete");
	ok(s.n == 5 && memcmp(s.p, "whole", 5) == 0, "a message in one frame is that frame's payload");
	is_int(add(&m, 0x01, "\xec\x95", MAX, &s), 0, "a first fragment may be cut within a character");
	is_int(add(&m, 0x00, "\x88", MAX, &s), 0, "a middle fragment is taken");
	is_int(add(&m, 0x80, "!", MAX, &s), 1, "the last fragment completes a message");
	ok(s.n == 4 && memcmp(s.p, "\xec\x95\x88!", 4) == 0, "fragments are joined");
	message_fini(&m);
	is_int(add(&m, 0x80, "x", MAX, &s), -CLOSE_PROTOCOL, "a continuation without a beginning is refused");
	is_int(add(&m, 0x01, "x", MAX, &s), 0, "a fragmented message begins");
	is_int(add(&m, 0x81, "y", MAX, &s), -CLOSE_PROTOCOL,
	    "another message may not begin before the end of a fragmented one");
	message_fini(&m);
	is_int(add(&m, 0x81, "\xff", MAX, &s), -CLOSE_BAD_DATA, "text that is not UTF-8 is refused");
	is_int(add(&m, 0x82, "\xff", MAX, &s), 1, "binary data may be anything");
	is_int(add(&m, 0x01, "12345", 8, &s), 0, "fragments are taken");
	is_int(add(&m, 0x80, "6789", 8, &s), -CLOSE_TOO_BIG, "fragments that exceed the limit together are refused");
	message_fini(&m);
}

static void
test_close(void)
{
	is_int(frame_close_code("", 0), CLOSE_NO_STATUS, "an empty close frame is accepted");
	is_int(frame_close_code("\x03", 1), -CLOSE_PROTOCOL, "a close frame with half a code is refused");
	is_int(frame_close_code("\x03\xe8", 2), 1000, "a close frame with code 1000 is accepted");
	is_int(frame_close_code("\x03\xe8\xff", 3), -CLOSE_BAD_DATA, "a close reason that is not UTF-8 is refused");
	is_int(frame_close_code("\x03\xed", 2), -CLOSE_PROTOCOL, "a close frame with code 1005 is refused");
	is_int(frame_close_code("\x0b\xb8", 2), 3000, "a close frame with code 3000 is accepted");
	is_int(frame_close_code("\x13\x88", 2), -CLOSE_PROTOCOL, "a close frame with code 5000 is refused");
}

static void
test_own(void)
{
	static const size_t sizes[] = { 0, 125, 126, 65535, 65536 };
	struct buf b = { 0 };
	struct str s;
	size_t i, used, at = 0;
	int opcode;

	for (i = 0; i < 5; i++)
		frame_put(&b, i % 2 ? FRAME_BINARY : FRAME_TEXT, wire, sizes[i]);
	for (i = 0; i < 5; i++, at += used) {
		used = frame_own(b.p + at, b.n - at, &opcode, &s);
		ok(s.n == sizes[i] && opcode == (i % 2 ? FRAME_BINARY : FRAME_TEXT),
		    "an encoded frame of %zu bytes is decoded", sizes[i]);
	}
	is_int(frame_own(b.p + at, b.n - at, &opcode, &s), 0, "nothing follows an encoded frame");
	buf_fini(&b);
}

int
main(void)
{
	test_sizes();
	test_refused_heads();
	test_messages();
	test_close();
	test_own();
	return done_testing();
}
