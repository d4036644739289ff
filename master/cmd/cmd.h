/* cmd.h -- the commands of `dure`; cmd_<noun>.c holds those of a noun.
 *
 * A command gets the arguments behind its name (argv[0] is the name) and returns the exit status: 0, 1 for a failure,
 * 64 for wrong usage. Its row says whether the configuration is read first.
 */
#ifndef CMD_CMD_H
#define CMD_CMD_H

#include <stdbool.h>

#include "base/buf.h"
#include "proc/scoreboard.h"

struct arena;
struct json;

enum { EXIT_USAGE = 64, EXIT_NOT_RUNNING = 3 };

struct command {
	const char	*name;		/* one or two words */
	const char	*args, *help;
	int		(*fn)(int argc, char **argv);
	/* WANTS: with a bad one it goes on, to reach a running master */
	enum { NO_CONF, WANTS_CONF, NEEDS_CONF } reads;
};

/* What main finds on the command line; complete before a command runs. */
struct cmd_line {
	const struct command	*commands;	/* the table; ends with a NULL name */
	const char		*conf_file;	/* the argument of -c, or NULL */
};
extern struct cmd_line cmd_line;

/* The file of -c, else DURE_CONF, else etc/dure.conf or /etc/dure/dure.conf where there is one; NULL: only the
 * environment. */
const char	*cmd_conf_file(void);
/* Read it into `conf`; faults are printed on standard error. 0 or -1. */
int		 cmd_load_conf(void);
/* Run `work`, which may yield, in a coroutine with its arena, with PostgreSQL and Redis as `links` has LINK_PG and
 * LINK_REDIS. Returns the exit status of `work`; 1, after printing why,
    when the database cannot be reached. Once a process. */
int		 cmd_in_loop(int links, int (*work)(struct arena *mem));
/* The text to print for an error of such work. */
const char	*cmd_why(int rc);
/* Print on standard error that the database cannot be reached, with libpq's reason and a hint. Returns 1, the exit
 * status. */
int		 cmd_no_database(const char *why);
/* Print "dure: what: why" on standard error. Returns -1. */
int		 cmd_complain(const char *what, const char *why);
/* Which stores the processes of this status (control.h) cannot reach, as a text in `mem`; NULL: none. */
const char	*cmd_lacks(struct arena *mem, const struct json *status);
/* The migrations that the database lacks, "0001_create_products, …"; NULL: none, or it cannot be asked. Blocks. */
const char	*cmd_missing_migrations(struct arena *mem);
/* Read the configuration again into `mem`; *why, in `mem`, when it is bad. 0 or an error. */
int		 cmd_check_conf(struct arena *mem, const char **why);
/* Where the embedded broker of the running master is, into conf.kafka_brokers. False: no master runs. */
bool		 cmd_embedded_broker(void);
/* Wait a moment until the running server reaches its stores; then print on standard error what it lacks, migrations
 * included. Returns the exit status. */
int		 cmd_await_ready(void);
/* Write to standard output and free. */
void		 cmd_print(struct buf *out);

int	 cmd_run(int argc, char **argv);
int	 cmd_start(int argc, char **argv);
int	 cmd_status(int argc, char **argv);
int	 cmd_signal(int argc, char **argv);
int	 cmd_reload(int argc, char **argv);
int	 cmd_upgrade(int argc, char **argv);
int	 cmd_stop(int argc, char **argv);
int	 cmd_config(int argc, char **argv);
int	 cmd_dump(int argc, char **argv);
int	 cmd_migrate(int argc, char **argv);
int	 cmd_kafka(int argc, char **argv);
int	 cmd_kafka_dead(int argc, char **argv);
int	 cmd_import(int argc, char **argv);
int	 cmd_token(int argc, char **argv);
int	 cmd_analyzer(int argc, char **argv);
int	 cmd_reseal(int argc, char **argv);
int	 cmd_logs(int argc, char **argv);
int	 cmd_user(int argc, char **argv);
int	 cmd_demo(int argc, char **argv);
int	 cmd_backup(int argc, char **argv);
int	 cmd_backup_verify(int argc, char **argv);
int	 cmd_restore(int argc, char **argv);
int	 cmd_bench(int argc, char **argv);
int	 cmd_doctor(int argc, char **argv);
int	 cmd_top(int argc, char **argv);
int	 cmd_explain(int argc, char **argv);
int	 cmd_recommend(int argc, char **argv);

#endif
