/* ws_packet.c -- Socket.IO packets and Engine.IO polling payloads, there and back. */
#include "tap.h"

#include "base/err.h"
#include "worker/ws/wire/frame.h"
#include "worker/ws/wire/packet.h"
#include "worker/ws/wire/payload.h"

static void
test_good_packets(void)
{
	static const struct {
		const char *text;
		int type, attachments;
		const char *nsp;
		int64_t ack;
		const char *data;
	} good[] = {
		{ "0", PACKET_CONNECT, 0, "/", -1, "" },
		{ "0{\"token\":1}", PACKET_CONNECT, 0, "/", -1, "{\"token\":1}" },
		{ "0/chat,", PACKET_CONNECT, 0, "/chat", -1, "" },
		{ "0/chat", PACKET_CONNECT, 0, "/chat", -1, "" },
		{ "0/chat?x=1,{}", PACKET_CONNECT, 0, "/chat", -1, "{}" },
		{ "1/chat,", PACKET_DISCONNECT, 0, "/chat", -1, "" },
		{ "2[\"a\"]", PACKET_EVENT, 0, "/", -1, "[\"a\"]" },
		{ "2/chat,12[\"a,b\"]", PACKET_EVENT, 0, "/chat", 12, "[\"a,b\"]" },
		{ "30[]", PACKET_ACK, 0, "/", 0, "[]" },
		{ "51-[\"a\",{\"_placeholder\":true,\"num\":0}]", PACKET_BINARY_EVENT, 1, "/", -1,
		    "[\"a\",{\"_placeholder\":true,\"num\":0}]" },
		{ "62-/chat,7[]", PACKET_BINARY_ACK, 2, "/chat", 7, "[]" },
	};
	struct packet k;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		is_int(packet_decode(good[i].text, strlen(good[i].text), &k), 0, "%s is a packet", good[i].text);
		ok((int)k.type == good[i].type && k.attachments == good[i].attachments && k.ack == good[i].ack &&
		    str_eq(k.nsp, str_of(good[i].nsp)) && str_eq(k.data, str_of(good[i].data)),
		    "the packet has its parts");
	}
}

static void
test_bad_packets(void)
{
	static const char *const bad[] = { "", "7", "x", "5[]", "5-[]", "51", "51[]", "5999999-[]",
	    "299999999999999999999[]" };
	struct packet k;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		is_int(packet_decode(bad[i], strlen(bad[i]), &k), E_BAD_REQUEST, "\"%s\" is not a packet", bad[i]);
}

static void
test_payload(void)
{
	char body[] = "4hello\x1e" "bAQIDBA==\x1e" "2";
	struct str rest = { body, sizeof(body) - 1 };
	struct payload_packet p;

	ok(payload_next(&rest, &p) == 1 && !p.binary && str_eq(p.data, STR("4hello")),
	    "a text packet is taken from a payload");
	ok(payload_next(&rest, &p) == 1 && p.binary && str_eq(p.data, STR("\1\2\3\4")),
	    "a binary packet is taken from a payload");
	ok(payload_next(&rest, &p) == 1 && !p.binary && str_eq(p.data, STR("2")),
	    "the last packet is taken from a payload");
	is_int(payload_next(&rest, &p), 0, "a payload ends after its last packet");
	rest = STR("");
	is_int(payload_next(&rest, &p), E_BAD_REQUEST, "an empty payload is malformed");
	rest = STR("4a\x1e");
	ok(payload_next(&rest, &p) == 1 && payload_next(&rest, &p) == E_BAD_REQUEST,
	    "a payload that ends with a separator is malformed");
	strcpy(body, "b*");
	rest = (struct str){ body, 2 };
	is_int(payload_next(&rest, &p), E_BAD_REQUEST, "a payload with bad base64 is malformed");
}

static void
test_frames_as_payload(void)
{
	struct buf frames = { 0 }, body = { 0 };

	frame_put(&frames, FRAME_TEXT, "4a", 2);
	frame_put(&frames, FRAME_BINARY, "\1\2\3\4", 4);
	payload_put_frames(&body, frames.p, frames.n);
	payload_put_frames(&body, frames.p, 4);
	buf_byte(&body, '\0');
	is_str(body.p, "4a\x1e" "bAQIDBA==\x1e" "4a", "frames are encoded as a payload");
	buf_fini(&frames);
	buf_fini(&body);
}

int
main(void)
{
	test_good_packets();
	test_bad_packets();
	test_payload();
	test_frames_as_payload();
	return done_testing();
}
