/* top_frame.h -- one picture of `dure top`, as plain lines, from two answers of the master. */
#ifndef CMD_TOP_FRAME_H
#define CMD_TOP_FRAME_H

#include "base/buf.h"
#include "base/json.h"

/* An answer of the master (control.h), and when it was asked for, monotonic ms. */
struct top_sample {
	const struct json *status;	/* NULL: none */
	int64_t		 at_ms;
};
enum { TOP_HEAD_LINES = 4 };	/* then an empty one, the table's heading, and a line a process */

/* Append the picture; rates are of the time since `before`, "-" where that is none. Texts live in `mem`. */
void	 top_frame(struct arena *mem, const struct top_sample *before, const struct top_sample *now, struct buf *out);

#endif
