/* offload.c -- the threads for CPU work. See offload.h.
 *
 * Two lists under one lock: tasks that wait for a thread, tasks that wait for the loop. A coroutine that gave up leaves
 * its task behind without an owner; the loop frees it when the thread is done. Only the loop's thread touches `co`.
 * Yields: co_offload co_offload_for.
 */
#include "offload.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/metric.h"
#include "co.h"
#include "loop.h"

enum { THREADS_MAX = 64, STACK_BYTES = 512 * 1024, NICE_MAX = 19, TURN_WAIT_MS = 50 };
enum { DONE, REFUSED, ABANDONED };	/* cells of M_OFFLOAD */

struct task {
	struct task	*next;
	void		(*fn)(void *job);
	void		(*free_job)(void *job);
	void		*job;
	struct co	*co;		/* NULL: no coroutine waits */
	uint64_t	 client;	/* 0: no client in particular */
	int		 rank;		/* how many of its client's it came behind */
	bool		 done;
	int		 rc;		/* when done: 0, or E_BUSY for one that gave its place to another */
};
struct list {
	struct task	*first, **last;
	int		 n;
};

static struct {
	pthread_mutex_t	 lock;
	pthread_cond_t	 work;
	pthread_t	 threads[THREADS_MAX];
	int		 n_threads, fd;
	struct list	 waiting, finished;
	struct loop_io	 io;
	bool		 stopping;
	const struct offload_turns *turns;	/* NULL: every thread may run at any time */
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER };

static void
append_task(struct list *l, struct task *t)
{
	t->next = NULL;
	*l->last = t;
	l->last = &t->next;
	l->n++;
}

/* Round-robin: a task goes behind those that have no more of their client's tasks before them. */
static void
insert_fairly(struct list *l, struct task *t)
{
	struct task **at;

	for (at = &l->first; *at != NULL && (*at)->rank <= t->rank; at = &(*at)->next)
		;
	t->next = *at;
	*at = t;
	if (t->next == NULL)
		l->last = &t->next;
	l->n++;
}

static int
find_rank(const struct list *l, uint64_t client)
{
	const struct task *t;
	int rank = 0;

	for (t = l->first; client != 0 && t != NULL; t = t->next)
		rank += t->client == client;
	return rank;
}

static struct task *
take_first(struct list *l)
{
	struct task *t = l->first;

	if (t == NULL)
		return NULL;
	if ((l->first = t->next) == NULL)
		l->last = &l->first;
	l->n--;
	return t;
}

static bool
take_out(struct list *l, struct task *t)
{
	struct task **at;

	for (at = &l->first; *at != NULL && *at != t; at = &(*at)->next)
		;
	if (*at == NULL)
		return false;
	if ((*at = t->next) == NULL)
		l->last = at;
	l->n--;
	return true;
}

static void
free_task(struct task *t)
{
	t->free_job(t->job);
	free(t);
}

static void
tell_loop(void)
{
	uint64_t one = 1;

	if (write(pool.fd, &one, sizeof(one)) < 0)
		bug("cannot wake the loop");
}

/* Lower the thread's priority below the loop's. That needs no privilege; a failure is ignored. */
static void
give_way(void)
{
	struct sched_param none = { 0 };

	if (conf.offload_niceness > NICE_MAX)
		(void)pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
	else if (conf.offload_niceness > 0 && pthread_setschedparam(pthread_self(), SCHED_BATCH, &none) == 0)
		(void)setpriority(PRIO_PROCESS, (id_t)gettid(), (int)conf.offload_niceness);
}

/* Wait, with the lock held, for a task and a turn; *turn is to be given back. False: the pool stops. */
static bool
wait_for_turn(int *turn)
{
	for (*turn = -1;;) {
		while (pool.waiting.n == 0 && !pool.stopping)
			pthread_cond_wait(&pool.work, &pool.lock);
		if (pool.stopping)
			return false;
		if (pool.turns == NULL)
			return true;
		pthread_mutex_unlock(&pool.lock);
		*turn = pool.turns->take(TURN_WAIT_MS);
		pthread_mutex_lock(&pool.lock);
		if (*turn >= 0 && pool.waiting.n > 0 && !pool.stopping)
			return true;
		if (*turn >= 0)		/* the waiting coroutine was cancelled meanwhile */
			pool.turns->give(*turn);
	}
}

static void *
run_thread(void *arg)
{
	struct task *t;
	int turn;

	give_way();
	pthread_mutex_lock(&pool.lock);
	while (wait_for_turn(&turn)) {
		t = take_first(&pool.waiting);
		pthread_mutex_unlock(&pool.lock);
		t->fn(t->job);
		if (turn >= 0)
			pool.turns->give(turn);
		pthread_mutex_lock(&pool.lock);
		append_task(&pool.finished, t);
		tell_loop();
	}
	pthread_mutex_unlock(&pool.lock);
	return arg;
}

