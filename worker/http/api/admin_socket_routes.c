/* admin_socket_routes.c -- rooms and connections of all hosts, for operators. Yields: all. See domain/live/presence.h.
 */
#include "../req.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/live/presence.h"

enum { ASK_MS = 5000 };

struct rooms_in { int64_t limit; };
static const struct param rooms_params[] = {
	P_INT(FROM_QUERY, struct rooms_in, limit, "limit", OPTIONAL, 1, 500, "50"), PARAM_END
};

static int
room_list(struct req *rq, const void *args)
{
	const struct rooms_in *in = args;
	struct str list;
	int rc;

	if ((rc = presence_rooms(rq->mem, in->limit, &list)) < 0)
		return rc;
	return reply_list(rq, list, NULL);
}

static const struct param sockets_params[] = {
	P_ID(FROM_QUERY, struct presence_filter, user, "userId", OPTIONAL),
	P_ID(FROM_QUERY, struct presence_filter, room, "room", OPTIONAL),
	P_INT(FROM_QUERY, struct presence_filter, limit, "limit", OPTIONAL, 1, 500, "100"), PARAM_END
};

static int
connection_read(struct req *rq, const void *args)
{
	struct str list;
	int64_t total;
	int rc;

	if ((rc = presence_sockets(rq->mem, args, &list, &total)) < 0)
		return rc;
	return reply_json(rq, 200, json_obj(rq->mem, JB("success", true), JR("data", list), JS("nextCursor", NULL),
	    JI("total", total)));
}

struct socket_in { const char *id; };
static const struct param socket_params[] = {
	P_STR(FROM_PATH, struct socket_in, id, "id", REQUIRED, 1, 64), PARAM_END
};

static int
connection_delete(struct req *rq, const void *args)
{
	const struct socket_in *in = args;
	int rc;

	if ((rc = presence_disconnect(rq->mem, in->id)) < 0)
		return rc;
	AUDIT("operator_action", rq->user, rq->ip, JS("action", "disconnect"), JS("socket", in->id));
	return reply_nothing(rq);
}

const struct route admin_socket_routes[] = {
	{ "GET", "/api/v1/admin/rooms", room_list, rooms_params, OPERATOR_CONNECTIONS, RATE_DEFAULT, ASK_MS,
	    "The rooms of all hosts with the most sockets, the largest first",
	    LIST("{room:string, sockets:int = 2}"), 0 },
	{ "GET", "/api/v1/admin/sockets", connection_read, sockets_params, OPERATOR_CONNECTIONS, RATE_DEFAULT, ASK_MS,
	    "Connections of all hosts: of a user, in a room, or any; total counts all of them",
	    "{success:true, data:[Connection], nextCursor:null|string, total:int}", 0 },
	{ "DELETE", "/api/v1/admin/sockets/{id}", connection_delete, socket_params, OPERATOR_CONNECTIONS, RATE_DEFAULT,
	    ASK_MS,
	    "End the connection that has a socket of this id, on whichever host; its client does not reconnect by itself "
	    "(204)", "204", 0 },
	{ 0 }
};
