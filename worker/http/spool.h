/* spool.h -- an answer too large for memory: gathered in a file that has no name, then sent from there.
 *
 * So nothing the answer is made of (a transaction, a place in a pool) waits for a slow client, and a failure half way
 * is still answered as such. Nothing here yields: what is written stays in the system's cache.
 */
#ifndef HTTP_SPOOL_H
#define HTTP_SPOOL_H

#include "req.h"

struct spool {
	int	 fd;
	int64_t	 bytes;		/* of SPOOL_MAX_BYTES, until it is closed */
	struct spool **own;	/* the request's, while it is */
};

/* A new one in SPOOL_DIR; closed with the request's coroutine unless it was sent. 0, or E_INTERNAL (logged). */
int	 spool_open(struct req *rq, struct spool **out);
/* Append. 0; E_BUSY (too much is under way), E_INTERNAL (logged): the disk is full. */
int	 spool_put(void *spool, struct str text);
/* Answer with what was put, as reply_text; the spool is the reply's then. */
int	 spool_send(struct req *rq, int status, const char *type, struct spool *s);
/* For response.c: bytes from `at`, -1 when they cannot be read; the end. */
ssize_t	 spool_read(void *spool, uint64_t at, char *out, size_t n);
void	 spool_close(void *spool);

#endif
