/* linger.c -- a connection whose client still sends lingers after its owner's close: until the client ends, or the
 * process does. */
#include "worker/http/linger.h"

#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run/co.h"
#include "run/loop.h"
#include "tap.h"

enum { CLIENTS = 4, LOOK_MS = 5, LOOKS = 400 };

/* The client of a connection whose owner has closed it. */
static int
linger_one(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), client, server;

	if (bind(listener, (struct sockaddr *)&at, n) < 0 || listen(listener, 1) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &n) < 0)
		return -1;
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(client, (struct sockaddr *)&at, n) < 0 ||
	    (server = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) < 0)
		return -1;
	close(listener);
	linger_start(server);
	close(server);
	return client;
}

static bool
can_send(int client)
{
	return write(client, "more", 4) == 4;
}

/* TCP tells of a closed peer after the first bytes that reach it. */
static bool
is_refused(int client)
{
	int i;

	for (i = 0; i < LOOKS && can_send(client); i++)
		usleep(LOOK_MS * 1000);
	return errno == EPIPE || errno == ECONNRESET;
}

static int
open_descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void
run(void *arg)
{
	int client[CLIENTS], i, before = open_descriptors(), lingering;
	char byte;

	(void)arg;
	for (i = 0; i < CLIENTS; i++)
		client[i] = linger_one();
	for (i = 0; i < CLIENTS; i++)
		ok(can_send(client[i]), "client %d may go on sending", i);
	is_int(read(client[0], &byte, 1), 0, "the client receives the end of the answer");
	lingering = open_descriptors();
	close(client[1]);
	close(client[3]);
	for (i = 0; i < LOOKS && open_descriptors() > lingering - 4; i++)
		co_sleep(LOOK_MS);
	is_int(open_descriptors(), lingering - 4, "a client that ends its side is closed");
	ok(can_send(client[0]) && can_send(client[2]), "the other clients linger");
	linger_stop();
	for (i = 0; i < CLIENTS; i += 2) {
		ok(is_refused(client[i]), "client %d is closed when the process ends", i);
		close(client[i]);
	}
	is_int(open_descriptors(), before, "no descriptor is left");
	linger_stop();
	loop_stop();
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	loop_init();
	co_spawn(run, NULL, 0);
	loop_run();
	loop_fini();
	return done_testing();
}
