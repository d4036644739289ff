/* co.c -- coroutines: pooled guarded stacks, parking, deadlines, defers. See co.h.
 *
 * A coroutine is entered from the loop (run_ready) or from its spawner; `caller` is the stack that it returns to.
 */
#include "co.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "run/hostile.h"
#include "run/loop.h"
#include "run/switch.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#endif
#ifdef WITH_ASAN
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(from, to) 0
#define VALGRIND_DISABLE_ERROR_REPORTING (void)0
#define VALGRIND_ENABLE_ERROR_REPORTING (void)0
#endif

enum {
	GUARD_BYTES	= 4096,
	POOL_MAX	= HOSTILE_KEEPS(256),	/* idle coroutines kept with their stacks */
	ARENA_BYTES	= 4096 - 64,
	CENSUS_BYTE	= 0xc5,
};

struct defer {
	struct defer	*next;
	void		(*fn)(void *);
	void		*p;
};

struct co {
	struct stack_context	 context;
	struct co		*caller;	/* the stack to return to; NULL: the loop's */
	struct co		*next;		/* in the ready queue or the pool */
	/* of all that were made and not freed: a debugger finds the parked ones */
	struct co		*older, *newer;
	void			(*fn)(void *);
	void			*arg;
	char			*stack;		/* lowest usable address */
	struct arena		 mem;
	struct defer		*defers;
	struct loop_timer	 timer;
	int64_t			 deadline_ms;	/* monotonic; 0: none */
	const struct log_work	*work;
	void			*fake_stack;	/* ASan's, while switched away */
	int			 park_rc;
	bool			 parked, queued, canceled, ended;
#ifdef HOSTILE
	uint64_t		 wait;		/* number of the last one */
#endif
};

static struct stack_context loop_context;
static struct co *running;
static struct co *pool, *newest;
static struct { struct co *first, *last; } ready;
static int n_pool, n_live;
static bool census;
static size_t high_water;

#ifdef WITH_ASAN
static void *loop_fake_stack;

/* Tell the sanitizer which stack comes next; NULL is the loop's. */
static void
announce_switch(struct co *from, struct co *to, bool ending)
{
	static void *loop_stack;
	static size_t loop_bytes;
	void **fake = from != NULL ? &from->fake_stack : &loop_fake_stack;

	if (loop_stack == NULL) {
		pthread_attr_t attr;

		pthread_getattr_np(pthread_self(), &attr);
		pthread_attr_getstack(&attr, &loop_stack, &loop_bytes);
		pthread_attr_destroy(&attr);
	}
	__sanitizer_start_switch_fiber(ending ? NULL : fake, to != NULL ? to->stack : loop_stack,
	    to != NULL ? CO_STACK_BYTES : loop_bytes);
}

static void
finish_switch(struct co *self)
{
	__sanitizer_finish_switch_fiber(self != NULL ? self->fake_stack : loop_fake_stack, NULL, NULL);
}

/* The next mapping at this place has frames of its own. */
static void
forget_frames(struct co *c)
{
	__asan_unpoison_memory_region(c->stack, CO_STACK_BYTES);
}

/* The leak check follows pointers on the stack of a coroutine that lives; an idle stack holds only stale ones. */
static void add_leak_root(struct co *c) { __lsan_register_root_region(c->stack, CO_STACK_BYTES); }
static void remove_leak_root(struct co *c) { __lsan_unregister_root_region(c->stack, CO_STACK_BYTES); }
#else
static void add_leak_root(struct co *c) { (void)c; }
static void remove_leak_root(struct co *c) { (void)c; }
static void forget_frames(struct co *c) { (void)c; }
static void announce_switch(struct co *from, struct co *to, bool ending) { (void)from, (void)to, (void)ending; }
static void finish_switch(struct co *self) { (void)self; }
#endif

/* Switches from the running stack to `to` (NULL: the loop's); returns when that switches back. */
static void
switch_to(struct co *to, bool ending)
{
	struct co *from = running;

	if (from != NULL)
		from->work = log_work_now();
	running = to;
	log_work(to != NULL ? to->work : NULL);
	announce_switch(from, to, ending);
	stack_switch(from != NULL ? &from->context : &loop_context, to != NULL ? &to->context : &loop_context);
	finish_switch(from);
}

