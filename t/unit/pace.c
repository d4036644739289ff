/* pace.c -- how slow a client may be: heads, bodies and answers, pauses of the server, and what a fast client saves up.
 */
#include "worker/http/pace.h"

#include "base/conf.h"
#include "tap.h"

#define S(n)	((int64_t)((n) * 1000000.0))

static void
test_head(void)
{
	struct pace p = { 0 };

	is_int(pace_check(&p, S(1000)), PACE_OK, "a client that sends nothing has no deadline");
	pace_received(&p, true, false, 10, S(1000));
	pace_received(&p, true, false, 10, S(1014));
	is_int(pace_check(&p, S(1015)), PACE_OK, "a request head has HTTP_HEAD_TIMEOUT_S");
	is_int(pace_check(&p, S(1015.1)), PACE_HEAD,
	    "the time of a head runs from its first byte, however slowly it arrives");
	pace_received(&p, false, false, 10, S(1015.2));
	is_int(pace_check(&p, S(2000)), PACE_OK, "a complete head has no deadline");
}

static void
test_body(void)
{
	struct pace p = { 0 };
	int i;

	pace_received(&p, false, true, 500, S(1000));
	is_int(pace_check(&p, S(1005)), PACE_OK, "a body has five seconds");
	is_int(pace_check(&p, S(1005.1)), PACE_BODY, "a body gets no more time without another byte");
	for (i = 1; i <= 100; i++)
		pace_received(&p, false, true, 1000, S(1000 + i));
	is_int(pace_check(&p, S(1104.9)), PACE_OK, "a body that arrives at HTTP_BODY_RATE_MIN may continue");
	is_int(pace_check(&p, S(1105.1)), PACE_BODY, "a body that stops is cut off");
	pace_received(&p, false, true, 1000000, S(1105));
	is_int(pace_check(&p, S(1134.9)), PACE_OK, "a body that arrived fast gains time");
	is_int(pace_check(&p, S(1135.1)), PACE_BODY, "a body gains at most half a minute");
	conf.http_body_rate_min = 0;
	is_int(pace_check(&p, S(5000)), PACE_OK, "without HTTP_BODY_RATE_MIN any pace is accepted");
	conf.http_body_rate_min = 1000;
}

static void
test_pause(void)
{
	struct pace p = { 0 };

	pace_received(&p, false, true, 1, S(1000));
	pace_pause(&p, S(1001));
	pace_pause(&p, S(1050));
	is_int(pace_check(&p, S(1100)), PACE_OK, "a client has no deadline while the server does not read");
	pace_resume(&p, S(1100));
	is_int(pace_check(&p, S(1104)), PACE_OK, "when the server reads again the client has the rest of its time");
	is_int(pace_check(&p, S(1104.1)), PACE_BODY,
	    "when the server reads again the client has no more than the rest");
	pace_resume(&p, S(2000));
	is_int(pace_check(&p, S(2000)), PACE_BODY, "a server that reads already does not restart the clock");
}

static void
test_answer(void)
{
	struct pace p = { 0 };
	uint64_t taken = 5000000;
	int i;

	pace_answering(&p, taken, S(1000));
	for (i = 1; i <= 4; i++)
		pace_answering(&p, taken, S(1000 + i));
	is_int(pace_check(&p, S(1005)), PACE_OK, "an answer may stall for five seconds");
	is_int(pace_check(&p, S(1005.1)), PACE_ANSWER, "an answer of which nothing is read is cut off");
	pace_answered(&p, S(1005.1));
	pace_received(&p, true, false, 10, S(1005.1));
	pace_answering(&p, taken, S(1006));
	is_int(pace_check(&p, S(1007)), PACE_OK, "a pipelined head has no deadline while it waits");
	pace_answered(&p, S(1009));
	pace_received(&p, false, false, 10, S(1009));
	is_int(pace_check(&p, S(1005.1)), PACE_OK, "an answer that was read has no deadline");
	for (i = 0; i <= 100; i++)
		pace_answering(&p, taken += 2000, S(1010 + i));
	is_int(pace_check(&p, S(1114.9)), PACE_OK, "an answer that is read at HTTP_ANSWER_RATE_MIN may continue");
	is_int(pace_check(&p, S(1115.1)), PACE_ANSWER, "an answer that is no longer read is cut off");
}

int
main(void)
{
	conf.http_head_timeout_s = 15;
	conf.http_body_rate_min = 1000;
	conf.http_answer_rate_min = 2000;
	test_head();
	test_body();
	test_pause();
	test_answer();
	return done_testing();
}
