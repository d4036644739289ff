/* loop.h -- the event loop of a process (libev).
 *
 * One process, one thread, one loop. Callbacks (`on_x`) must not yield; they wake coroutines (run/co.h). Order of one
 * turn: descriptors and timers call back; woken coroutines run; the before-sleep hooks flush what was queued (Redis
 * commands, queries, frames); the loop sleeps.
 */
#ifndef RUN_LOOP_H
#define RUN_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* A watched descriptor. In the caller's memory; must not move while started. `events` is what is ready. */
struct loop_io {
	void	*watcher[6];
	void	(*on_ready)(struct loop_io *io, int events);
	void	*arg;
	int	 fd, events;
};
void	 loop_io_init(struct loop_io *io, int fd, void (*on_ready)(struct loop_io *, int), void *arg);
/* Watch for these events from now on; 0 stops. Cheap when nothing changes. Stop before closing the descriptor. */
void	 loop_io_watch(struct loop_io *io, int events);

/* A timer. In the caller's memory; must not move while started. */
struct loop_timer {
	void	*watcher[6];
	void	(*on_time)(struct loop_timer *t);
	void	*arg;
};
void	 loop_timer_init(struct loop_timer *t, void (*on_time)(struct loop_timer *), void *arg);
/* (Re)start: first after `after_ms`, then every `every_ms` (0: once). */
void	 loop_timer_start(struct loop_timer *t, int64_t after_ms, int64_t every_ms);
void	 loop_timer_stop(struct loop_timer *t);
bool	 loop_timer_active(const struct loop_timer *t);

/* Call `on_signal` in the loop, not in the signal handler. */
void	 loop_signal(int signo, void (*on_signal)(int signo, void *arg), void *arg);

/* Run `fn` once before each sleep, after the coroutines, in order of registration. It may wake coroutines; then the
 * loop does not sleep. */
void	 loop_before_sleep(void (*fn)(void *arg), void *arg);

/* Call `run` once a turn, before the hooks of loop_before_sleep; the loop does not sleep while `more` is true. co.c
 * runs its woken coroutines there. */
void	 loop_each_turn(void (*run)(void), bool (*more)(void));

/* Make the loop (once per process, after fork), run it until loop_stop, free it. */
void	 loop_init(void);
void	 loop_run(void);
void	 loop_stop(void);
void	 loop_fini(void);
/* Monotonic milliseconds as of the kernel's last tick, for what is counted in more than those (mono_tick_ms). */
int64_t	 loop_now_ms(void);
/* The longest and the mean time a turn held the loop since the last call, microseconds (for metrics). */
void	 loop_lag(int64_t *max_us, int64_t *mean_us);

#endif
