/* websocket_routes.c -- the sockets of all processes and hosts, for operators: lists, notices, messages, test tools.
 *
 * Sending means publishing to Redis: it succeeds whether or not a socket receives the message. Yields: all.
 */
#include "../req.h"
#include "base/err.h"
#include "link/redis.h"
#include "routes.h"
#include "worker/domain/core/operator_notice.h"
#include "worker/domain/core/room.h"
#include "worker/domain/live/presence.h"

enum { EVENT_MAX = 64, TEXT_MAX = 2000, TARGETS_MAX = 1000, SERVICES_MAX = 100, ASK_MS = 5000, SEND_MS = 5000 };

/* --- Connected sockets --- */

static int
socket_stats(struct req *rq, const void *args)
{
	struct str data;
	int rc;

	(void)args;
	if ((rc = presence_stats(rq->mem, &data)) < 0)
		return rc;
	return reply_data(rq, 200, data, MSG_NONE);
}

struct room_in { const char *room; };
static const struct param room_params[] = { P_ID(FROM_PATH, struct room_in, room, "room", REQUIRED), PARAM_END };

static int
room_clients(struct req *rq, const void *args)
{
	const struct room_in *in = args;
	struct str data;
	int rc;

	if ((rc = presence_clients(rq->mem, in->room, &data)) < 0)
		return rc;
	return reply_data(rq, 200, data, MSG_NONE);
}

/* --- Notices --- */

/* Answer once Redis has accepted the messages: the PONG comes after their replies. */
static int
reply_sent(struct req *rq, struct str data, enum message said)
{
	int rc = redis_cmd(NULL, "PING");

	return rc < 0 ? rc : reply_data(rq, 200, data, said);
}

struct system_in { const char *message, *type, *priority; struct strs users; };
static const struct param system_params[] = {
	P_STR(FROM_JSON, struct system_in, message, "message", REQUIRED, 1, TEXT_MAX),
	P_PICK(FROM_JSON, struct system_in, type, "type", OPTIONAL, "info|warning|error", "info"),
	P_PICK(FROM_JSON, struct system_in, priority, "priority", OPTIONAL, "normal|high", "normal"),
	P_IDS(FROM_JSON, struct system_in, users, "targetUsers", OPTIONAL, 0, TARGETS_MAX), PARAM_END
};

static int
system_notify(struct req *rq, const void *args)
{
	const struct system_in *in = args;
	bool some = json_get(rq->json, "targetUsers") != NULL &&
	    json_type(json_get(rq->json, "targetUsers")) == JSON_ARRAY;

	if (!some || in->users.n > 0)	/* an empty list means no user, not every user */
		notice_system(rq->mem, in->message, in->type, in->priority, in->users);
	return reply_sent(rq, json_obj(rq->mem, JS("event", "system-notification"),
	    JR("targetUsers", some ? strs_json(rq->mem, in->users) : STR("null"))), MSG_SYSTEM_NOTIFIED);
}

struct maintenance_in { const char *message, *start, *end; struct strs services; };
static const struct param maintenance_params[] = {
	P_STR(FROM_JSON, struct maintenance_in, message, "message", REQUIRED, 1, TEXT_MAX),
	P_TIME(FROM_JSON, struct maintenance_in, start, "startTime", REQUIRED),
	P_TIME(FROM_JSON, struct maintenance_in, end, "endTime", REQUIRED),
	P_STRS(FROM_JSON, struct maintenance_in, services, "affectedServices", OPTIONAL, 0, SERVICES_MAX), PARAM_END
};

static int
maintenance_notify(struct req *rq, const void *args)
{
	const struct maintenance_in *in = args;
	int64_t start_ms, end_ms;

	if (time_parse(in->start, &start_ms) && time_parse(in->end, &end_ms) && end_ms < start_ms) {
		rq->faults = (struct param_faults){ { { "endTime", REASON_ORDER, &maintenance_params[2] } }, 1 };
		return E_VALIDATION;
	}
	notice_maintenance(rq->mem, in->message, in->start, in->end, in->services);
	return reply_sent(rq, json_obj(rq->mem, JS("event", "maintenance-alert")), MSG_MAINTENANCE_NOTIFIED);
}

/* --- Messages --- */

struct message_in { const char *user, *event; const struct json *data; };
#define MESSAGE_PARAMS P_STR(FROM_JSON, struct message_in, event, "event", REQUIRED, 1, EVENT_MAX), \
	P_ANY(FROM_JSON, struct message_in, data, "data", OPTIONAL), PARAM_END
static const struct param user_params[] = { P_ID(FROM_PATH, struct message_in, user, "userId", REQUIRED),
    MESSAGE_PARAMS };
static const struct param all_params[] = { MESSAGE_PARAMS };

