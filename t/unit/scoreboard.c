/* scoreboard.c -- slots, the database budget and the turns shared by processes that may die at any instruction, the
 * broker's address. */
#include "proc/scoreboard.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/metric.h"
#include "base/str.h"
#include "tap.h"

enum { BUDGET = 5, PROCESSES = 6 };

static void
test_slots(void)
{
	uint64_t *blocks[SCOREBOARD_SLOTS];
	int a, b, i;

	is_int(scoreboard_take(PROC_MASTER, 0, 1), 0, "the master has the first slot");
	a = scoreboard_take(PROC_HTTP, 1, 1);
	b = scoreboard_take(PROC_HTTP, 1, 2);
	ok(a > 0 && b > 0 && a != b, "a successor gets a slot beside its predecessor's");
	metric_use(scoreboard_metrics(a));
	metric_add(M_REDIS_COMMANDS, 0, 7);
	metric_set(M_RSS, 0, 4096);
	scoreboard_reap(a);
	is_int(scoreboard_slot(a)->state, SLOT_DEAD, "a reaped slot is free");
	is_int((int64_t)scoreboard_metrics(a)[metric_row(M_RSS)->first], 0,
	    "the gauges of a reaped slot are cleared");
	is_int((int64_t)metric_total(blocks, scoreboard_blocks(blocks), M_REDIS_COMMANDS, 0), 7,
	    "the counters of a reaped slot still count");
	is_int(scoreboard_take(PROC_HTTP, 1, 3), a, "the next successor takes the reaped slot");
	for (i = 4; i <= SCOREBOARD_SLOTS; i++)
		scoreboard_take(PROC_WS, i, 1);
	is_int(scoreboard_take(PROC_WS, 999, 1), -1, "the last free slot is taken");
	scoreboard_reap(b);
	is_int(scoreboard_take(PROC_CRON, 1, 1), b, "a dead slot can be taken by any process");
	for (i = 1; i < SCOREBOARD_SLOTS; i++)
		scoreboard_reap(i);
}

static void
test_budget(void)
{
	int slot = scoreboard_take(PROC_HTTP, 1, 1), i;

	scoreboard_self(slot);
	for (i = 0; i < BUDGET; i++)
		if (!scoreboard_db_borrow())
			break;
	is_int(i, BUDGET, "the whole connection budget can be borrowed");
	ok(!scoreboard_db_borrow(), "no more than the budget can be borrowed");
	is_int(scoreboard_db_used(), BUDGET, "the budget is used up");
	scoreboard_db_return();
	ok(scoreboard_db_borrow(), "a returned connection can be borrowed again");
	scoreboard_reap(slot);
	is_int(scoreboard_db_used(), 0, "a dead process holds no connection");
}

/* Borrow and return for ever; leave with 1 when the budget was exceeded. */
static void
churn(int slot)
{
	int held = 0;

	scoreboard_self(slot);
	for (;;) {
		if (held < 3 && scoreboard_db_borrow())
			held++;
		else if (held > 0 && held--)
			scoreboard_db_return();
		usleep(10);
	}
}

static pid_t
start_churning(int slot)
{
	pid_t pid = fork();

	if (pid == 0)
		churn(slot);
	return pid;
}

static void
test_killed(void)
{
	pid_t pids[PROCESSES];
	int slots[PROCESSES], i, k, most = 0, round;

	for (i = 0; i < PROCESSES; i++)
		pids[i] = start_churning(slots[i] = scoreboard_take(PROC_HTTP, i + 1, 1));
	for (round = 0; round < 60; round++) {
		usleep(2000 + 37 * round);
		k = round % PROCESSES;
		kill(pids[k], SIGKILL);
		waitpid(pids[k], NULL, 0);
		most = scoreboard_db_used() > most ? scoreboard_db_used() : most;
		scoreboard_reap(slots[k]);
		pids[k] = start_churning(slots[k] = scoreboard_take(PROC_HTTP, k + 1, 1));
	}
	for (i = 0; i < PROCESSES; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		scoreboard_reap(slots[i]);
	}
	ok(most > 0 && most <= BUDGET + PROCESSES, "processes exceed the budget by at most one claim each (%d)",
	    most);
	is_int(scoreboard_db_used(), 0, "%d killed processes leave no connection behind", round + PROCESSES);
}

