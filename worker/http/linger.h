/* linger.h -- lingering close: lets a client that is still sending read the answer first.
 *
 * Closing a socket with unread bytes resets the connection, and the answer may be lost. The descriptor is therefore
 * duplicated before the library closes its own, and what still arrives is discarded, until the client closes or a few
 * seconds have passed.
 */
#ifndef HTTP_LINGER_H
#define HTTP_LINGER_H

/* Keep the connection behind `fd` open for a while after its owner closes `fd`. Does not yield. */
void	 linger_start(int fd);
/* Close those that linger still: the process ends. Does not yield. */
void	 linger_stop(void);

#endif
