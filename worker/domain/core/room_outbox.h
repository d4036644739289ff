/* room_outbox.h -- events that Redis did not take: published later, in order and once.
 *
 * As long as Redis answers, an event is published at once and no SQL is executed. From the first failure on all
 * events of the process wait, in its memory and, should it die, in the table room_outbox; they are published in order
 * when Redis is back, before anything newer of this process. Events left by a dead process are published by cron. A
 * publication whose answer was lost is known by its number (room_script.h), so that it is not repeated, unless Redis
 * has lost its data.
 */
#ifndef CORE_ROOM_OUTBOX_H
#define CORE_ROOM_OUTBOX_H

#include "room_script.h"

/* Until the last release, events are collected and then published by few calls of the script, in order. */
void	 room_outbox_hold(void);
void	 room_outbox_release(void);
/* Publish the item, now or when Redis is back, and free it. When ROOM_OUTBOX_MAX wait, it is dropped and counted. Does
 * not yield. */
void	 room_outbox_publish(struct room_item *i);
/* Publish what processes have left behind; *n: so many. Yields. Errors as pg_query and redis_cmd. */
int	 room_outbox_retell(int64_t *n);

#endif
