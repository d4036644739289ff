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
log_spool_error(const char *what)
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

static int64_t under_way;	/* bytes of all spools of this worker */

void
spool_close(void *arg)
{
	struct spool *s = arg;

	under_way -= s->bytes;
	close(s->fd);
	free(s);
}

/* Of the request that made it, until it is sent. */
static void
close_unsent(void *p)
{
	struct spool **own = p;

	if (*own != NULL)
		spool_close(*own);
}

int
spool_open(struct req *rq, struct spool **out)
{
	struct spool **own = arena_zalloc(rq->mem, sizeof(*own));
	int fd = open_nameless();

	if (fd < 0)
		return log_spool_error("cannot make a temporary file");
	if ((*own = calloc(1, sizeof(**own))) == NULL)
		abort();
	(*own)->fd = fd;
	(*own)->own = own;
	co_defer(close_unsent, own);
	*out = *own;
	return 0;
}

int
spool_put(void *arg, struct str text)
{
	struct spool *s = arg;
	size_t done = 0;
	ssize_t n;

	if (under_way + (int64_t)text.n > conf.spool_max_bytes)
		return E_BUSY;
	s->bytes += (int64_t)text.n;
	under_way += (int64_t)text.n;
	for (; done < text.n; done += (size_t)n)
		if ((n = write(s->fd, text.p + done, text.n - done)) < 0 && (n = 0, errno != EINTR))
			return log_spool_error("cannot write a temporary file");
	return 0;
}

int
spool_send(struct req *rq, int status, const char *type, struct spool *s)
{
	rq->reply.status = status;
	rq->reply.type = type;
	rq->reply.spool = s;
	*s->own = NULL;
	return 0;
}

ssize_t
spool_read(void *arg, uint64_t at, char *out, size_t n)
{
	return pread(((struct spool *)arg)->fd, out, n, (off_t)at);
}
