/* conn.h -- one client connection, shared by the parts of the HTTP worker. Owned by mhd.c and freed as soon as the
 * client disconnects: what a request needs of it is copied into the request (serve.c). */
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

#endif
