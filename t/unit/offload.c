/* offload.c -- the threads for CPU work: results, the bound, coroutines that give up, the end in the middle of work. */
#include "run/offload.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/str.h"
#include "run/co.h"
#include "run/loop.h"
#include "tap.h"

enum { THREADS = 2, QUEUE = 4, MANY = 200 };

struct job {
	int		 in, out, ms;
	pthread_t	 thread;
};
static atomic_int freed, begun, held;	/* held: work waits for the test */
static int n_jobs;

static struct job *
new_job(int in, int ms)
{
	struct job *j = calloc(1, sizeof(*j));

	if (j == NULL)
		abort();
	j->in = in;
	j->ms = ms;
	n_jobs++;
	return j;
}

static void
free_job(void *p)
{
	freed++;
	free(p);
}

static void
square(void *p)
{
	struct job *j = p;

	begun++;
	while (held)
		usleep(500);
	usleep((useconds_t)j->ms * 1000);
	j->out = j->in * j->in;
	j->thread = pthread_self();
}

static void
test_result(void)
{
	struct job *j = new_job(12, 1);

	is_int(co_offload(square, j, free_job), 0, "a task runs");
	is_int(j->out, 144, "the result of a task is returned");
	ok(!pthread_equal(j->thread, pthread_self()), "a task runs in another thread");
	is_int(freed, 0, "the job belongs to its caller");
	free_job(j);
}

static int rcs[MANY];
static int64_t sum;

static void
one_of_many(void *arg)
{
	int n = (int)((int *)arg - rcs);
	struct job *j = new_job(n, 0);

	while ((rcs[n] = co_offload(square, j, free_job)) == E_BUSY) {
		j = new_job(n, 0);
		co_sleep(1);
	}
	sum += j->out;
	free_job(j);
}

static void
test_many(void)
{
	struct co_group g = { 0 };
	int64_t want = 0;
	int i;

	for (i = 0; i < MANY; i++) {
		want += i * i;
		co_group_spawn(&g, one_of_many, &rcs[i], 0);
	}
	is_int(co_group_wait(&g), 0, "many tasks run at once");
	is_int(sum, want, "each task has its own result");
}

static void
slow(void *arg)
{
	struct job *j = new_job(1, 50);

	*(int *)arg = co_offload(square, j, free_job);
	if (*(int *)arg == 0)
		free_job(j);
}

static void
test_bound(void)
{
	static int got[THREADS + QUEUE + 3];
	struct co_group g = { 0 };
	int i, busy = 0;

	held = 1;
	begun = 0;
	for (i = 0; i < THREADS; i++)
		co_group_spawn(&g, slow, &got[i], 0);
	while (begun < THREADS)
		co_sleep(1);
	for (; i < (int)NELEM(got); i++)
		co_group_spawn(&g, slow, &got[i], 0);
	held = 0;		/* the loop came here while they worked */
	co_group_wait(&g);
	for (i = 0; i < (int)NELEM(got); i++)
		busy += got[i] == E_BUSY;
	is_int(busy, 3, "a task over the queue's bound is refused");
}

static void
test_giving_up(void)
{
	static int got[THREADS + 2];
	struct co_group g = { 0 };
	struct co *c;
	int i;

	for (i = 0; i < THREADS; i++)
		co_group_spawn(&g, slow, &got[i], 10);
	co_sleep(5);
	co_group_spawn(&g, slow, &got[THREADS], 10);	/* waits in the queue when its time is over */
	c = co_spawn(slow, &got[THREADS + 1], 0);
	co_cancel(c);
	co_group_wait(&g);
	co_sleep(1);
	for (i = 0; i <= THREADS; i++)
		is_int(got[i], E_TIMEOUT, "a deadline ends the wait for a task");
	is_int(got[THREADS + 1], E_CANCELED, "a cancellation ends the wait for a task");
	for (i = 0; freed < n_jobs && i < 10000; i++)
		co_sleep(1);
	is_int(freed, n_jobs, "the memory of abandoned tasks is freed");
}

/* Clients by number; what they had done, in order. */
static int order[64];
static atomic_int n_order;

static void
note(void *p)
{
	struct job *j = p;

	square(p);
	order[n_order++] = j->in;
}

struct visit { int client, rc; };

static void
visit(void *arg)
{
	struct visit *v = arg;
	struct job *j = new_job(v->client, 0);

	if ((v->rc = co_offload_for((uint64_t)v->client, note, j, free_job)) == 0)
		free_job(j);
}

