/* places.h -- tracks which requests of a partition are done, when several are processed at once and end in any order.
 *
 * Only offsets before the first unfinished request may be committed: a crash then repeats requests and loses none.
 */
#ifndef ANALYZER_PLACES_H
#define ANALYZER_PLACES_H

#include <stdint.h>

struct place;		/* one request's offset; owned here */

/* Records a consumed request. `topic` must outlive it. */
struct place	*places_begin(const char *topic, int32_t partition, int64_t offset);
/* The request is done: commits the partition up to its first unfinished request. */
void		 places_end(struct place *p);
/* The partition was reassigned: commits nothing more for it. */
void		 places_forget(const char *topic, int32_t partition);

#endif
