/* gate.h -- every byte that libmicrohttpd reads from a client passes the framing first (framing.h).
 *
 * The library takes more than RFC 9112 allows a server to (a space before a field's colon, NUL, a bare CR) and reads
 * its sockets by itself, so the gate stands where it reads: this program's recv() is called in place of the C
 * library's. A connection in the gate has its bytes checked there, before the library sees them; any other descriptor
 * is read as ever. A fault is answered on the spot, with 400, 501 or 505.
 */
#ifndef HTTP_GATE_H
#define HTTP_GATE_H

#include "conn.h"

/* Once a process: room for every descriptor it may have. `malformed` answers a connection whose framing is at fault
 * with the error and the reason, in Korean and English. */
void	 gate_init(void (*malformed)(struct conn *c, int rc, const char *ko, const char *en));
/* The connection's bytes are checked from now on, until gate_close. Borrows it. */
void	 gate_open(struct conn *c);
void	 gate_close(struct conn *c);
/* An answer was sent: a fault found behind its request is answered now. Call when the request is over. */
void	 gate_answered(struct conn *c);

#endif
