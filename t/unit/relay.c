/* relay.c -- the frames between HTTP workers and fanout processes, and descriptors that travel with theirs. */
#include "tap.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proc/relay.h"

static void
codec(void)
{
	struct relay_frame f = { RELAY_POLL, 77, STR("{\"a\":1}"), STR("body"), -1 }, g;
	struct buf b = { 0 };
	size_t i;
	bool early = false;

	relay_encode(&b, &f);
	for (i = 0; i < b.n; i++)
		early = early || relay_decode(b.p, i, &g) != 0;
	ok(!early, "no prefix of a frame is a frame, and none is refused");
	is_int(relay_decode(b.p, b.n, &g), (int64_t)b.n, "a whole frame is decoded");
	is_int(g.type, RELAY_POLL, "a frame has its type");
	is_int(g.id, 77, "a frame has its id");
	ok(str_eq(g.header, f.header) && str_eq(g.body, f.body), "a frame has its header and body");
	b.p[4] = 'x';
	is_int(relay_decode(b.p, b.n, &g), -1, "a frame of unknown type is refused");
	b.p[4] = RELAY_POLL;
	b.p[12] = 100;
	is_int(relay_decode(b.p, b.n, &g), -1, "a header longer than its frame is refused");
	is_int(relay_decode("\x7f\0\0\0", 4, &g), -1, "a length over the bound is refused at once");
	is_int(relay_decode("\0\0\0\2", 4, &g), -1, "a length under the head is refused at once");
	buf_fini(&b);
}

static int
numbered_file(int n)
{
	char name[] = "/tmp/relayXXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	if (write(fd, &n, sizeof(n)) < 0)
		return -1;
	return fd;
}

/* More frames than the socket holds at once, every third with a descriptor; each must meet its own. */
static void
descriptors(void)
{
	enum { FRAMES = 300 };
	struct relay a, b;
	struct relay_frame f, g;
	int pair[2], i, n = 0, rc, flushed = 1, number, wrong = 0;
	static char body[3000];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		exit(1);
	relay_init(&a, pair[0]);
	relay_init(&b, pair[1]);
	for (i = 0; i < FRAMES; i++) {
		f = (struct relay_frame){ i % 3 ? RELAY_POLL : RELAY_WS, (uint32_t)i, STR("{}"),
		    { body, (size_t)i * 10 }, -1 };
		relay_queue(&a, &f, i % 3 ? -1 : numbered_file(i));
	}
	while (n < FRAMES) {
		if (flushed == 1)
			flushed = relay_flush(&a);
		if (relay_read(&b) < 0)
			break;
		while ((rc = relay_next(&b, &g)) == 1) {
			wrong += g.id != (uint32_t)n || g.body.n != (size_t)n * 10 || (g.fd >= 0) != (n % 3 == 0);
			if (g.fd >= 0) {
				wrong += pread(g.fd, &number, sizeof(number), 0) != sizeof(number) || number != n;
				close(g.fd);
			}
			n++;
		}
		if (rc < 0)
			break;
	}
	is_int(n, FRAMES, "all frames arrive");
	is_int(wrong, 0, "frames arrive in order, each with its own descriptor");
	is_int(flushed, 0, "nothing is left to send");
	relay_queue(&a, &f, numbered_file(1));
	relay_fini(&a);
	is_int(relay_read(&b), -1, "the end of the stream is reported");
	relay_fini(&b);
	is_int(dup(0), pair[0] < pair[1] ? pair[0] : pair[1], "no descriptor is left open");
}

static void
owners(void)
{
	int i;

	for (i = 1; i <= 16; i++)
		if (relay_owner((char[]){ relay_owner_char(i), 'x', '\0' }) != i)
			break;
	is_int(i, 17, "a session id names its fanout process");
	is_int(relay_owner(""), 0, "an empty session id names no process");
	is_int(relay_owner("zz"), 0, "a foreign session id names no process");
}

int
main(void)
{
	codec();
	descriptors();
	owners();
	return done_testing();
}
