/* reword.h -- translates messages of analysis servers on Redis channels to messages of topics.
 *
 * A message gets the topic, type and value it would have there; a missing product id is looked up by the task.
 */
#ifndef KAFKA_REWORD_H
#define KAFKA_REWORD_H

#include "topics_in.h"

struct channel_kind {
	const char	*prefix, *pattern;	/* "analysis_updates:", "analysis_updates:*" */
	/* Fills m->topic, type and value; m->topic stays NULL when the message was already applied here. `id` is the
	 * channel's name behind the prefix. Yields. Errors as a handler. */
	int		(*reword)(struct kmsg *k, struct kafka_message *m, const char *id, const struct json *body);
};
enum { CHANNEL_KINDS = 3 };
extern const struct channel_kind channel_kinds[CHANNEL_KINDS];

#endif
