/* scoreboard_kill.c -- processes that are killed at any instruction while they use what all share: afterwards nothing
 * is held, every slot can be had again, and who comes later is served. */
#include "tap.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/bucket.h"
#include "proc/scoreboard.h"

enum { ROUNDS = 150, WORKERS = 3, BUDGET = 5, TURNS = 2 };

/* Take and give without end. */
static _Noreturn void
use_all(int slot)
{
	const struct bucket_rate rate = { 100, 1000 };
	struct bucket_level level;
	int turn;

	scoreboard_self(slot);
	for (;;) {
		if (scoreboard_db_borrow() && scoreboard_db_borrow()) {
			scoreboard_db_return();
			scoreboard_db_return();
		} else if (scoreboard_me()->db_held > 0) {
			scoreboard_db_return();
		}
		if ((turn = scoreboard_turn_take(0)) >= 0)
			scoreboard_turn_give(turn);
		bucket_take(bucket_key("key", 3, 0), &rate, &level);
	}
}

static pid_t
start(int index, int *slot)
{
	pid_t pid;

	if ((*slot = scoreboard_take(PROC_HTTP, index, 1)) < 0)
		return -1;
	if ((pid = fork()) == 0)
		use_all(*slot);
	return pid;
}

static void
kill_loop(void)
{
	int slots[WORKERS], i, over = 0, lost = 0;
	pid_t pids[WORKERS];

	for (i = 0; i < WORKERS; i++)
		pids[i] = start(i + 1, &slots[i]);
	for (i = 0; i < ROUNDS; i++) {
		int k = rand() % WORKERS;

		usleep((useconds_t)(rand() % 1500));
		kill(pids[k], SIGKILL);
		waitpid(pids[k], NULL, 0);
		scoreboard_reap(slots[k]);
		lost += scoreboard_slot(slots[k])->db_held != 0;
		if ((pids[k] = start(k + 1, &slots[k])) < 0)
			break;
		over += slots[k] > WORKERS;
	}
	is_int(i, ROUNDS, "every slot can be taken again");
	is_int(over, 0, "a process can take every slot");
	is_int(lost, 0, "a dead process holds no connection");
	for (i = 0; i < WORKERS; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
		scoreboard_reap(slots[i]);
	}
}

static void
afterwards(void)
{
	const struct bucket_rate rate = { 2, 60000 };
	struct bucket_level level;
	int i, n = 0, turns[TURNS];

	is_int(scoreboard_db_used(), 0, "no connection is held in the end");
	for (i = 0; i < BUDGET; i++)
		n += scoreboard_db_borrow();
	is_int(n, BUDGET, "the whole budget can be borrowed");
	ok(!scoreboard_db_borrow(), "no more than the budget can be borrowed");
	for (n = 0, i = 0; i < TURNS; i++)
		n += (turns[i] = scoreboard_turn_take(0)) >= 0;
	is_int(n, TURNS, "every turn can be taken");
	bucket_take(bucket_key("other", 5, 0), &rate, &level);
	ok(level.taken && level.left == 1, "a token can be taken");
}

int
main(void)
{
	srand((unsigned)getpid());
	scoreboard_create(BUDGET);
	scoreboard_set_turns(TURNS);
	bucket_create();
	scoreboard_self(scoreboard_take(PROC_MASTER, 0, 1));
	kill_loop();
	afterwards();
	return done_testing();
}
