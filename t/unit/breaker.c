/* breaker.c -- the circuit breaker: its table of states and events, whole. */
#include "worker/external/call/breaker.h"

#include "tap.h"

static const struct breaker_limit limit = { 3, 1000 };
static const char *const states[] = { "closed", "half-open", "open" };
static const char *const events[] = { "call", "success", "failure", "given up" };

/* From each state, with two failures behind it and the pause over or not, each event. */
static const struct {
	enum breaker_state	 from;
	enum breaker_event	 event;
	bool			 over;		/* the pause is */
	enum breaker_state	 to;
} rows[] = {
	{ BREAKER_CLOSED, BREAKER_CALL, true, BREAKER_CLOSED },
	{ BREAKER_CLOSED, BREAKER_SUCCESS, true, BREAKER_CLOSED },
	{ BREAKER_CLOSED, BREAKER_FAILURE, true, BREAKER_OPEN },
	{ BREAKER_CLOSED, BREAKER_GIVEN_UP, true, BREAKER_CLOSED },
	{ BREAKER_OPEN, BREAKER_CALL, false, BREAKER_OPEN },
	{ BREAKER_OPEN, BREAKER_CALL, true, BREAKER_HALF_OPEN },
	{ BREAKER_OPEN, BREAKER_SUCCESS, false, BREAKER_CLOSED },
	{ BREAKER_OPEN, BREAKER_FAILURE, false, BREAKER_OPEN },
	{ BREAKER_OPEN, BREAKER_GIVEN_UP, false, BREAKER_OPEN },
	{ BREAKER_HALF_OPEN, BREAKER_CALL, true, BREAKER_HALF_OPEN },
	{ BREAKER_HALF_OPEN, BREAKER_SUCCESS, true, BREAKER_CLOSED },
	{ BREAKER_HALF_OPEN, BREAKER_FAILURE, true, BREAKER_OPEN },
	{ BREAKER_HALF_OPEN, BREAKER_GIVEN_UP, true, BREAKER_OPEN },
};

int
main(void)
{
	struct breaker b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		b = (struct breaker){ rows[i].from, 2, 5000 };
		breaker_on(&b, rows[i].event, &limit, rows[i].over ? 5000 : 4999);
		ok(b.state == rows[i].to, "%s, %s%s: %s", states[rows[i].from], events[rows[i].event],
		    rows[i].over ? "" : " before the pause is over", states[rows[i].to]);
	}
	b = (struct breaker){ 0 };
	for (i = 0; i < 2; i++)
		breaker_on(&b, BREAKER_FAILURE, &limit, 100);
	ok(b.state == BREAKER_CLOSED && breaker_lets(&b, 100), "fewer failures than the limit leave it closed");
	breaker_on(&b, BREAKER_SUCCESS, &limit, 100);
	for (i = 0; i < 2; i++)
		breaker_on(&b, BREAKER_FAILURE, &limit, 100);
	ok(b.state == BREAKER_CLOSED, "a success begins the count anew");
	breaker_on(&b, BREAKER_FAILURE, &limit, 100);
	ok(!breaker_lets(&b, 1099) && breaker_lets(&b, 1100), "an open one lets nothing pass for the pause");
	breaker_on(&b, BREAKER_CALL, &limit, 1100);
	ok(!breaker_lets(&b, 1100), "then a single probe");
	breaker_on(&b, BREAKER_GIVEN_UP, &limit, 1200);
	ok(breaker_lets(&b, 1200), "a probe that was given up makes room for the next");
	breaker_on(&b, BREAKER_CALL, &limit, 1200);
	breaker_on(&b, BREAKER_FAILURE, &limit, 1300);
	ok(!breaker_lets(&b, 2299) && breaker_lets(&b, 2300), "a probe that fails begins another pause");
	breaker_on(&b, BREAKER_CALL, &limit, 2300);
	breaker_on(&b, BREAKER_SUCCESS, &limit, 2300);
	ok(b.state == BREAKER_CLOSED && b.failures == 0, "a probe that succeeds closes it");
	return done_testing();
}
