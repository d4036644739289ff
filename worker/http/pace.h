/* pace.h -- the slowest acceptable pace of a client (slowloris defence). The library's time-out sees only silence, and
 * a client that drips is never silent.
 *
 * A head must be complete HTTP_HEAD_TIMEOUT_S after its first byte. A body must arrive at HTTP_BODY_RATE_MIN and an
 * answer be taken at HTTP_ANSWER_RATE_MIN bytes a second: each byte buys the time it may take. At most PACE_SAVED_US
 * is saved up, so that a fast start does not allow a stall of minutes. Nothing is due while the server itself does not
 * read. Times are monotonic, us. Does not yield.
 */
#ifndef HTTP_PACE_H
#define HTTP_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACE_GRACE_US	5000000		/* of a body or an answer that begins */
#define PACE_SAVED_US	30000000

/* Zeroed: nothing is due. */
struct pace {
	int64_t		 head_due_us;	/* deadline for the incomplete head; 0: none */
	int64_t		 body_due_us;	/* deadline for more of the body; 0: none is incomplete */
	int64_t		 answer_due_us;	/* deadline for more of the answer to be read; 0: none waits */
	uint64_t	 taken;		/* bytes of answers read by the client, at the last look */
	int64_t		 paused_us;	/* reading has paused since; 0: it has not */
};

enum pace_fault { PACE_OK, PACE_HEAD, PACE_BODY, PACE_ANSWER };

/* `n` bytes arrived; a head, or a body, is incomplete behind the last. */
void		 pace_received(struct pace *p, bool in_head, bool in_body, size_t n, int64_t now_us);
/* The server stops reading, and reads on. */
void		 pace_pause(struct pace *p, int64_t now_us);
void		 pace_resume(struct pace *p, int64_t now_us);
/* An answer is being sent, and the client has taken `taken` bytes on this connection so far; or none is. Call about
 * once a second. */
void		 pace_answering(struct pace *p, uint64_t taken, int64_t now_us);
void		 pace_answered(struct pace *p, int64_t now_us);
/* What the client is too slow with; PACE_OK: nothing. */
enum pace_fault	 pace_check(const struct pace *p, int64_t now_us);

#endif
