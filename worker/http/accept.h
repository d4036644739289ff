/* accept.h -- new connections from the master's listening sockets. */
#ifndef HTTP_ACCEPT_H
#define HTTP_ACCEPT_H

/* Accept from these descriptors (-1 ends) in the loop, while there is room (HTTP_CONNECTIONS_MAX). Once a process. */
void	 accept_start(const int *listeners);
/* A connection has ended: there is room again. */
void	 accept_room(void);
/* Accept no more. */
void	 accept_stop(void);

#endif
