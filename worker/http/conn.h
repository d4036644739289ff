/* conn.h -- client connections, shared by the parts of the HTTP worker. mhd.c opens and closes them: one is freed as
 * soon as its client disconnects; what a request needs of it is copied into the request (serve.c). */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "framing.h"
#include "pace.h"

struct conn {
	struct conn	*prev, *next;	/* all of them, for the sweep of dripping clients */
	int		 fd;
	bool		 loopback;	/* the peer is this host */
	bool		 trusted;	/* the peer is one of TRUSTED_PROXIES */
	bool		 raw;		/* it came to WS_RAW_PORT */
	enum { CONN_WAITING, CONN_RECEIVING, CONN_WORKING, CONN_ANSWERING } phase;
	int64_t		 since_ms;	/* in this phase since, monotonic */
	struct pace	 pace;
	struct client	*client;	/* the peer, charged for this connection; NULL: a trusted proxy */
	struct framing	 framing;	/* gate.c */
	unsigned	 unanswered;	/* requests that came whole and are under way */
	bool		 dropped;	/* too slow: nothing more is read */
	bool		 refused;	/* a fault of the framing was answered */
	char		 ip[INET6_ADDRSTRLEN];
};

/* `on_room` is called when a connection has ended. Once a process. */
void	 conn_start(void (*on_room)(void));
/* One more, charged to its peer; and its end, which frees it. */
struct conn *conn_open(int fd, const struct sockaddr *peer);
void	 conn_close(struct conn *c);
/* Whether this peer may open one more connection (HTTP_CLIENT_CONNECTIONS_MAX); a refusal is counted. */
bool	 conn_allowed(const struct sockaddr *peer);
/* Open connections, and whether HTTP_CONNECTIONS_MAX is reached. */
int	 conn_count(void);
bool	 conn_full(void);
/* End input on those without a request. */
void	 conn_close_idle(void);
/* Check phases and paces, and end those of slow clients: the library's own time-out sees only silence, not a client
 * that drips. A body may take `body_ms`. */
void	 conn_check(int64_t body_ms);

#endif
