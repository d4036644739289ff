/* spool.h -- an answer too large for memory: collected in an unnamed file, then sent from there.
 *
 * The resources that produce the answer (a transaction, a pooled connection) therefore never wait for a slow client,
 * and a failure half way is still answered as an error. Nothing here yields: writes stay in the page cache.
 */
#ifndef HTTP_SPOOL_H
#define HTTP_SPOOL_H

#include "req.h"

struct spool {
	int	 fd;
	int64_t	 bytes;		/* of SPOOL_MAX_BYTES, until it is closed */
	struct spool **own;	/* the request's, while it is */
};

/* Create one in SPOOL_DIR; closed with the request's coroutine unless it was sent. 0, or E_INTERNAL (logged). */
int	 spool_open(struct req *rq, struct spool **out);
/* Append. 0; E_BUSY (SPOOL_MAX_BYTES are in use), E_INTERNAL (logged): the disk is full. */
int	 spool_put(void *spool, struct str text);
/* Answer with the spooled text, as reply_text; the reply owns the spool from then on. */
int	 spool_send(struct req *rq, int status, const char *type, struct spool *s);
/* For response.c: read from offset `at`, -1 when that fails; close. */
ssize_t	 spool_read(void *spool, uint64_t at, char *out, size_t n);
void	 spool_close(void *spool);

#endif
