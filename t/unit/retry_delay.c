/* retry_delay.c -- back-off with full jitter, and Retry-After in all its forms. */
#include "worker/external/call/retry_delay.h"

#include "tap.h"

int
main(void)
{
	const int64_t now_ms = 784111777000;	/* Sun, 06 Nov 1994 08:49:37 GMT */
	int64_t least = INT64_MAX, most = 0, d;
	uint64_t i;

	for (i = 0; i < 10000; i++) {
		d = retry_delay_ms(3, 100, 60000, i * 2654435761u);
		least = d < least ? d : least;
		most = d > most ? d : most;
	}
	ok(least >= 0 && least < 10 && most > 790 && most <= 800,
	    "the fourth wait lies anywhere up to 8 x 100 ms (%d to %d)", (int)least, (int)most);
	ok(retry_delay_ms(0, 100, 60000, 100) == 100 && retry_delay_ms(0, 100, 60000, 101) == 0,
	    "the first up to 100 ms");
	ok(retry_delay_ms(62, 60000, 60000, UINT64_MAX) <= 60000, "none is longer than the limit");

	is_int(retry_after_ms(NULL, now_ms), RETRY_AFTER_NONE, "no header");
	is_int(retry_after_ms("7", now_ms), 7000, "seconds");
	is_int(retry_after_ms("0", now_ms), 0, "no seconds");
	is_int(retry_after_ms("Sun, 06 Nov 1994 08:49:47 GMT", now_ms), 10000, "an HTTP date");
	is_int(retry_after_ms("Sunday, 06-Nov-94 08:49:47 GMT", now_ms), 10000, "one of RFC 850");
	is_int(retry_after_ms("Sun Nov  6 08:49:47 1994", now_ms), 10000, "one of asctime");
	is_int(retry_after_ms("Sun, 06 Nov 1994 08:49:27 GMT", now_ms), 0, "a date that has passed");
	is_int(retry_after_ms("999999999", now_ms), RETRY_AFTER_MAX_MS, "no longer than a day");
	is_int(retry_after_ms("-1", now_ms), RETRY_AFTER_NONE, "a negative number is none");
	is_int(retry_after_ms("soon", now_ms), RETRY_AFTER_NONE, "a word is none");
	is_int(retry_after_ms("Sun, 06 Nov 1994 08:49:47 GMT+1", now_ms), RETRY_AFTER_NONE,
	    "nor is a date with more behind it");
	is_int(retry_after_ms("", now_ms), RETRY_AFTER_NONE, "nor nothing");
	return done_testing();
}
