/* gate.h -- checks the framing (framing.h) of every byte that libmicrohttpd reads from a client.
 *
 * The library accepts more than RFC 9112 allows a server to (a space before a field's colon, NUL, a bare CR) and reads
 * its sockets itself. The gate therefore replaces the C library's recv() in this program. It checks the bytes of
 * registered connections before the library sees them; other descriptors are read as usual. A fault is answered at
 * once with 400, 501 or 505.
 */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include "conn.h"

/* Once a process: room for every descriptor it may have. `malformed` answers a connection whose framing is at fault
 * with the error and the reason, in Korean and English. */
void	 gate_init(void (*malformed)(struct conn *c, int rc, const char *ko, const char *en));
/* Check the connection's bytes from now on, until gate_close. Borrows `c`. */
void	 gate_open(struct conn *c);
void	 gate_close(struct conn *c);
/* The request is over. Call after each answer: a fault found behind that request is then answered. */
void	 gate_answered(struct conn *c);

#endif
