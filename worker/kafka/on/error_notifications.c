/* error_notifications.c -- topic error-notifications: errors reported by other services. Dure announces its own dead
 * letters and the analyses that failed on it too. */
#include "base/err.h"
#include "worker/domain/core/failure.h"
#include "worker/kafka/topics_in.h"

struct error_in {
	const char	*id, *type, *severity, *message, *request, *time;
};
static const struct param error_params[] = {
	P_ID(FROM_JSON, struct error_in, id, "errorId", OPTIONAL),
	P_STR(FROM_JSON, struct error_in, type, "type", REQUIRED, 1, 64),
	P_PICK(FROM_JSON, struct error_in, severity, "severity", OPTIONAL,
	    "low|medium|high|critical|info|warning|error", "medium"),
	P_STR(FROM_JSON, struct error_in, message, "message", REQUIRED, 0, 4000),
	P_ID(FROM_JSON, struct error_in, request, "requestId", OPTIONAL),
	P_TIME(FROM_JSON, struct error_in, time, "timestamp", OPTIONAL),
	PARAM_END
};

/* Stores the error, publishes it to the room it concerns. Dure's own announcements come back here and are ignored:
 * dead letters are in dead_letters already and must not create further ones, failed analyses are known by their id. */
static int
error_apply(struct kmsg *m, const void *args)
{
	const struct error_in *in = args;
	const struct json *details = json_get(m->body, "details");
	struct failure f = { .request_id = in->request, .type = in->type, .message = in->message,
	    .severity = in->severity };

	if (strcmp(in->type, "dead-letter") == 0)
		return 0;
	if (details != NULL)
		f.details = json_text(m->mem, details);
	return failure_on_topic(m->pg, m->effects, &f, in->id != NULL ? in->id : m->m->message_id);
}

const struct topic_in on_error_notifications[] = {
	{ .topic = "error-notifications", .type = "error", .handler = error_apply, .params = error_params,
	    .args_bytes = sizeof(struct error_in) },
	{ 0 }
};
