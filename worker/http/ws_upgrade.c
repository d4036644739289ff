/* ws_upgrade.c -- WebSocket handshakes. See ws_upgrade.h. */
#include "ws_upgrade.h"

#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/wskey.h"
#include "extension.h"
#include "fanout.h"
#include "worker/child.h"

_Static_assert(sizeof(((struct req *)0)->accept_key) >= WS_ACCEPT_BYTES, "no room for the accept key");

int
ws_upgrade_check(struct req *rq)
{
	const char *version = rq->header[HDR_WS_VERSION], *key = rq->header[HDR_WS_KEY], *extension;

	if (rq->method != METHOD_GET || !header_lists(rq->header[HDR_CONNECTION], "upgrade"))
		return E_BAD_REQUEST;
	if (version == NULL || strcmp(version, "13") != 0)
		return E_UPGRADE;
	if (key == NULL || !ws_key_valid(key))
		return E_BAD_REQUEST;
	if (child_stopping() || (rq->owner = (uint8_t)fanout_owner(rq)) == 0)
		return E_DOWN;
	ws_accept_key(key, rq->accept_key);
	rq->reply = (struct reply){ .status = 101 };
	reply_header(rq, "Upgrade", "websocket");
	reply_header(rq, "Sec-WebSocket-Accept", rq->accept_key);
	extension = conf.ws_deflate_min > 0 ? extension_answer(rq->header[HDR_WS_EXTENSIONS], &rq->narrow)
	    : NULL;
	rq->deflate = extension != NULL;
	if (rq->deflate)
		reply_header(rq, "Sec-WebSocket-Extensions", extension);
	return 0;
}

static bool
is_engine(const struct req *rq)
{
	return strncmp(rq->route->path, "/socket.io", 10) == 0 || strncmp(rq->route->path, "/engine.io", 10) == 0;
}

bool
ws_upgrade_asked(const struct req *rq)
{
	const char *p = rq->uri.query;

	if (!(rq->route->flags & ROUTE_RELAY) || !header_lists(rq->header[HDR_UPGRADE], "websocket"))
		return false;
	if (!is_engine(rq))
		return true;
	while (p != NULL && strncmp(p, "EIO=", 4) != 0)
		p = (p = strchr(p, '&')) != NULL ? p + 1 : NULL;
	return p != NULL && p[4] == '4' && (p[5] == '&' || p[5] == '\0');
}

bool
ws_upgrade_speaks_first(const struct req *rq)
{
	return is_engine(rq) && (rq->uri.query == NULL || strstr(rq->uri.query, "sid=") == NULL);
}

void
ws_upgrade_hand_over(struct req *rq, int fd, struct str early)
{
	fanout_hand_over(rq, fd, early);
}
