/* retry_delay.h -- how long to wait before a call is tried again. Pure. */
#ifndef CALL_RETRY_DELAY_H
#define CALL_RETRY_DELAY_H

#include <stdint.h>

/* Exponential back-off with full jitter: between 0 and base_ms * 2^attempt (from 0), at most max_ms; `chance` is any
 * random number. */
int64_t	 retry_delay_ms(int attempt, int64_t base_ms, int64_t max_ms, uint64_t chance);

enum { RETRY_AFTER_NONE = -1, RETRY_AFTER_MAX_MS = 24 * 3600 * 1000 };
/* A Retry-After header (RFC 9110: seconds, or an HTTP date) as ms from `now_ms`, at most RETRY_AFTER_MAX_MS;
 * RETRY_AFTER_NONE for NULL and for what is neither. */
int64_t	 retry_after_ms(const char *value, int64_t now_ms);

#endif