/* Enter `c` from the running stack; returns when `c` parks or ends. */
static void
enter_co(struct co *c)
{
	if (c->ended || c == running || c->caller != NULL)
		bug("coroutine entered twice");
	c->caller = running;
	switch_to(c, false);
	if (c->ended) {
		remove_leak_root(c);
		c->next = pool;
		pool = c;
		n_pool++;
	}
}

/* Switch back to the stack that entered the running coroutine. */
static void
leave_co(bool ending)
{
	struct co *to = running->caller;

	running->caller = NULL;
	switch_to(to, ending);
}

static void
run_defers(struct co *c)
{
	while (c->defers != NULL) {
		struct defer *d = c->defers;

		c->defers = d->next;
		d->fn(d->p);
	}
}

/* The first frame of every stack: runs one function after another, as the pool hands them out. */
static void
co_main(void)
{
	struct co *c = running;

	finish_switch(c);
	for (;;) {
		c->fn(c->arg);
		log_work(NULL);		/* it may have lain on a frame of fn, or in what fn gave back */
		run_defers(c);
		arena_reset(&c->mem);
		c->ended = true;
		n_live--;
		leave_co(false);
	}
}

static void
on_deadline(struct loop_timer *t)
{
	struct co *c = t->arg;

	if (c->parked && !c->queued) {
		c->park_rc = E_TIMEOUT;
		co_wake(c);
	}
}

static void run_ready(void);
static bool has_ready(void);

