/* late_poll.c -- ended sessions of polling are remembered: once for each packet, for a while, within a bound. */
#include "worker/ws/conn/late_poll.h"

#include "base/conf.h"
#include "run/co.h"
#include "run/loop.h"
#include "tap.h"

enum { KEPT_MS = 100, SLACK_MS = 5000, LOOK_MS = 5, BOUND = 65536, SESSIONS = 100 };

static const struct asker nobody = { 77, 1 };	/* whose HTTP worker has gone */

static void
keep(const char *sid, size_t n)
{
	struct buf body = { 0 };

	if (n > 0)
		buf_grow(&body, (memset(buf_reserve(&body, n), '4', n), n));
	late_poll_keep(sid, &body, "1", NULL);
	ok(body.p == NULL, "the body is taken over");
}

static void
test_answers(void)
{
	keep("with-body", 10);
	keep("without", 0);
	is_int(late_poll_count(), 2, "two sessions are remembered");
	ok(!late_poll_answer("unknown", nobody), "nothing is known of a third");
	ok(late_poll_answer("without", nobody) && !late_poll_answer("without", nobody), "one packet is fetched once");
	ok(late_poll_answer("with-body", nobody) && late_poll_answer("with-body", nobody) &&
	    !late_poll_answer("with-body", nobody), "the last one after what was queued");
	is_int(late_poll_count(), 0, "then both are forgotten");
}

static void
test_bound(void)
{
	char sid[16];
	int i;

	for (i = 0; i < SESSIONS; i++) {
		struct buf body = { 0 };

		snprintf(sid, sizeof(sid), "s%d", i);
		buf_grow(&body, (memset(buf_reserve(&body, BOUND / 10), '4', BOUND / 10), BOUND / 10));
		late_poll_keep(sid, &body, "1", NULL);
	}
	is_int(late_poll_count(), 9, "the bytes of all are bounded");
	ok(!late_poll_answer("s90", nobody) && late_poll_answer("s91", nobody), "the oldest are forgotten");
}

static void
run_all(void *arg)
{
	int64_t until_ms = mono_ms() + SLACK_MS;

	(void)arg;
	test_answers();
	test_bound();
	while (late_poll_count() > 0 && mono_ms() < until_ms)
		co_sleep(LOOK_MS);
	is_int(late_poll_count(), 0, "and all after a while");
	loop_stop();
}

int
main(void)
{
	conf.ws_late_poll_ms = KEPT_MS;
	conf.ws_late_poll_bytes = BOUND;
	loop_init();
	late_poll_start();
	co_spawn(run_all, NULL, 0);
	loop_run();
	return done_testing();
}
