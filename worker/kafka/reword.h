/* reword.h -- what analysis servers say on Redis channels, in the words of the topics.
 *
 * A message is given the topic, type and value that it would have had there; the task's product is looked up where it
 * is not said.
 */
#ifndef KAFKA_REWORD_H
#define KAFKA_REWORD_H

#include "topics_in.h"

struct channel_kind {
	const char	*prefix, *pattern;	/* "analysis_updates:", "analysis_updates:*" */
	/* Fill m->topic, type and value; m->topic stays NULL when it was dealt with here. `id` is behind the prefix.
	 * Yields. Errors as a handler. */
	int		(*reword)(struct kmsg *k, struct kafka_message *m, const char *id, const struct json *body);
};
enum { CHANNEL_KINDS = 3 };
extern const struct channel_kind channel_kinds[CHANNEL_KINDS];

#endif
