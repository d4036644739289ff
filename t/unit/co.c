/* co.c -- coroutines: order, time-outs, cancellation, gates, groups, defers, the guard page, the leak check. */
#include "run/co.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "run/loop.h"
#include "tap.h"

static char trace[256];
static struct co_gate gate;
static struct co *parked;

static void
note(void *s)
{
	strcat(trace, s);
}

static void
with_defers(void *arg)
{
	(void)arg;
	co_defer(note, "2");
	co_defer(note, "1");
	note("0");
}

static const struct log_work *work_at_end = &(const struct log_work){ NULL };

static void
note_work(void *arg)
{
	(void)arg;
	work_at_end = log_work_now();
}

/* What it works on lies on its own stack. */
static void
works(void *arg)
{
	struct log_work work = { .request = arg };

	co_defer(note_work, NULL);
	log_work(&work);
}

static void
sleeper(void *arg)
{
	co_sleep(*(int *)arg);
	note(arg == NULL ? "?" : *(int *)arg == 20 ? "B" : "A");
}

static void
late(void *arg)
{
	*(int *)arg = co_sleep(10000);
}

static void
waiter(void *arg)
{
	*(int *)arg = co_gate_wait(&gate, 1000);
}

static void
park_once(void *arg)
{
	parked = co_self();
	*(int *)arg = co_park(-1);
	parked = NULL;
}

/* left[0]: what the coroutine has in the end; left[1]: what it had in between. */
static void
narrowed(void *arg)
{
	int64_t *left = arg, before = co_narrow(1000);

	left[1] = co_time_left();
	co_widen(before);
	left[0] = co_time_left();
}

/* Keep the loop from reading its clock for this long. */
static void
hold_up(int64_t ms)
{
	int64_t end = mono_ms() + ms;

	while (mono_ms() < end)
		;
}

static void
test_waits_of_a_busy_loop(void)
{
	static int rc = 1;
	int64_t from;

	co_sleep(1);
	hold_up(200);
	from = mono_ms();
	co_sleep(100);
	ok(mono_ms() - from >= 100, "co_sleep takes its time although the loop's clock is behind");

	hold_up(200);
	co_spawn(late, &rc, 300);
	co_sleep(500);
	is_int(rc, E_TIMEOUT, "a sleep cut short by a deadline is not reported as complete");
}

static void
test_waits(void)
{
	static int ten = 10, twenty = 20, rc[4] = { 1, 1, 1, 1 };
	struct co_group g = { 0 };
	int64_t from, left_ms[2];

	trace[0] = '\0';
	co_group_spawn(&g, sleeper, &twenty, 0);
	co_group_spawn(&g, sleeper, &ten, 0);
	is_int(co_group_wait(&g), 0, "a group ends with its last member");
	is_str(trace, "AB", "the shorter sleep ends first");

	from = mono_ms();
	co_spawn(late, &rc[0], 30);
	co_sleep(60);
	is_int(rc[0], E_TIMEOUT, "a deadline ends a longer sleep");
	ok(mono_ms() - from < 5000, "a deadline ends a sleep early");

	co_spawn(narrowed, &left_ms[0], 0);
	ok(left_ms[0] == INT64_MAX && left_ms[1] > 0 && left_ms[1] <= 1000,
	    "a narrowed deadline is restored afterwards");
	co_spawn(narrowed, &left_ms[0], 500);
	ok(left_ms[0] > 0 && left_ms[0] <= 500 && left_ms[1] <= 500, "a deadline is never widened");

	co_spawn(waiter, &rc[1], 0);
	co_spawn(waiter, &rc[2], 0);
	ok(co_gate_wake_one(&gate), "a coroutine waits at the gate");
	co_sleep(1);
	ok(rc[1] == 0 && rc[2] == 1, "a gate wakes its coroutines in order, one at a time");
	co_gate_wake_all(&gate);
	co_sleep(1);
	ok(rc[2] == 0 && !co_gate_wake_one(&gate), "a gate wakes all that are left, after which none waits");

	co_spawn(park_once, &rc[3], 0);
	co_cancel(parked);
	co_sleep(1);
	is_int(rc[3], E_CANCELED, "a cancelled coroutine gets E_CANCELED");
}

static void
test_fd(void)
{
	int fds[2];

	if (pipe(fds) < 0)
		abort();
	is_int(co_wait_fd(fds[0], LOOP_READ, 20), E_TIMEOUT, "a descriptor without data is not readable");
	if (write(fds[1], "x", 1) != 1)
		abort();
	is_int(co_wait_fd(fds[0], LOOP_READ, 1000), 0, "a descriptor with data is readable");
	close(fds[0]);
	close(fds[1]);
}

static void
run(void *arg)
{
	(void)arg;
	trace[0] = '\0';
	ok(co_spawn(with_defers, NULL, 0) == NULL, "a coroutine that never parks ends at once");
	is_str(trace, "012", "deferred functions run at the end of a coroutine, latest first");
	co_spawn(works, "request", 0);
	ok(work_at_end == NULL, "deferred functions do not see what the coroutine worked on, which may be gone");
	test_waits();
	test_waits_of_a_busy_loop();
	test_fd();
	is_int(co_live(), 1, "no coroutine is left behind");
	loop_stop();
}

static int
overflow(volatile char *above, int depth)
{
	volatile char frame[4096];

	frame[0] = *above;
	return depth == 0 ? 0 : overflow(frame, depth - 1) + frame[0];
}

static void
run_overflow(void *arg)
{
	char c = 1;

	(void)arg;
	_exit(overflow(&c, 2 * CO_STACK_BYTES / 4096));
}

#ifdef __SANITIZE_ADDRESS__
static void
park_with_block(void *arg)
{
	void *volatile block = malloc(100);

	(void)arg;
	co_park(-1);
	free(block);
}

static void
lose_block(void *arg)
{
	void *volatile block = malloc(100);

	(void)arg;
	if (block == NULL)
		abort();
}

/* Whether a process in which fn ran as a coroutine ends with a report of the leak check. */
static bool
leaks_after(void (*fn)(void *))
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
		loop_init();
		co_spawn(fn, NULL, 0);
		exit(0);
	}
	waitpid(pid, &status, 0);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static void
test_leak_check(void)
{
	ok(!leaks_after(park_with_block), "memory referenced only from a parked coroutine is not reported as a leak");
	ok(leaks_after(lose_block),
	    "memory referenced only from the stack of an ended coroutine is reported as a leak");
}
#else
static void test_leak_check(void) { printf("ok %d - # SKIP no leak check in this build\n", ++tap_run); }
#endif

int
main(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
		signal(SIGSEGV, SIG_DFL);
		loop_init();
		co_spawn(run_overflow, NULL, 0);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS),
	    "a stack overflow hits the guard page");
	test_leak_check();
	co_census_enable();
	loop_init();
	co_spawn(run, NULL, 0);
	loop_run();
	ok(co_stack_high_water() > 0 && co_stack_high_water() < CO_STACK_BYTES,
	    "the census measures the depth of stacks");
	return done_testing();
}
