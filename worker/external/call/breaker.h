/* breaker.h -- a circuit breaker: a service that keeps failing is left alone for a while, then tried by one call. Pure.
 */
#ifndef CALL_BREAKER_H
#define CALL_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum breaker_state { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN };
enum breaker_event {
	BREAKER_CALL,		/* a call is about to be made */
	BREAKER_SUCCESS,	/* it was answered, be it with a refusal */
	BREAKER_FAILURE,	/* it was not, or with a fault of the service */
	BREAKER_GIVEN_UP,	/* its caller did not wait for the end */
};
struct breaker {
	enum breaker_state	 state;
	int			 failures;	/* in a row */
	int64_t			 until_ms;	/* open: no call before */
};
/* When it opens, and for how long. */
struct breaker_limit {
	int			 failures;
	int64_t			 pause_ms;
};

/* Whether a call may be made now; changes nothing. */
bool	 breaker_lets(const struct breaker *b, int64_t now_ms);
/* The only transition: what an event makes of the state. */
void	 breaker_on(struct breaker *b, enum breaker_event event, const struct breaker_limit *limit, int64_t now_ms);

#endif