static void
test_turns(void)
{
	int slot = scoreboard_take(PROC_HTTP, 1, 1), other = scoreboard_take(PROC_HTTP, 2, 1), first, second;
	pid_t pid;

	scoreboard_self(slot);
	ok(scoreboard_turn_take(0) == scoreboard_turn_take(0), "without a limit every process gets a turn");
	scoreboard_set_turns(2);
	first = scoreboard_turn_take(0);
	second = scoreboard_turn_take(0);
	ok(first >= 0 && second >= 0 && first != second, "two turns are granted");
	is_int(scoreboard_turn_take(1), -1, "a third turn is refused");
	scoreboard_turn_give(first);
	is_int(scoreboard_turn_take(1), first, "a turn is granted when another ends");
	scoreboard_turn_give(first);
	scoreboard_turn_give(second);
	if ((pid = fork()) == 0) {
		scoreboard_self(other);
		_exit(scoreboard_turn_take(0) < 0 || scoreboard_turn_take(0) < 0);	/* dies with both */
	}
	waitpid(pid, NULL, 0);
	is_int(scoreboard_turn_take(1), -1, "a process that died keeps its turns");
	scoreboard_reap(other);
	first = scoreboard_turn_take(0);
	ok(first >= 0, "the turns of a reaped process are free");
	if ((pid = fork()) == 0) {
		scoreboard_self(other);
		(void)scoreboard_turn_take(0);
		_exit(scoreboard_turn_take(60000) < 0);
	}
	usleep(20000);
	scoreboard_turn_give(first);
	waitpid(pid, &second, 0);
	is_int(second, 0, "a waiting process is woken when a turn ends in another process");
	scoreboard_reap(other);
	scoreboard_reap(slot);
	scoreboard_set_turns(0);
}

static void
test_broker(void)
{
	char address[BROKER_ADDRESS_BYTES];
	int64_t first, second;
	int slot = scoreboard_take(PROC_BROKER, 1, 1);

	scoreboard_self(slot);
	scoreboard_broker(address, &first);
	ok(first == 0 && *address == '\0', "a new scoreboard has no broker");
	scoreboard_set_broker("127.0.0.1:1234");
	scoreboard_broker(address, &first);
	ok(first != 0, "a broker has an incarnation");
	is_str(address, "127.0.0.1:1234", "a broker has an address");
	scoreboard_reap(slot);
	scoreboard_broker(address, &second);
	ok(second == 0 && *address == '\0', "incarnation and address are cleared together");
	scoreboard_set_broker("127.0.0.1:1235");
	scoreboard_broker(address, &second);
	ok(second > first, "the next broker has another incarnation");
}

static volatile sig_atomic_t n_heard;

static void
on_bell(int signo)
{
	n_heard += signo == BELL_SIGNAL;
}

static void
test_bell(void)
{
	int slot = scoreboard_take(PROC_KAFKA, 1, 1);

	signal(BELL_SIGNAL, on_bell);
	scoreboard_self(slot);
	ok(scoreboard_rung() == 0, "the bell has never rung");
	scoreboard_ring();
	ok(scoreboard_rung() == 1 && n_heard == 0, "a ring is counted, and wakes no process that does not listen");
	scoreboard_listen(true);
	scoreboard_ring();
	ok(scoreboard_rung() == 2 && n_heard == 1, "a process that listens is woken");
	scoreboard_listen(false);
	scoreboard_ring();
	is_int(n_heard, 1, "a process that stopped listening is not woken");
	scoreboard_listen(true);
	scoreboard_reap(slot);
	scoreboard_ring();
	is_int(n_heard, 1, "a dead process does not listen");
}

static void
test_peers(void)
{
	scoreboard_self(scoreboard_take(PROC_WS, 1, 1));
	is_int(scoreboard_peers(), 1, "a process counts itself among its kind");
	scoreboard_want(PROC_WS, 3);
	scoreboard_want(PROC_HTTP, 5);
	is_int(scoreboard_peers(), 3, "a process counts the configured number of its kind");
	scoreboard_reap((int)(scoreboard_me() - scoreboard_slot(0)));
	scoreboard_self(0);
}

int
main(void)
{
	scoreboard_create(BUDGET);
	is_int(scoreboard_db_budget(), BUDGET, "the budget is the configured one");
	test_slots();
	test_peers();
	test_budget();
	test_killed();
	test_turns();
	test_broker();
	test_bell();
	return done_testing();
}
