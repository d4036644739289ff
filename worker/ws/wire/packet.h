/* packet.h -- Socket.IO v5 packets as text: taken apart and put together, nothing of sockets.
 *
 * `<type>[<attachments>-][<namespace>,][<ack id>][<JSON>]`. The JSON is not looked at here.
 */
#ifndef WIRE_PACKET_H
#define WIRE_PACKET_H

#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum packet_type {
	PACKET_CONNECT, PACKET_DISCONNECT, PACKET_EVENT, PACKET_ACK, PACKET_CONNECT_ERROR, PACKET_BINARY_EVENT,
	    PACKET_BINARY_ACK,
};
enum { PACKET_ATTACHMENTS_MAX = 64 };

struct packet {
	enum packet_type type;
	int		 attachments;
	struct str	 nsp;		/* "/" when it names none; without a query */
	int64_t		 ack;		/* -1: no acknowledgement is asked for */
	struct str	 data;		/* JSON text; n 0: none */
};
/* 0 with *out pointing into `p`, or E_BAD_REQUEST. */
int	 packet_decode(const char *p, size_t n, struct packet *out);
/* Append type, number of attachments (of a binary type), namespace and ack id (-1: none); the JSON follows. */
void	 packet_head(struct buf *out, enum packet_type type, int attachments, const char *nsp, int64_t ack);

/* Binary arguments: {"_placeholder":true,"num":i} in the JSON stands for the i-th. */
struct attachments {
	const struct str *v;
	int		 n;
};

#endif
