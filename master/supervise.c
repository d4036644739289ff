/* supervise.c -- the master's loop. See supervise.h.
 *
 * Every event (a signal, a child that ended, the pulse timer) leads to one step, which examines everything and does
 * what is possible without waiting. The pulse is fast while a change is under way and slow otherwise.
 */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "backup_run.h"
#include "base/conf.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "logs.h"
#include "orphans.h"
#include "pidfile.h"
#include "reload.h"
#include "restart.h"
#include "roll.h"
#include "run/loop.h"
#include "seats.h"
#include "stop.h"
#include "systemd.h"
#include "upgrade.h"
#include "watchdog.h"

enum { PULSE_FAST_MS = 20, PULSE_SLOW_MS = 1000 };

static struct loop_timer pulse;
static bool was_ready;

/* Whether every wanted process is ready; `heirs`: heirs included. */
static bool
are_ready(bool heirs)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++)
		for (s = seats_next(p, NULL); s != NULL; s = seats_next(p, s))
			if ((heirs || !p->heir) && s->index <= seats_wanted(p->kind) &&
			    (s->now == NULL || child_state(s->now) != SLOT_READY))
				return false;
	return true;
}

static bool
all_ready(void)
{
	return are_ready(true);
}

static void
note_ready(void)
{
	if (upgrade_waits() && are_ready(false))
		upgrade_go_on();
	if (was_ready || !all_ready())
		return;
	was_ready = true;
	systemd_ready();
	upgrade_done();
	log_info("all processes are ready", JI("ms", now_ms() - scoreboard_me()->started_ms));
}

const char *
supervise_state(void)
{
	if (stop_under_way())
		return "stopping";
	if (upgrade_under_way())
		return "upgrading";
	if (reload_under_way())
		return "reloading";
	if (all_ready())
		return "running";
	return was_ready ? "degraded" : "starting";
}

static struct seat *
find_seat(enum proc_kind kind, int index)
{
	const struct proc_row *p;
	struct seat *s;

	for (p = procs; p->role != NULL; p++)
		for (s = seats_next(p, NULL); p->kind == kind && s != NULL; s = seats_next(p, s))
			if (s->index == index)
				return s;
	return NULL;
}

/* Do what a worker asks for in an operator's name (scoreboard_request). */
static void
obey_request(void)
{
	enum proc_kind kind;
	int index;
	struct seat *s;

	switch (scoreboard_requested(&kind, &index)) {
	case REQUEST_NONE:
		return;
	case REQUEST_RELOAD:
		log_info("a reload is requested by an operator");
		if (upgrade_under_way())
			log_warn("no reload during an upgrade");
		else
			reload_begin();
		break;
	case REQUEST_BACKUP:
		backup_run_start(index != 0);
		scoreboard_request_done();
		return;
	case REQUEST_DRAIN:
		if ((s = find_seat(kind, index)) != NULL && s->now != NULL && !s->row->keep) {
			log_info("a process is replaced for an operator",
			    JS("process", scoreboard_slot(s->now->slot)->title));
			roll_seat(s);
		}
		break;
	}
	scoreboard_set_changing(true);
	scoreboard_request_done();
}

static int64_t
next_pulse_ms(bool rolling)
{
	int64_t slow_ms = conf.heartbeat_timeout_ms / 4 < PULSE_SLOW_MS ? conf.heartbeat_timeout_ms / 4 : PULSE_SLOW_MS;

	if (systemd_watchdog() < slow_ms)
		slow_ms = systemd_watchdog();
	if (stop_under_way() || rolling || !all_ready())
		return PULSE_FAST_MS;
	return restart_wait_ms(slow_ms);
}

void
supervise_step(void)
{
	struct slot *mine = scoreboard_me();
	bool rolling = false;

	mine->heartbeat_ms = mono_ms();
	pidfile_keep();
	restart_reap();
	watchdog_check_children();
	logs_step();
	if (stop_under_way()) {
		stop_step();
	} else {
		upgrade_step();
		obey_request();
		reload_step();
		rolling = roll_under_way();
		restart_fill(reload_generation());
		note_ready();
	}
	if (!upgrade_under_way())
		orphans_note();
	mine->generation = reload_generation();
	scoreboard_set_changing(rolling || stop_under_way() || upgrade_under_way() || reload_under_way());
	loop_timer_start(&pulse, next_pulse_ms(rolling), 0);
}

static void
on_pulse(struct loop_timer *t)
{
	(void)t;
	supervise_step();
}

static void
begin_stop(bool patient)
{
	if (patient)
		(void)upgrade_retire();
	upgrade_forget();
	backup_run_stop();
	systemd_stopping();
	reload_forget();
	stop_all(patient);
	scoreboard_me()->state = SLOT_DRAINING;
	supervise_step();
}

void
supervise_stop(void)
{
	begin_stop(false);
}

void
supervise_quit(void)
{
	begin_stop(true);
}

void
supervise_reload(void)
{
	if (stop_under_way())
		return;
	if (upgrade_under_way()) {
		log_warn("no reload during an upgrade");
		return;
	}
	reload_begin();
	supervise_step();
}

void
supervise_upgrade(void)
{
	if (stop_under_way())
		return;
	if (upgrade_on_trial()) {
		log_warn("an upgrade is under way already");
		return;
	}
	if (reload_under_way()) {
		log_warn("no upgrade during a reload");
		return;
	}
	upgrade_begin();
	supervise_step();
}

void
supervise_reopen(void)
{
	logs_reopen();
	supervise_step();
}

static void
want_http(int n)
{
	if (stop_under_way())
		return;
	log_info("http workers", JI("wanted", n));
	seats_want(PROC_HTTP, n);
	roll_retire_surplus();
	supervise_step();
}

void
supervise_http_more(void)
{
	want_http(seats_wanted(PROC_HTTP) + 1);
}

void
supervise_http_less(void)
{
	want_http(seats_wanted(PROC_HTTP) > 1 ? seats_wanted(PROC_HTTP) - 1 : 1);
}

void
supervise_http_none(void)
{
	want_http(0);
}

void
supervise_run(void)
{
	loop_timer_init(&pulse, on_pulse, NULL);
	seats_want_all(&conf);
	scoreboard_me()->state = SLOT_READY;
	supervise_step();
	loop_run();
}
