/* cursor.c -- the delivery cursor: a scenario is a row of steps, each with its verdict and where the cursor is then. */
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker/ws/room/cursor.h"

/* What is done to the cursor. */
enum op { CHANNEL, LOG, REPLAYED, RESTORE, ADVANCE, INTERRUPT, ENTER };
static const char *const op_names[] = { "an event of the channel", "an event of the log", "a replay up to",
	"a restore at", "an advance to", "an interruption", "entering the state" };

/* The verdict of CHANNEL and LOG, whether ADVANCE moved it; of the others nothing. */
enum { NONE = -1, D = CURSOR_DELIVER, DUP = CURSOR_DUPLICATE, HOLD = CURSOR_HOLD };

struct step { enum op op; int64_t seq; int verdict; int64_t position, dedup_seq; };

static const struct scenario {
	const char	*name;
	struct step	 steps[12];
	int		 n;
} scenarios[] = {
	{ "a live cursor delivers and its position follows", {
		{ CHANNEL, 5, D, 5, 0 }, { CHANNEL, 6, D, 6, 0 }, { CHANNEL, 9, D, 9, 0 },
	}, 3 },
	{ "an unplaced event is delivered and moves nothing", {
		{ CHANNEL, 0, D, 0, 0 }, { CHANNEL, 7, D, 7, 0 }, { CHANNEL, 0, D, 7, 0 },
		{ REPLAYED, 9, NONE, 9, 9 }, { CHANNEL, 0, D, 9, 9 },
		{ LOG, 0, D, 9, 9 },
	}, 6 },
	{ "what the predecessor has delivered is a duplicate, also when it is heard late", {
		{ ENTER, CURSOR_PREPARING, NONE, 0, 0 }, { CHANNEL, 8, HOLD, 0, 0 }, { CHANNEL, 11, HOLD, 0, 0 },
		{ RESTORE, 10, NONE, 10, 10 },
		{ ENTER, CURSOR_LIVE, NONE, 10, 10 }, { CHANNEL, 8, DUP, 10, 10 }, { CHANNEL, 10, DUP, 10, 10 },
		{ CHANNEL, 11, D, 11, 10 },
	}, 8 },
	{ "a successor that missed something replays behind the predecessor's last word, not behind what it holds", {
		{ ENTER, CURSOR_PREPARING, NONE, 0, 0 }, { CHANNEL, 14, HOLD, 0, 0 }, { RESTORE, 10, NONE, 10, 10 },
		{ ENTER, CURSOR_LIVE, NONE, 10, 10 }, { ENTER, CURSOR_REPLAYING, NONE, 10, 10 },
		{ CHANNEL, 15, HOLD, 10, 10 }, { LOG, 12, D, 12, 10 }, { LOG, 14, D, 14, 10 },
		{ REPLAYED, 14, NONE, 14, 14 }, { ENTER, CURSOR_LIVE, NONE, 14, 14 }, { CHANNEL, 14, DUP, 14, 14 },
		{ CHANNEL, 15, D, 15, 14 },
	}, 12 },
	{ "after a lost channel the log comes first, then what was held behind it", {
		{ CHANNEL, 3, D, 3, 0 }, { INTERRUPT, 0, NONE, 3, 0 }, { ENTER, CURSOR_REPLAYING, NONE, 3, 0 },
		{ CHANNEL, 6, HOLD, 3, 0 },
		{ CHANNEL, 7, HOLD, 3, 0 }, { LOG, 5, D, 5, 0 }, { LOG, 6, D, 6, 0 }, { REPLAYED, 6, NONE, 6, 6 },
		{ ENTER, CURSOR_LIVE, NONE, 6, 6 },
		{ CHANNEL, 6, DUP, 6, 6 }, { CHANNEL, 7, D, 7, 6 },
	}, 11 },
	{ "a second replay of the same events delivers none of them", {
		{ ENTER, CURSOR_REPLAYING, NONE, 0, 0 }, { LOG, 5, D, 5, 0 }, { REPLAYED, 6, NONE, 6, 6 },
		{ LOG, 5, DUP, 6, 6 },
		{ LOG, 6, DUP, 6, 6 }, { LOG, 7, D, 7, 6 }, { REPLAYED, 7, NONE, 7, 7 },
	}, 7 },
	{ "a replay moves the position also where the log had nothing", {
		{ ENTER, CURSOR_REPLAYING, NONE, 0, 0 }, { REPLAYED, 20, NONE, 20, 20 },
		{ ENTER, CURSOR_LIVE, NONE, 20, 20 },
	}, 3 },
	{ "an interruption forgets the duplicates and keeps the position", {
		{ RESTORE, 50, NONE, 50, 50 }, { CHANNEL, 40, DUP, 50, 50 }, { INTERRUPT, 0, NONE, 50, 0 },
		{ CHANNEL, 40, D, 40, 0 },
	}, 4 },
	{ "a Redis that began again with lower seqs makes nothing a duplicate", {
		{ CHANNEL, 90, D, 90, 0 }, { INTERRUPT, 0, NONE, 90, 0 }, { ENTER, CURSOR_REPLAYING, NONE, 90, 0 },
		{ CHANNEL, 4, HOLD, 90, 0 },
		{ REPLAYED, 4, NONE, 90, 0 }, { ENTER, CURSOR_LIVE, NONE, 90, 0 }, { CHANNEL, 4, D, 4, 0 },
	}, 7 },
	{ "a baseline raises the position, makes no duplicates and never lowers it", {
		{ ADVANCE, 12, true, 12, 0 }, { CHANNEL, 10, D, 10, 0 }, { ADVANCE, 10, false, 10, 0 },
		{ ADVANCE, 9, false, 10, 0 },
		{ ADVANCE, 13, true, 13, 0 },
	}, 5 },
};

