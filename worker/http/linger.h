/* linger.h -- closing a connection whose client is still sending, so that it can read the answer first.
 *
 * A socket closed with unread bytes resets the connection, and the answer may be lost with it. So the descriptor is
 * duplicated before the library closes its own, what still comes is thrown away, and the end is the client's or a few
 * seconds away.
 */
#ifndef HTTP_LINGER_H
#define HTTP_LINGER_H

/* Keep the connection behind `fd` open for a while after its owner closes `fd`. Does not yield. */
void	 linger_start(int fd);
/* Close those that linger still: the process ends. Does not yield. */
void	 linger_stop(void);

#endif