static int
send_message(struct req *rq, const struct message_in *in, enum message said)
{
	if (!room_event_ok(in->event)) {
		rq->faults = (struct param_faults){ { { "event", REASON_CHARS, &all_params[0] } }, 1 };
		return E_VALIDATION;
	}
	notice_event(rq->mem, in->user, in->event, in->data != NULL ? json_text(rq->mem, in->data) : STR("null"));
	return reply_sent(rq, json_obj(rq->mem, JIF(in->user != NULL, JS("userId", in->user)), JS("event", in->event)),
	    said);
}

static int
user_message(struct req *rq, const void *args)
{
	return send_message(rq, args, MSG_USER_MESSAGED);
}

static int
broadcast_message(struct req *rq, const void *args)
{
	return send_message(rq, args, MSG_BROADCAST);
}

/* --- Test tools --- */

struct card_in { const char *request; const struct json *card; };
static const struct param card_params[] = {
	P_ID(FROM_JSON, struct card_in, request, "requestId", REQUIRED),
	P_OBJ(FROM_JSON, struct card_in, card, "card", REQUIRED), PARAM_END
};

static int
card_try(struct req *rq, const void *args)
{
	const struct card_in *in = args;

	notice_test_card(rq->mem, in->request, json_text(rq->mem, in->card));
	return reply_sent(rq, json_obj(rq->mem, JS("requestId", in->request), JS("event", "sentiment-card")),
	    MSG_TEST_CARD);
}

struct status_in { const char *request, *status, *message; double progress; };
static const struct param status_params[] = {
	P_ID(FROM_JSON, struct status_in, request, "requestId", REQUIRED),
	P_STR(FROM_JSON, struct status_in, status, "status", REQUIRED, 1, 50),
	P_NUM(FROM_JSON, struct status_in, progress, "progress", REQUIRED, 0, 100),
	P_STR(FROM_JSON, struct status_in, message, "message", OPTIONAL, 0, TEXT_MAX), PARAM_END
};

static int
status_try(struct req *rq, const void *args)
{
	const struct status_in *in = args;

	notice_test_status(rq->mem, in->request, json_text(rq->mem, rq->json));
	return reply_sent(rq, json_obj(rq->mem, JS("requestId", in->request), JS("event", "analysis-update")),
	    MSG_TEST_STATUS);
}

const struct route websocket_routes[] = {
	{ "GET", "/api/websocket/stats", socket_stats, NULL, OPERATOR_SOCKETS_READ, RATE_DEFAULT, ASK_MS,
	    "Sockets and rooms of all processes and hosts",
	    DATA("{connectedClients:int, activeRooms:int, roomDetails:[{name:string, clientCount:int, "
	    "createdAt:time}]}"), 0 },
	{ "GET", "/api/websocket/rooms/{room}/clients", room_clients, room_params, OPERATOR_SOCKETS_READ,
	    RATE_DEFAULT, ASK_MS, "Who is in a room, on all processes and hosts",
	    DATA("{room:string, clientCount:int, clients:[RoomClient]}"), 0 },
	{ "POST", "/api/websocket/notifications/system", system_notify, system_params, OPERATOR_NOTIFY, RATE_DEFAULT,
	    SEND_MS,
	    "Emit system-notification to everybody, or to some users",
	    DATA_SAID("{event:'system-notification', targetUsers:null|[string]}"), 0 },
	{ "POST", "/api/websocket/notifications/maintenance", maintenance_notify, maintenance_params, OPERATOR_NOTIFY,
	    RATE_DEFAULT, SEND_MS, "Emit maintenance-alert to everybody",
	    DATA_SAID("{event:'maintenance-alert'}"), 0 },
	{ "POST", "/api/websocket/messages/user/{userId}", user_message, user_params, OPERATOR_SEND,
	    RATE_DEFAULT, SEND_MS,
	    "Emit an event to the sockets of a user's room", DATA_SAID("{userId:string, event:string}"), 0 },
	{ "POST", "/api/websocket/messages/broadcast", broadcast_message, all_params, OPERATOR_SEND,
	    RATE_DEFAULT, SEND_MS, "Emit an event to everybody", DATA_SAID("{event:string}"), 0 },
	{ "POST", "/api/websocket/test/sentiment-card", card_try, card_params, OPERATOR_TRY, RATE_DEFAULT, SEND_MS,
	    "Send a card to the subscribers of a request (not in production)",
	    DATA_SAID("{requestId:string, event:'sentiment-card'}"), ROUTE_TRIAL },
	{ "POST", "/api/websocket/test/analysis-status", status_try, status_params, OPERATOR_TRY, RATE_DEFAULT, SEND_MS,
	    "Send a status to the subscribers of a request, as given (not in production)",
	    DATA_SAID("{requestId:string, event:'analysis-update'}"), ROUTE_TRIAL },
	{ 0 }
};
