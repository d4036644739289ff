/* activity.h -- when users were there: `user_activity`, a row a user and day, from which the KPIs are counted.
 *
 * A user's activity is stored once in ACTIVITY_EVERY_MS, in batches, and extends the session that it falls into; after
 * a pause of half an hour another begins.
 */
#ifndef OPS_ACTIVITY_H
#define OPS_ACTIVITY_H

enum { ACTIVITY_EVERY_MS = 300000 };

/* The user is there now. Stored later, unless it was lately; what does not fit the queue is dropped. Does not yield. */
void	 activity_note(const char *user);
/* Waits until everything is stored, unless PostgreSQL is away. Yields. */
void	 activity_flush(void);

#endif
