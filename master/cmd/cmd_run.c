/* cmd_run.c -- `dure run`: the master, in the foreground. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/version.h"
#include "cmd.h"
#include "master/control.h"
#include "master/limits.h"
#include "master/listen.h"
#include "master/logs.h"
#include "master/master_status.h"
#include "master/orphans.h"
#include "master/pidfile.h"
#include "master/privilege.h"
#include "master/signals.h"
#include "master/stand_in.h"
#include "master/supervise.h"
#include "master/systemd.h"
#include "master/upgrade.h"
#include "proc/bucket.h"
#include "proc/journal.h"
#include "proc/scoreboard.h"
#include "proc/title.h"
#include "run/loop.h"

/* The number of cores that password hashes and the like may occupy. */
static int
count_turns(void)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	return conf.offload_host_max > 0 ? (int)conf.offload_host_max : cores > 3 ? (int)(cores / 2) : 1;
}

static void
make_scoreboard(void)
{
	struct slot *mine;

	scoreboard_create((int)conf.db_pool_max);
	scoreboard_set_turns(count_turns());
	bucket_create();
	scoreboard_self(scoreboard_take(PROC_MASTER, 0, 1));
	metric_use(scoreboard_metrics(0));
	mine = scoreboard_me();
	snprintf(mine->title, sizeof(mine->title), "master");
}

static void
supervise(void)
{
	loop_init();
	signals_bind();
	control_open(status_put);
	supervise_run();
	control_close(!upgrade_retired());
	loop_fini();
}

int
cmd_run(int argc, char **argv)
{
	bool unclean = false;
	pid_t other;

	(void)argc;
	(void)argv;
	logs_set_level();
	upgrade_init(cmd_conf_file());
	if (!upgrade_inherit())
		(void)systemd_take_sockets();
	systemd_open();
	privilege_init();
	privilege_hide();
	if ((other = pidfile_take(&unclean)) != 0) {
		fprintf(stderr, "dure: already running in %s as process %d\n", conf.run_dir, (int)other);
		return 1;
	}
	logs_open();
	limits_files();
	if (unclean)
		orphans_end();
	listen_open(unclean);
	make_scoreboard();
	journal_open();
	stand_in_secret(&conf);
	title_set("master");
	log_info("starting", JS("version", dure_version), JS("host", conf.host), JI("port", conf.port),
	    JS("directory", conf.run_dir));
	supervise();
	if (!upgrade_retired() && !upgrade_on_trial()) {
		listen_close();
		orphans_forget();
	}
	pidfile_drop();
	log_info("stopped");
	return 0;
}
