/* ring.h -- the sends of one turn in one system call (io_uring), or one call each where the kernel or a container
 * refuses io_uring.
 *
 * Every send is tried at once and never waits, so nothing is under way when ring_send returns. Nothing here
 * yields.
 */
#ifndef CONN_RING_H
#define CONN_RING_H

#include <sys/uio.h>

enum { RING_SENDS_MAX = 128 };

struct ring_send {
	int		 fd;
	struct iovec	*iov;
	int		 pieces;
	ssize_t		 sent;		/* out: bytes, or a negated errno */
};

/* Once a process, before its system calls are filtered: a ring that sends and does nothing else. */
void	 ring_open(void);
/* Once the log is open: say so where there is no ring. */
void	 ring_start(void);
/* Send on `n` different stream sockets, at most RING_SENDS_MAX. */
void	 ring_send(struct ring_send *v, int n);

#endif
