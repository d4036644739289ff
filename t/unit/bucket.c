/* bucket.c -- token buckets: counting, refilling, many keys, many processes, processes killed in the middle. */
#include "proc/bucket.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "tap.h"

static const struct bucket_rate slow = { 5, 60000 }, quick = { 10, 200 }, wide = { 1000, 900000 };

static uint64_t
key_of(int n)
{
	return bucket_key(&n, sizeof(n), 0);
}

static void
test_counting(void)
{
	int64_t began_ms = mono_ms();
	struct bucket_level l;
	int i;

	for (i = 4; i >= 0; i--) {
		bucket_take(key_of(1), &slow, &l);
		ok(l.taken && l.left == i && l.retry_ms == 0, "token %d is granted, %d are left", 5 - i, (int)l.left);
	}
	ok(l.full_ms >= 59999 - (mono_ms() - began_ms) && l.full_ms <= 60001,
	    "a bucket is full again after its period (%d ms)", (int)l.full_ms);
	bucket_take(key_of(1), &slow, &l);
	ok(!l.taken && l.left == 0, "the sixth token is refused");
	ok(l.retry_ms >= 11999 - (mono_ms() - began_ms) && l.retry_ms <= 12001,
	    "the next token comes after a fifth of the period (%d ms)", (int)l.retry_ms);
	bucket_take(key_of(2), &slow, &l);
	ok(l.taken && l.left == 4, "another key has a bucket of its own");
	ok(bucket_key("ab", 2, 1) != bucket_key("ab", 2, 2) && bucket_key("ab", 2, 1) != bucket_key("ab\0", 3, 1),
	    "keys are told apart by salt and by length");
	bucket_take(key_of(3), &wide, &l);
	ok(l.taken && l.left == 999, "a wide bucket counts exactly (%d)", (int)l.left);
}

/* Take all there is: how many. */
static int
empty(struct bucket_level *l)
{
	int n = 0;

	do
		bucket_take(key_of(10), &quick, l);
	while (l->taken && ++n < 1000);
	return n;
}

/* A token comes every 20 ms, also while this process is not let run. */
static void
test_refill(void)
{
	int64_t before_ms, empty_ms;
	struct bucket_level l;
	int n;

	before_ms = mono_ms();
	n = empty(&l);
	empty_ms = mono_ms();
	ok(n >= 10 && n <= 10 + (empty_ms - before_ms) / 20 + 1, "a bucket is empty after its tokens (%d)", n);
	usleep(110000);
	n = empty(&l);
	ok(n >= 5 && n <= (mono_ms() - before_ms) / 20 + 1,
	    "a bucket has half of its tokens after half of its period (%d)", n);
	usleep(250000);
	bucket_take(key_of(10), &quick, &l);
	is_int(l.left, 9, "a bucket is full after its period and never fuller");
	before_ms = mono_ms();
	bucket_drain(key_of(10), &quick, 3000);
	bucket_take(key_of(10), &quick, &l);
	ok(!l.taken && l.retry_ms >= 2990 - (mono_ms() - before_ms) && l.retry_ms <= 3030,
	    "a drained bucket is empty for the expected time (%d ms)", (int)l.retry_ms);
}

/* Far more keys than the table holds: nobody is refused who has just come, and a busy one is not forgotten by some. */
static void
test_many(void)
{
	struct bucket_level l;
	int i, refused = 0;

	for (i = 0; i < 1000000; i++) {
		bucket_take(key_of(1000 + i), &slow, &l);
		refused += !l.taken;
	}
	ok(refused < 60, "of a million keys %d share an empty bucket with another key", refused);
	bucket_create();
	for (i = 0; i < 6; i++)
		bucket_take(key_of(1), &slow, &l);
	for (i = 0; i < 50000; i++)
		bucket_take(key_of(1000 + i), &slow, &l);
	bucket_take(key_of(1), &slow, &l);
	ok(!l.taken, "an empty bucket survives fifty thousand new keys");
}

/* Take from one bucket until the time is over; what was got goes to *sum. */
static void
grab(int64_t *sum, int64_t until_ms)
{
	struct bucket_level l;

	while (mono_ms() < until_ms) {
		bucket_take(key_of(77), &wide, &l);
		if (l.taken)
			__atomic_add_fetch(sum, 1, __ATOMIC_SEQ_CST);
	}
	_exit(0);
}

static void
test_processes(void)
{
	int64_t *sum = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	    end = mono_ms() + 300;
	struct bucket_level l;
	pid_t pids[12];
	int i;

	for (i = 0; i < 12; i++)
		if ((pids[i] = fork()) == 0)
			grab(sum, end);
	for (i = 0; i < 6; i++) {	/* half of them die somewhere */
		usleep(3000 + 500 * (useconds_t)i);
		kill(pids[i], SIGKILL);
	}
	for (i = 0; i < 12; i++)
		waitpid(pids[i], NULL, 0);
	ok(*sum >= 1000 - 6 && *sum <= 1003,
	    "twelve processes, some of them killed, get a thousand tokens together (%d)", (int)*sum);
	bucket_take(key_of(77), &wide, &l);
	ok(l.left <= 1, "the shared bucket is empty afterwards");
}

int
main(void)
{
	struct bucket_level l;

	bucket_take(1, &slow, &l);
	ok(l.taken, "without a table every token is granted");
	bucket_create();
	test_counting();
	test_refill();
	test_many();
	bucket_create();
	test_processes();
	return done_testing();
}
