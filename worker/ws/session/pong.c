/* pong.c -- see pong.h. Clients subtract the timestamp from their own clock's milliseconds. */
#include "pong.h"

#include "base/str.h"

struct json_field
pong_timestamp(struct arena *mem, const struct json *ping)
{
	const struct json *theirs = json_get(ping, "timestamp");

	if (theirs == NULL || json_type(theirs) != JSON_NUMBER)
		return JI("timestamp", now_ms());
	return JR("timestamp", json_text(mem, theirs));
}
