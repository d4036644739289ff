/* operator_notice.c -- see operator_notice.h. */
#include "operator_notice.h"

#include "room.h"

static const char *
user_room(struct arena *mem, const char *user)
{
	return user != NULL ? arena_printf(mem, "user:%s", user) : ROOM_ALL;
}

void
notice_system(struct arena *mem, const char *message, const char *type, const char *priority, struct strs users)
{
	struct str payload = json_obj(mem, JS("message", message), JS("type", type), JS("priority", priority));
	size_t i;

	for (i = 0; i < users.n; i++)
		notice_event(mem, users.v[i], "system-notification", payload);
	if (users.n == 0)
		notice_event(mem, NULL, "system-notification", payload);
}

void
notice_maintenance(struct arena *mem, const char *message, const char *start, const char *end, struct strs services)
{
	notice_event(mem, NULL, "maintenance-alert", json_obj(mem, JS("message", message), JS("startTime", start),
	    JS("endTime", end), JR("affectedServices", strs_json(mem, services))));
}

void
notice_event(struct arena *mem, const char *user, const char *event, struct str data)
{
	room_publish(user_room(mem, user), ROOM_STATE, event, NULL, data, false);
}

void
notice_test_card(struct arena *mem, const char *request, struct str card)
{
	room_publish(arena_printf(mem, "analysis:%s", request), ROOM_CARD, "sentiment-card", NULL,
	    json_obj(mem, JS("requestId", request), JR("card", card)), false);
}

void
notice_test_status(struct arena *mem, const char *request, struct str update)
{
	const char *room = arena_printf(mem, "analysis:%s", request);

	room_publish(room, ROOM_PROGRESS, "analysis-update", room, update, true);
}
