/* late_poll.h -- what an ended session of polling still owes its client: the answers of the GETs that come a moment
 * too late.
 *
 * A client's requests take several ways (connections, HTTP workers, hosts), so that its GET may arrive after what ended
 * the session; and what was queued while no GET waited is fetched by the next one. So the session is remembered by its
 * id until its last packet was fetched, or for WS_LATE_POLL_MS. The oldest are forgotten beyond WS_LATE_POLL_BYTES.
 * Nothing here yields.
 */
#ifndef CONN_LATE_POLL_H
#define CONN_LATE_POLL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "front.h"

struct redis_sub;

/* Once a process. */
void	 late_poll_start(void);
/* Remember the session `sid`. Its next GET is answered by `body`, which is taken over, and the one after that by
 * `last`, a literal; an empty body is left out. `remote` (may be NULL) brings the requests by other hosts, and is taken
 * over too. */
void	 late_poll_keep(const char *sid, struct buf *body, const char *last, struct redis_sub *remote);
/* Answer this GET of an ended session: false when nothing is known of it. */
bool	 late_poll_answer(const char *sid, struct asker who);
/* How many are remembered. */
size_t	 late_poll_count(void);

#endif
