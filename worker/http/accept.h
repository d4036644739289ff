/* accept.h -- new connections from the master's listening sockets. */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

/* Accept from these descriptors (-1 ends) in the loop, up to HTTP_CONNECTIONS_MAX open connections. Once a process. */
void	 accept_start(const int *listeners);
/* A connection has ended: accept again when the limit had been reached. */
void	 accept_room(void);
/* Accept no more. */
void	 accept_stop(void);

#endif
