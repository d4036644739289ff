/* breaker.c -- see breaker.h. */
#include "breaker.h"

bool
breaker_lets(const struct breaker *b, int64_t now_ms)
{
	return b->state == BREAKER_CLOSED || (b->state == BREAKER_OPEN && now_ms >= b->until_ms);
}

/* In the half-open state a single call is under way, the probe; calls that began before it opened may end too. */
void
breaker_on(struct breaker *b, enum breaker_event event, const struct breaker_limit *limit, int64_t now_ms)
{
	switch (event) {
	case BREAKER_CALL:
		if (b->state == BREAKER_OPEN && now_ms >= b->until_ms)
			b->state = BREAKER_HALF_OPEN;
		return;
	case BREAKER_SUCCESS:
		b->failures = 0;
		b->state = BREAKER_CLOSED;
		return;
	case BREAKER_FAILURE:
		b->failures++;
		if (b->state == BREAKER_CLOSED && b->failures < limit->failures)
			return;
		b->state = BREAKER_OPEN;
		b->until_ms = now_ms + limit->pause_ms;
		return;
	case BREAKER_GIVEN_UP:
		if (b->state == BREAKER_HALF_OPEN)
			b->state = BREAKER_OPEN;	/* the next call is the probe */
		return;
	}
}