static int
run_step(struct cursor *c, const struct step *s)
{
	switch (s->op) {
	case CHANNEL:	return cursor_accept(c, s->seq);
	case LOG:	return cursor_accept_replayed(c, s->seq);
	case REPLAYED:	cursor_replayed(c, s->seq); break;
	case RESTORE:	cursor_restore(c, s->seq); break;
	case ADVANCE:	return cursor_advance(c, s->seq);
	case INTERRUPT:	cursor_interrupt(c); break;
	case ENTER:	cursor_enter(c, (enum cursor_state)s->seq); break;
	}
	return NONE;
}

static void
test_scenario(const struct scenario *what)
{
	struct cursor c = { 0 };
	int i, verdict;

	for (i = 0; i < what->n; i++) {
		const struct step *s = &what->steps[i];

		verdict = run_step(&c, s);
		if (verdict == s->verdict && c.position == s->position && c.dedup_seq == s->dedup_seq)
			continue;
		ok(false, "%s", what->name);
		diag("step %d, %s %" PRId64 ": verdict %d, position %" PRId64 ", dedup_seq %" PRId64, i + 1,
		    op_names[s->op], s->seq, verdict, c.position, c.dedup_seq);
		return;
	}
	ok(true, "%s", what->name);
}

static void
test_since(void)
{
	struct cursor c = { 0 };

	ok(cursor_since(&c) == INT64_MAX, "a cursor without a baseline replays nothing");
	(void)cursor_accept(&c, 7);
	is_int(cursor_since(&c), 7, "a cursor replays what is behind its position");
}

/* Whether the process outlives the change. */
static bool
survives(enum cursor_state from, enum cursor_state to)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		struct cursor c = { .state = (uint8_t)from };

		signal(SIGABRT, SIG_DFL);
		if (freopen("/dev/null", "w", stderr) == NULL)
			_exit(1);
		cursor_enter(&c, to);
		_exit(c.state == to ? 0 : 1);
	}
	(void)waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
test_transitions(void)
{
	static const struct { enum cursor_state from, to; bool legal; const char *name; } rows[] = {
		{ CURSOR_LIVE, CURSOR_LIVE, false, "live to live is a bug" },
		{ CURSOR_LIVE, CURSOR_REPLAYING, true, "live to replaying" },
		{ CURSOR_LIVE, CURSOR_PREPARING, true, "live to preparing" },
		{ CURSOR_REPLAYING, CURSOR_LIVE, true, "replaying to live" },
		{ CURSOR_REPLAYING, CURSOR_REPLAYING, false, "replaying to replaying is a bug" },
		{ CURSOR_REPLAYING, CURSOR_PREPARING, false, "replaying to preparing is a bug" },
		{ CURSOR_PREPARING, CURSOR_LIVE, true, "preparing to live" },
		{ CURSOR_PREPARING, CURSOR_REPLAYING, false, "preparing to replaying is a bug" },
		{ CURSOR_PREPARING, CURSOR_PREPARING, false, "preparing to preparing is a bug" },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ok(survives(rows[i].from, rows[i].to) == rows[i].legal, "%s", rows[i].name);
}

static void
test_states(void)
{
	struct state_cursor c = { 0 };

	ok(state_cursor_is_news(&c, 0, 0), "an unplaced state is delivered where no state is known");
	ok(state_cursor_accept(&c, 5) && c.seq == 5 && c.version == 1, "a state from the channel is delivered");
	ok(!state_cursor_is_news(&c, 9, 0), "a state read before the channel brought a newer one is stale");
	ok(!state_cursor_is_news(&c, 5, 1), "the kept state of the newest seq is a duplicate");
	ok(state_cursor_is_news(&c, 6, 1), "a kept state of a higher seq is delivered");
	state_cursor_keep(&c, 6, true);
	ok(!state_cursor_accept(&c, 6) && c.version == 1,
	    "the published event that a kept state stands for is a duplicate");
	ok(!state_cursor_lacks(6, 6), "a member that received the kept state does not need the published event");
	ok(state_cursor_lacks(0, 6), "a member that did not receive the kept state needs the published event");
	ok(!state_cursor_accept(&c, 4), "every earlier state is a duplicate too");
	ok(state_cursor_accept(&c, 7) && c.seq == 7, "a later state is not a duplicate");
	state_cursor_keep(&c, 8, false);
	ok(c.seq == 8 && state_cursor_accept(&c, 8), "an event that is not a state of the room causes no duplicates");
	state_cursor_keep(&c, 0, true);
	ok(c.seq == 8 && c.dedup_seq == 6, "an unplaced state does not move the cursor");
	state_cursor_interrupt(&c);
	ok(state_cursor_accept(&c, 3), "after an interruption an event of a lower seq is delivered");
}

int
main(void)
{
	size_t i;

	for (i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		test_scenario(&scenarios[i]);
	test_since();
	test_transitions();
	test_states();
	return done_testing();
}
