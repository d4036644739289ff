/* listener.c -- accepting in the loop: all who come, nobody while it is off, and no turning in circles without
 * descriptors. */
#include "run/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "tap.h"

enum { FILES_MAX = 64, WAIT_MS = 20000, TICK_MS = 20 };

static struct listener l;
static struct loop_timer tick;
static struct sockaddr_in at = { .sin_family = AF_INET };
static int taken, turns, want, ticks_left;

static void
take(int fd, const struct sockaddr *peer, socklen_t n)
{
	taken += peer->sa_family == AF_INET && n == sizeof(at) && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0;
	close(fd);
	if (taken == want)
		loop_stop();
}

static void
on_tick(struct loop_timer *t)
{
	(void)t;
	if (--ticks_left <= 0)
		loop_stop();
}

static void
count_turn(void *arg)
{
	(void)arg;
	turns++;
}

/* Run until so many have been taken in all, or the time is over. */
static void
run(int until, int ms)
{
	want = until;
	turns = 0;
	ticks_left = ms / TICK_MS;
	loop_timer_start(&tick, TICK_MS, TICK_MS);
	loop_run();
}

static int
connect_one(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		abort();
	return fd;
}

int
main(void)
{
	struct rlimit files = { FILES_MAX, FILES_MAX };
	int clients[40], sock = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), last, spare, i;
	socklen_t n = sizeof(at);

	log_open("listener", LOG_ERROR);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(sock, (struct sockaddr *)&at, n) < 0 || listen(sock, 64) < 0 ||
	    getsockname(sock, (struct sockaddr *)&at, &n) < 0)
		abort();
	loop_init();
	loop_before_sleep(count_turn, NULL);
	loop_timer_init(&tick, on_tick, NULL);
	listener_init(&l, sock, "a test", take);

	for (i = 0; i < 40; i++)
		clients[i] = connect_one();
	run(1, 100);
	is_int(taken, 0, "a listener that does not watch accepts nobody");
	listener_watch(&l, true);
	run(40, WAIT_MS);
	is_int(taken, 40, "a listener accepts all pending connections");
	for (i = 0; i < 40; i++)
		close(clients[i]);

	clients[0] = connect_one();
	setrlimit(RLIMIT_NOFILE, &files);
	for (last = -1; (spare = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
		last = spare;
	run(41, 1000);
	is_int(taken, 40, "without a free descriptor a listener accepts nobody");
	ok(turns < 100 + 1000 / TICK_MS,
	    "without a free descriptor a listener does not spin (%d turns a second)", turns);
	close(last);
	run(41, WAIT_MS);
	is_int(taken, 41, "a pending connection is accepted as soon as a descriptor is free");

	close(clients[0]);
	listener_watch(&l, false);
	clients[0] = connect_one();
	run(42, 100);
	is_int(taken, 41, "a paused listener accepts nobody");
	listener_watch(&l, true);
	run(42, WAIT_MS);
	is_int(taken, 42, "a resumed listener accepts the pending connections");
	return done_testing();
}