/* One thread, so that the order is seen. */
static void
test_fairness(void *arg)
{
	static struct visit v[] = { { 9, 0 }, { 1, 0 }, { 1, 0 }, { 1, 0 }, { 1, 0 }, { 2, 0 }, { 2, 0 }, { 3, 0 },
	    { 1, 0 } };
	static const int want[] = { 9, 1, 2, 3, 1 };
	struct co_group g = { 0 };
	size_t i;

	(void)arg;
	held = 1;
	begun = 0;
	co_group_spawn(&g, visit, &v[0], 0);
	while (begun == 0)
		co_sleep(1);
	for (i = 1; i < NELEM(v); i++)
		co_group_spawn(&g, visit, &v[i], 0);
	held = 0;
	co_group_wait(&g);
	for (i = 0; i < NELEM(want); i++)
		is_int(order[i], want[i], "the threads serve the clients in turn");
	is_int(n_order, NELEM(want), "as many tasks ran as the queue holds");
	ok(v[1].rc == 0 && v[2].rc == 0 && v[3].rc == E_BUSY && v[4].rc == E_BUSY,
	    "the client with the most queued tasks gives way to the first tasks of others");
	ok(v[5].rc == 0 && v[6].rc == E_BUSY && v[7].rc == 0 && v[8].rc == E_BUSY,
	    "a task does not displace one of the same rank");
	loop_stop();
}

/* One turn for two threads; when it is to be had is the test's affair. */
static atomic_int turn_free, at_work, most_at_work;

static int
take_turn(int wait_ms)
{
	int one = 1;

	if (atomic_compare_exchange_strong(&turn_free, &one, 0))
		return 0;
	usleep((useconds_t)(wait_ms < 2 ? wait_ms : 2) * 1000);
	return -1;
}

static void
give_turn(int turn)
{
	turn_free = 1 + turn;
}

static void
count_at_work(void *p)
{
	int now = ++at_work;

	if (now > most_at_work)
		most_at_work = now;
	square(p);
	at_work--;
}

static void
take_part(void *arg)
{
	struct job *j = new_job(1, 5);

	if ((*(int *)arg = co_offload(count_at_work, j, free_job)) == 0)
		free_job(j);
}

static void
test_turns(void *arg)
{
	static const struct offload_turns turns = { take_turn, give_turn };
	static int got[THREADS + QUEUE], late;
	struct co_group g = { 0 };
	int i;

	(void)arg;
	offload_turns(&turns);
	co_group_spawn(&g, take_part, &late, 20);
	co_group_wait(&g);
	is_int(late, E_TIMEOUT, "without a turn no task runs");
	turn_free = 1;
	for (i = 0; i < QUEUE; i++)
		co_group_spawn(&g, take_part, &got[i], 0);
	co_group_wait(&g);
	for (i = 0; i < QUEUE; i++)
		is_int(got[i], 0, "with a turn every task runs");
	is_int(most_at_work, 1, "one thread at a time has the turn");
	is_int(turn_free, 1, "the turn is returned");
	turn_free = 0;
	co_spawn(take_part, &late, 0);
	loop_stop();
}

static void
run(void *arg)
{
	(void)arg;
	test_result();
	test_many();
	test_bound();
	test_giving_up();
	loop_stop();
}

static void
leave_in_the_middle(void *arg)
{
	static int got[4];
	int i;

	(void)arg;
	for (i = 0; i < 4; i++)
		co_spawn(slow, &got[i], 0);
	co_sleep(10);
	loop_stop();
}

int
main(void)
{
	conf.offload_threads = THREADS;
	conf.offload_queue = QUEUE;
	loop_init();
	offload_close();
	co_spawn(run, NULL, 0);
	loop_run();
	offload_close();
	co_spawn(leave_in_the_middle, NULL, 0);
	loop_run();
	offload_close();
	is_int(freed, n_jobs, "stopping in the middle frees the queued tasks");
	conf.offload_threads = 1;
	co_spawn(test_fairness, NULL, 0);
	loop_run();
	offload_close();
	conf.offload_threads = THREADS;
	co_spawn(test_turns, NULL, 0);
	loop_run();
	offload_close();
	is_int(freed, n_jobs, "stopping frees the tasks of a thread that waits for its turn");
	return done_testing();
}
