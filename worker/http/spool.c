/* spool.c -- answers in files without names. See spool.h. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "run/co.h"

static int
complain(const char *what)
{
	log_error(what, JS("directory", conf.spool_dir), JS("error", strerror(errno)));
	return E_INTERNAL;
}

/* Not every file system makes a file without a name at once. */
static int
open_nameless(void)
{
	char path[1024];
	int fd = open(conf.spool_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR))
		return fd;
	snprintf(path, sizeof(path), "%s/dure-XXXXXX", conf.spool_dir);
	if ((fd = mkostemp(path, O_CLOEXEC)) >= 0)
		unlink(path);
	return fd;
}

static void
close_unsent(void *p)
{
	struct spool *s = p;

	if (s->fd >= 0)
		close(s->fd);
}

int
spool_open(struct req *rq, struct spool **out)
{
	struct spool *s = arena_zalloc(rq->mem, sizeof(*s));

	if ((s->fd = open_nameless()) < 0)
		return complain("cannot make a temporary file");
	co_defer(close_unsent, s);
	*out = s;
	return 0;
}

int
spool_put(void *arg, struct str text)
{
	struct spool *s = arg;
	size_t done = 0;
	ssize_t n;

	for (; done < text.n; done += (size_t)n)
		if ((n = write(s->fd, text.p + done, text.n - done)) < 0 && (n = 0, errno != EINTR))
			return complain("cannot write a temporary file");
	s->bytes += (int64_t)text.n;
	return 0;
}

int
spool_send(struct req *rq, int status, const char *type, struct spool *s)
{
	rq->reply.status = status;
	rq->reply.type = type;
	rq->reply.file = s->fd;
	rq->reply.file_bytes = s->bytes;
	s->fd = -1;
	return 0;
}
