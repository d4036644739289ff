/* mhd.h -- libmicrohttpd on our loop: connections in, requests to serve.c, answers out. No other file but response.c
 * knows the library. */
#ifndef HTTP_MHD_H
#define HTTP_MHD_H

#include <stdbool.h>
#include <sys/socket.h>

#include "req.h"

/* Start the daemon, without a listening socket, and become the transport (transport.h). Once a process. `on_room` is
 * called when a connection has ended. 0 or E_INTERNAL. */
int	 mhd_start(void (*on_room)(void));
/* Stop it. Closes every connection, also of requests that are under way. */
void	 mhd_stop(void);
/* Add an accepted connection, for which there is room, and charge it to its peer. Takes `fd`; closes it on failure. */
void	 mhd_add(int fd, const struct sockaddr *peer, socklen_t n);
/* From now on every answer closes its connection. */
void	 mhd_close_connections(void);
/* Close the connections without a request; one that arrives at this moment is still answered. */
void	 mhd_close_idle(void);

#endif
