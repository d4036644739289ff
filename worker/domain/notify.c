/* notify.c -- messages of operators to sockets. See notify.h. */
#include "notify.h"

#include "room.h"

struct str
notify_list(struct arena *mem, struct strs list)
{
	struct buf b = { 0 };
	struct str out;
	size_t i;

	buf_byte(&b, '[');
	for (i = 0; i < list.n; i++) {
		buf_str(&b, i > 0 ? "," : "");
		json_put_str(&b, list.v[i], strlen(list.v[i]));
	}
	buf_byte(&b, ']');
	out = (struct str){ arena_copy(mem, b.p, b.n), b.n };
	buf_fini(&b);
	return out;
}

static const char *
user_room(struct arena *mem, const char *user)
{
	return user != NULL ? arena_printf(mem, "user:%s", user) : ROOM_ALL;
}

void
notify_system(struct arena *mem, const char *message, const char *type, const char *priority, struct strs users)
{
	struct str payload = json_obj(mem, JS("message", message), JS("type", type), JS("priority", priority));
	size_t i;

	for (i = 0; i < users.n; i++)
		notify_event(mem, users.v[i], "system-notification", payload);
	if (users.n == 0)
		notify_event(mem, NULL, "system-notification", payload);
}

void
notify_maintenance(struct arena *mem, const char *message, const char *start, const char *end, struct strs services)
{
	notify_event(mem, NULL, "maintenance-alert", json_obj(mem, JS("message", message), JS("startTime", start), JS("endTime", end),
	    JR("affectedServices", notify_list(mem, services))));
}

void
notify_event(struct arena *mem, const char *user, const char *event, struct str data)
{
	room_publish(user_room(mem, user), ROOM_STATE, event, NULL, data, false);
}

void
notify_test_card(struct arena *mem, const char *request, struct str card)
{
	room_publish(arena_printf(mem, "analysis:%s", request), ROOM_CARD, "sentiment-card", NULL,
	    json_obj(mem, JS("requestId", request), JR("card", card)), false);
}

void
notify_test_status(struct arena *mem, const char *request, struct str update)
{
	const char *room = arena_printf(mem, "analysis:%s", request);

	room_publish(room, ROOM_PROGRESS, "analysis-update", room, update, true);
}