static struct task *
next_finished(void)
{
	struct task *t;

	pthread_mutex_lock(&pool.lock);
	t = take_first(&pool.finished);
	pthread_mutex_unlock(&pool.lock);
	return t;
}

static void
on_finished(struct loop_io *io, int events)
{
	struct task *t;
	uint64_t n;

	(void)events;
	if (read(io->fd, &n, sizeof(n)) < 0)
		return;
	while ((t = next_finished()) != NULL) {
		t->done = true;
		if (t->co != NULL)
			co_wake(t->co);
		else
			free_task(t);
	}
}

/* Threads block all signals: the loop handles them. */
static void
start_threads(void)
{
	pthread_attr_t attr;
	sigset_t all, old;

	pool.waiting.last = &pool.waiting.first;
	pool.finished.last = &pool.finished.first;
	pool.stopping = false;
	if ((pool.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
		bug("cannot make an eventfd");
	loop_io_init(&pool.io, pool.fd, on_finished, NULL);
	loop_io_watch(&pool.io, LOOP_READ);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	while (pool.n_threads < conf.offload_threads && pool.n_threads < THREADS_MAX &&
	    pthread_create(&pool.threads[pool.n_threads], &attr, run_thread, NULL) == 0)
		pool.n_threads++;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (pool.n_threads == 0)
		bug("cannot start a thread");
}

/* The queue is full: drop its last task, where its client has more tasks there than the newcomer. */
static bool
make_room(const struct task *newcomer)
{
	struct task *t, *last = NULL;

	for (t = pool.waiting.first; t != NULL; t = t->next)
		last = t;
	if (last == NULL || last->rank <= newcomer->rank)
		return false;
	take_out(&pool.waiting, last);
	last->rc = E_BUSY;
	append_task(&pool.finished, last);
	tell_loop();
	return true;
}

static bool
queue_task(struct task *t)
{
	bool room;

	if (pool.n_threads == 0)
		start_threads();
	pthread_mutex_lock(&pool.lock);
	t->rank = find_rank(&pool.waiting, t->client);
	room = pool.waiting.n < conf.offload_queue || make_room(t);
	if (room) {
		insert_fairly(&pool.waiting, t);
		pthread_cond_signal(&pool.work);
	}
	pthread_mutex_unlock(&pool.lock);
	return room;
}

/* The coroutine stops waiting: free its task now, or when its thread is done with it. */
static void
abandon_task(struct task *t)
{
	bool waiting;

	pthread_mutex_lock(&pool.lock);
	waiting = take_out(&pool.waiting, t);
	pthread_mutex_unlock(&pool.lock);
	metric_add(M_OFFLOAD, ABANDONED, 1);
	if (waiting)
		free_task(t);
	else
		t->co = NULL;
}

void
offload_turns(const struct offload_turns *turns)
{
	pool.turns = turns;
}

int
co_offload(void (*fn)(void *job), void *job, void (*free_job)(void *job))
{
	return co_offload_for(0, fn, job, free_job);
}

int
co_offload_for(uint64_t client, void (*fn)(void *job), void *job, void (*free_job)(void *job))
{
	struct task *t = malloc(sizeof(*t));
	int rc = 0;

	if (t == NULL)
		abort();
	*t = (struct task){ .fn = fn, .free_job = free_job, .job = job, .co = co_self(), .client = client };
	if (!queue_task(t)) {
		metric_add(M_OFFLOAD, REFUSED, 1);
		free_task(t);
		return E_BUSY;
	}
	while (!t->done && rc == 0)
		rc = co_park(-1);
	if (!t->done) {
		abandon_task(t);
		return rc;
	}
	if ((rc = t->rc) < 0) {
		metric_add(M_OFFLOAD, REFUSED, 1);
		free_task(t);
		return rc;
	}
	metric_add(M_OFFLOAD, DONE, 1);
	free(t);
	return 0;
}

/* Coroutines that still wait never run again: free their tasks. */
void
offload_close(void)
{
	struct task *t;
	int i;

	if (pool.n_threads == 0)
		return;
	pthread_mutex_lock(&pool.lock);
	pool.stopping = true;
	pthread_cond_broadcast(&pool.work);
	pthread_mutex_unlock(&pool.lock);
	for (i = 0; i < pool.n_threads; i++)
		pthread_join(pool.threads[i], NULL);
	while ((t = take_first(&pool.waiting)) != NULL || (t = take_first(&pool.finished)) != NULL)
		free_task(t);
	loop_io_watch(&pool.io, 0);
	close(pool.fd);
	pool.n_threads = 0;
}
