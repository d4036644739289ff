/* unixsock.c -- sockets in a directory, also one whose path is longer than an address. */
#include "proc/unixsock.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static void
test_in(const char *dir, const char *what)
{
	char name[UNIXSOCK_NAME_BYTES], path[512];
	int listener, again, near, far;
	struct stat st;

	is_str(unixsock_ws_name(name, 3), "ws.3.sock", "%s: a fanout process has a socket name", what);
	is_int(unixsock_connect(dir, name), -1, "%s: connecting before anybody listens fails", what);
	is_int(errno, ENOENT, "%s: the failure says that nobody listens yet", what);
	listener = unixsock_listen(dir, name);
	ok(listener >= 0, "%s: the process listens", what);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600,
	    "%s: the socket is accessible to its user only", what);
	near = unixsock_connect(dir, name);
	far = accept(listener, NULL, NULL);
	ok(near >= 0 && far >= 0 && write(near, "x", 1) == 1 && read(far, path, 1) == 1,
	    "%s: a client connects", what);
	again = unixsock_listen(dir, name);
	ok(again >= 0, "%s: a stale socket is replaced", what);
	close(listener);
	close(again);
	close(near);
	close(far);
	is_int(unixsock_connect(dir, name), -1, "%s: connecting before anybody listens fails", what);
	is_int(errno, ECONNREFUSED, "%s: the failure says that nobody listens any more", what);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
}

int
main(void)
{
	char top[] = "/tmp/dure-unixsock-XXXXXX", deep[256];

	if (mkdtemp(top) == NULL)
		return 1;
	test_in(top, "short path");
	snprintf(deep, sizeof(deep), "%s/%0150d", top, 7);
	mkdir(deep, 0700);
	test_in(deep, "long path");
	is_int(unixsock_listen("/nonexistent", "x"), -1, "a socket in a missing directory is refused");
	is_int(errno, ENOENT, "the failure of a missing directory is reported");
	rmdir(deep);
	rmdir(top);
	return done_testing();
}
