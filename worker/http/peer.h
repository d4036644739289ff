/* peer.h -- the address of a connection's peer, and of the client that a trusted proxy forwards for. Nothing here
 * yields. */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include <sys/socket.h>

#include "conn.h"

/* Read TRUSTED_PROXIES and OPS_ALLOW; once a process. Entries that are no address or prefix are logged and skipped. */
void		 peer_init(void);
/* Fill conn->ip, ->loopback and ->trusted from the peer's address. */
void		 peer_learn(struct conn *c, const struct sockaddr *peer);
/* Whether the client connected to WS_RAW_PORT. */
bool		 peer_came_raw(int fd);
/* Whether this address is one of OPS_ALLOW. */
bool		 peer_is_operator(const char *ip);
/* The last address of X-Forwarded-For that is no trusted proxy itself, in `out` (INET6_ADDRSTRLEN); `peer_ip` when
 * there is none. */
const char	*peer_client(const char *peer_ip, const char *forwarded_for, char *out);

#endif
