/* places.h -- which requests of a partition are done, when several are worked on at once and end in any order.
 *
 * Only what lies before the first unfinished request may be committed: a crash then repeats requests, and loses none.
 */
#ifndef ANALYZER_PLACES_H
#define ANALYZER_PLACES_H

#include <stdint.h>

struct place;		/* one request's offset; owned here */

/* A request was taken from the topic. `topic` must outlive it. */
struct place	*places_begin(const char *topic, int32_t partition, int64_t offset);
/* It is finished: commits as far as everything before is. */
void		 places_end(struct place *p);
/* These partitions are somebody else's now: nothing more is committed for them. */
void		 places_forget(const char *topic, int32_t partition);

#endif