static struct co *
make_co(void)
{
	struct co *c = calloc(1, sizeof(*c));
	char *map = mmap(NULL, GUARD_BYTES + CO_STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (c == NULL || map == MAP_FAILED || mprotect(map, GUARD_BYTES, PROT_NONE) < 0)
		bug("no memory for a stack");
	c->stack = map + GUARD_BYTES;
	if (census)
		memset(c->stack, CENSUS_BYTE, CO_STACK_BYTES);
	(void)VALGRIND_STACK_REGISTER(c->stack, c->stack + CO_STACK_BYTES);
	arena_init(&c->mem, ARENA_BYTES);
	loop_timer_init(&c->timer, on_deadline, c);
	stack_prepare(&c->context, c->stack, CO_STACK_BYTES, co_main);
	c->older = newest;
	if (newest != NULL)
		newest->newer = c;
	else
		loop_each_turn(run_ready, has_ready);
	return newest = c;
}

static void
free_co(struct co *c)
{
	if (c->older != NULL)
		c->older->newer = c->newer;
	if (c->newer != NULL)
		c->newer->older = c->older;
	else
		newest = c->older;
	arena_fini(&c->mem);
	forget_frames(c);
	munmap(c->stack - GUARD_BYTES, GUARD_BYTES + CO_STACK_BYTES);
	free(c);
}

struct co *
co_spawn(void (*fn)(void *), void *arg, int64_t deadline_ms)
{
	struct co *c = pool;

	if (c != NULL) {
		pool = c->next;
		n_pool--;
	} else {
		c = make_co();
	}
	c->next = NULL;
	c->fn = fn;
	c->arg = arg;
	c->deadline_ms = deadline_ms > 0 ? loop_now_ms() + deadline_ms : 0;
	c->work = NULL;
	c->parked = c->queued = c->canceled = c->ended = false;
	n_live++;
	add_leak_root(c);
	enter_co(c);
	if (!c->ended)
		return c;
	if (n_pool > POOL_MAX) {	/* `c` is the pool's first */
		pool = c->next;
		n_pool--;
		free_co(c);
	}
	return NULL;
}

struct co *
co_self(void)
{
	return running;
}

struct arena *
co_arena(void)
{
	return &running->mem;
}

void
co_defer(void (*fn)(void *), void *p)
{
	struct defer *d = arena_alloc(&running->mem, sizeof(*d));

	*d = (struct defer){ running->defers, fn, p };
	running->defers = d;
}

void
co_set_deadline(int64_t ms)
{
	running->deadline_ms = ms > 0 ? mono_ms() + ms : 0;
}

int64_t
co_narrow(int64_t ms)
{
	int64_t before = running->deadline_ms;

	if (co_time_left() > ms)
		co_set_deadline(ms);
	return before;
}

void
co_widen(int64_t before)
{
	running->deadline_ms = before;
}

int64_t
co_time_left(void)
{
	return running->deadline_ms == 0 ? INT64_MAX : running->deadline_ms - mono_ms();
}

#ifdef HOSTILE
static void
note_wait(struct co *c)
{
	static uint64_t waits;

	hostile_wait(c, c->wait = ++waits);
}

static bool
is_waiting(const struct co *c, uint64_t wait)
{
	const struct co *one;

	for (one = newest; one != NULL && one != c; one = one->older)
		;
	return one != NULL && c->parked && c->wait == wait;
}

static bool
wake_for_nothing(struct co *c)
{
	bool can = c->parked && !c->queued;

	co_wake(c);
	return can;
}

static bool
end_deadline(struct co *c)
{
	if (c->deadline_ms == 0)
		return false;
	c->deadline_ms = mono_ms();
	on_deadline(&c->timer);
	return true;
}

const struct calamity co_calamities[] = {
	{ "woken for nothing", 3, wake_for_nothing },
	{ "out of time", 2, end_deadline },
	{ NULL, 0, NULL },
};

static void
strike_waiting(void)
{
	hostile_strike(is_waiting);
}

/* Under the hostile scheduler: a random one of the woken coroutines; now and then none, and the rest wait a turn. */
static struct co *
take_ready(void)
{
	struct co **at = &ready.first, *c, *before = NULL;
	uint32_t n = 0;

	for (c = ready.first; c != NULL; c = c->next)
		n++;
	if (n == 0 || (hostile_on() && hostile_below(8) == 0))
		return NULL;
	for (n = hostile_on() ? hostile_below(n) : 0; n > 0; n--) {
		before = *at;
		at = &before->next;
	}
	c = *at;
	*at = c->next;
	if (ready.last == c)
		ready.last = before;
	return c;
}
#else
static void note_wait(struct co *c) { (void)c; }
static void strike_waiting(void) { }
static bool hostile_pending(void) { return false; }

static struct co *
take_ready(void)
{
	struct co *c = ready.first;

	if (c != NULL && (ready.first = c->next) == NULL)
		ready.last = NULL;
	return c;
}
#endif

int
co_park(int64_t timeout_ms)
{
	struct co *c = running;
	int64_t left;

	if (c == NULL)
		bug("park outside a coroutine");
	if (c->canceled)
		return E_CANCELED;
	left = c->deadline_ms == 0 ? -1 : co_time_left();
	if (c->deadline_ms != 0 && left <= 0)
		return E_TIMEOUT;
	if (timeout_ms >= 0 && (left < 0 || timeout_ms < left))
		left = timeout_ms;
	c->park_rc = 0;
	c->parked = true;
	note_wait(c);
	if (left >= 0)
		loop_timer_start(&c->timer, left, 0);
	leave_co(false);
	if (left >= 0)
		loop_timer_stop(&c->timer);
	return c->canceled ? E_CANCELED : c->park_rc;
}

void
co_wake(struct co *c)
{
	if (!c->parked || c->queued)
		return;
	c->queued = true;
	c->next = NULL;
	if (ready.last != NULL)
		ready.last->next = c;
	else
		ready.first = c;
	ready.last = c;
}

void
co_cancel(struct co *c)
{
	c->canceled = true;
	co_wake(c);
}

static void
run_ready(void)
{
	struct co *c;

	strike_waiting();
	while ((c = take_ready()) != NULL) {
		c->queued = c->parked = false;
		enter_co(c);
		if (c->ended && n_pool > POOL_MAX) {
			pool = c->next;
			n_pool--;
			free_co(c);
		}
	}
}

static bool
has_ready(void)
{
	return ready.first != NULL || hostile_pending();
}

int
co_live(void)
{
	return n_live;
}

void
co_census_enable(void)
{
	census = true;
}

size_t
co_stack_high_water(void)
{
	struct co *c;
	size_t untouched;

	VALGRIND_DISABLE_ERROR_REPORTING;		/* memcheck takes what is below a stack pointer for freed */
	for (c = pool; c != NULL; c = c->next) {	/* idle ones only: what ran has come back here */
		for (untouched = 0; untouched < CO_STACK_BYTES; untouched++)
			if ((unsigned char)c->stack[untouched] != CENSUS_BYTE)
				break;
		if (CO_STACK_BYTES - untouched > high_water)
			high_water = CO_STACK_BYTES - untouched;
	}
	VALGRIND_ENABLE_ERROR_REPORTING;
	return high_water;
}
