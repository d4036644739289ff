/* reload.c -- changes to a new configuration, and back when children do not start with it. See reload.h.
 *
 * Each configuration has an arena: the present one, and during a reload the one to go back to. Keys marked RESTART
 * keep their value.
 */
#include "reload.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/log.h"
#include "logs.h"
#include "restart.h"
#include "roll.h"
#include "seats.h"
#include "stand_in.h"
#include "systemd.h"

static struct {
	reload_read_fn	*read;
	struct arena	*mem, *old_mem;		/* of conf, of old */
	struct conf	 old;
	uint32_t	 generation, old_generation, latest;
	bool		 under_way, going_back, again;
	uint32_t	 count;
	char		 error[512];
} state = { .generation = 1, .latest = 1 };

static void
free_arena(struct arena **mem)
{
	if (*mem != NULL)
		arena_fini(*mem);
	free(*mem);
	*mem = NULL;
}

void
reload_init(reload_read_fn *read, struct arena *mem)
{
	state.read = read;
	state.mem = mem;
}

uint32_t
reload_generation(void)
{
	return state.generation;
}

/* The sockets and the scoreboard depend on these keys, so they keep their values until the master restarts. */
static void
keep_fixed_keys(struct conf *fresh, struct arena *mem)
{
	const struct conf_key *k;

	for (k = conf_keys; k->name != NULL; k++) {
		if (k->when != RESTART || !conf_differs(k, &conf, fresh))
			continue;
		log_warn("this key takes effect only after a restart", JS("key", k->name));
		conf_copy(k, fresh, mem, &conf);
	}
	conf_env_apply(fresh);
}

static void
adopt_conf(const struct conf *c, struct arena *mem, uint32_t generation)
{
	conf = *c;
	state.mem = mem;
	state.generation = generation;
	logs_set_level();
	seats_want_all(&conf);
	restart_forgive();
	roll_all(generation);
}

static void
finish_reload(const char *error)
{
	state.count++;
	state.under_way = state.going_back = false;
	snprintf(state.error, sizeof(state.error), "%s", error);
	if (state.again) {
		state.again = false;
		reload_begin();
	}
}

void
reload_begin(void)
{
	struct arena *mem;
	struct conf fresh;
	const char *why;

	if (state.under_way) {
		state.again = true;
		return;
	}
	if ((mem = malloc(sizeof(*mem))) == NULL)
		abort();
	arena_init(mem, 4096);
	if (state.read(&fresh, mem, &why) < 0) {
		log_error("configuration refused, the old one stays", JS("why", why));
		finish_reload(why);
		free_arena(&mem);
		return;
	}
	keep_fixed_keys(&fresh, mem);
	stand_in_secret(&fresh);
	state.old = conf;
	state.old_mem = state.mem;
	state.old_generation = state.generation;
	state.under_way = true;
	systemd_reloading();
	adopt_conf(&fresh, mem, ++state.latest);
	log_info("reloading", JI("generation", state.generation));
}

static void
go_back(void)
{
	struct arena *bad = state.mem;

	log_error("children do not start with the new configuration, going back to the old one");
	adopt_conf(&state.old, state.old_mem, state.old_generation);
	state.old_mem = bad;		/* freed at the end */
	state.going_back = true;
}

static void
end_reload(void)
{
	free_arena(&state.old_mem);
	roll_retire_surplus();
	log_info("reloaded", JI("generation", state.generation), JB("wentBack", state.going_back));
	systemd_ready();
	finish_reload(state.going_back ? "the children did not come up with the new configuration" : "");
}

void
reload_step(void)
{
	switch (roll_step(state.generation)) {
	case ROLL_BUSY:
		break;
	case ROLL_FAILED:
		if (state.under_way && !state.going_back)
			go_back();
		break;
	case ROLL_IDLE:
		if (state.under_way)
			end_reload();
		break;
	}
}

bool
reload_under_way(void)
{
	return state.under_way;
}

void
reload_forget(void)
{
	state.under_way = state.again = false;
	roll_forget();
}

uint32_t
reload_count(void)
{
	return state.count;
}

const char *
reload_error(void)
{
	return *state.error != '\0' ? state.error : NULL;
}
