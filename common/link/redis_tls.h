/* redis_tls.h -- TLS under a connection to Redis (OpenSSL), for redis_conn.c and redis_server.c only: never waits.
 *
 * hiredis has no TLS in every Debian that Dure supports; here its parser alone is used, so that TLS is between it and
 * the descriptor.
 */
#ifndef LINK_REDIS_TLS_H
#define LINK_REDIS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct conf;
struct redis_tls;

/* Take REDIS_TLS_* of *c for the connections to come: 0, or E_VALIDATION with *why, a static text. Reads no file but
 * the system's certificates. Close what was opened, also after a failure. */
int	 redis_tls_open(const struct conf *c, const char **why);
void	 redis_tls_close(void);

/* On a connected descriptor, which stays the caller's; `host`, a name or an address, is whom the certificate must
 * name, unless REDIS_TLS_SERVER_NAME says another. NULL: no memory. */
struct redis_tls *redis_tls_new(int fd, const char *host);
void	 redis_tls_free(struct redis_tls **t);
/* Go on with the handshake: 1 when it is complete, 0 when *events must happen first, -1 when it failed. */
int	 redis_tls_handshake(struct redis_tls *t, int *events);
/* As read(2) and write(2) on a descriptor that does not block: -1 with EAGAIN, or with EPROTO (redis_tls_why). A read
 * that fills the buffer has left something behind: call it again. */
ssize_t	 redis_tls_read(struct redis_tls *t, void *p, size_t n);
ssize_t	 redis_tls_write(struct redis_tls *t, const void *p, size_t n);
/* Whether the last read could go on only after LOOP_WRITE. */
bool	 redis_tls_wants_write(const struct redis_tls *t);
/* Why the last call failed. */
const char *redis_tls_why(const struct redis_tls *t);

#endif
