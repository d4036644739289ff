/* places.c -- the offsets in flight, oldest first. See places.h. */
#include "places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "link/kafka.h"

struct place {
	struct place	*next;		/* consumed later */
	const char	*topic;
	int32_t		 partition;
	int64_t		 offset;
	bool		 done, forgotten;
};

static struct place *first, **end = &first;

struct place *
places_begin(const char *topic, int32_t partition, int64_t offset)
{
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		bug("out of memory");
	*p = (struct place){ .topic = topic, .partition = partition, .offset = offset };
	*end = p;
	end = &p->next;
	return p;
}

static bool
is_same(const struct place *p, const char *topic, int32_t partition)
{
	return p->partition == partition && strcmp(p->topic, topic) == 0;
}

/* Drops the finished ones at the head of this partition; returns the offset behind the last of them, or -1. */
static int64_t
pass_finished(const char *topic, int32_t partition)
{
	struct place **at = &first, *p;
	int64_t next = -1;

	while ((p = *at) != NULL) {
		if (!is_same(p, topic, partition)) {
			at = &p->next;
			continue;
		}
		if (!p->done)
			break;
		if (!p->forgotten)
			next = p->offset + 1;
		if ((*at = p->next) == NULL)
			end = at;
		free(p);
	}
	return next;
}

void
places_end(struct place *p)
{
	const char *topic = p->topic;
	int32_t partition = p->partition;
	int64_t next;

	p->done = true;
	if ((next = pass_finished(topic, partition)) >= 0)
		kafka_commit(&(struct kafka_place){ topic, partition, next }, 1);
}

void
places_forget(const char *topic, int32_t partition)
{
	struct place *p;

	for (p = first; p != NULL; p = p->next)
		if (is_same(p, topic, partition))
			p->forgotten = true;
}
