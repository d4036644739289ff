/* kafka_call.c -- runs librdkafka's blocking calls on threads of their own, so that the loop never blocks. See
 * kafka_impl.h.
 *
 * Such calls are rare (metadata every second or two, clean-up), hence a thread a call. A finished job returns through
 * a list and an eventfd. Its caller may have been cancelled meanwhile, so a job belongs to the loop, not to its
 * caller.
 */
#include "kafka_impl.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "run/co.h"

struct job {
	struct job	*next;		/* in the list of finished jobs */
	struct kafka_client *client;
	int		(*fn)(rd_kafka_t *rk, void *arg);
	void		(*drop)(void *arg);
	struct co	*waiter;	/* NULL: cancelled */
	bool		 done;
	int		 rc;
	max_align_t	 arg[];
};

static struct {
	pthread_mutex_t	 mutex;
	struct job	*done;
	struct loop_io	 io;
	int		 event_fd;
} jobs = { .mutex = PTHREAD_MUTEX_INITIALIZER, .event_fd = -1 };

static bool
start_thread(void *(*fn)(void *), void *arg)
{
	pthread_attr_t attr;
	sigset_t all, before;
	pthread_t thread;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);	/* signals are handled by the loop */
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	rc = pthread_create(&thread, &attr, fn, arg);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return rc == 0;
}

static void *
run_job(void *arg)
{
	struct job *j = arg;
	uint64_t one = 1;

	j->rc = j->fn(j->client->rk, j->arg);
	pthread_mutex_lock(&jobs.mutex);
	j->next = jobs.done;
	jobs.done = j;
	if (write(jobs.event_fd, &one, sizeof(one)) < 0)
		(void)0;	/* the counter is full: the loop is awake already */
	pthread_mutex_unlock(&jobs.mutex);
	return NULL;
}

static void
on_done(struct loop_io *io, int events)
{
	struct job *j, *next;
	uint64_t n;

	(void)events;
	if (read(io->fd, &n, sizeof(n)) < 0)
		return;
	pthread_mutex_lock(&jobs.mutex);
	j = jobs.done;
	jobs.done = NULL;
	pthread_mutex_unlock(&jobs.mutex);
	for (; j != NULL; j = next) {
		next = j->next;
		if (--j->client->calls == 0 && j->client->on_idle != NULL)
			j->client->on_idle(j->client);
		j->done = true;
		if (j->waiter != NULL) {
			co_wake(j->waiter);
			continue;
		}
		if (j->drop != NULL)
			j->drop(j->arg);
		free(j);
	}
}

int
kafka_call(struct kafka_client *c, int (*fn)(rd_kafka_t *rk, void *arg), void (*drop)(void *arg), void *arg,
    size_t bytes)
{
	struct job *j;
	int rc;

	if (jobs.event_fd < 0) {
		if ((jobs.event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) < 0)
			bug("no eventfd");
		loop_io_init(&jobs.io, jobs.event_fd, on_done, NULL);
		loop_io_watch(&jobs.io, LOOP_READ);
	}
	if ((j = calloc(1, sizeof(*j) + bytes)) == NULL)
		bug("out of memory");
	*j = (struct job){ .client = c, .fn = fn, .drop = drop, .waiter = co_self() };
	memcpy(j->arg, arg, bytes);
	c->calls++;
	if (!start_thread(run_job, j))
		bug("no thread");
	while (!j->done) {
		if ((rc = co_park(-1)) < 0 && !j->done) {
			j->waiter = NULL;	/* freed by on_done */
			return rc;
		}
	}
	memcpy(arg, j->arg, bytes);
	rc = j->rc;
	free(j);
	return rc;
}

struct handle { rd_kafka_t *rk; rd_kafka_queue_t *queue; };

static void *
destroy_handle(void *arg)
{
	struct handle *h = arg;

	rd_kafka_queue_destroy(h->queue);
	rd_kafka_destroy_flags(h->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	free(h);
	return NULL;
}

void
kafka_destroy_later(rd_kafka_t *rk, rd_kafka_queue_t *queue)
{
	struct handle *h = malloc(sizeof(*h));

	if (h == NULL)
		bug("out of memory");
	*h = (struct handle){ rk, queue };
	if (rd_kafka_type(rk) == RD_KAFKA_PRODUCER)
		rd_kafka_purge(rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
	if (!start_thread(destroy_handle, h))
		bug("no thread");
}
