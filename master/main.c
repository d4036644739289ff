/* main.c -- the command line of Dure: finds the command's row and calls it. */
#include <stdio.h>
#include <string.h>

#include "base/grid.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/version.h"
#include "cmd/cmd.h"
#include "proc/title.h"

static int print_version(int argc, char **argv);
static int print_help(int argc, char **argv);

static const struct command commands[] = {
	{ "run",	       "",			       "run the master and its children in the foreground",
	    cmd_run, NEEDS_CONF },
	{ "start",	       "",			       "the same in the background, logging to LOG_FILE or "
	    "dure.log; comes back when all are ready", cmd_start, NEEDS_CONF },
	{ "status",	       "[--json]",		       "show the processes; 0 when all are ready, 3 when none "
	    "runs", cmd_status, WANTS_CONF },
	{ "stop",	       "",			       "stop within SHUTDOWN_TIMEOUT_MS, and wait for it",
	    cmd_stop, WANTS_CONF },
	{ "quit",	       "",			       "stop once everything in flight is finished, and wait "
	    "for it", cmd_stop, WANTS_CONF },
	{ "reload",	       "",			       "read the configuration again, replace the children, "
	    "and wait for it", cmd_reload, WANTS_CONF },
	{ "upgrade",	       "",			       "run the binary anew, which takes over all sockets, "
	    "and wait for it", cmd_upgrade, WANTS_CONF },
	{ "reopen",	       "",			       "open the log file again", cmd_signal, WANTS_CONF },
	{ "config check",      "",			       "say whether the configuration is good, or what is "
	    "wrong where", cmd_config, NO_CONF },
	{ "config dump",       "",			       "the values in effect: of the running server, else "
	    "those it would start with", cmd_config, NO_CONF },
	{ "config env",	       "",			       "the environment's part of it as KEY=value lines, "
	    "secrets too, for a file that only you may read", cmd_config, NO_CONF },
	{ "config defaults",   "",			       "a file of every key with its default", cmd_config,
	    NO_CONF },
	{ "dump",	       "WHAT",			       "print a table: conf routes topics events metrics "
	    "signals procs errors jobs privacy retention commands, or write the manual pages and completions: man man-conf "
	    "bash zsh", cmd_dump, NO_CONF },
	{ "migrate",	       "up [N] | down [N] | status",
	    "change the database's tables to the newest (down: back by one), or to migration N (--steps N, down --all, "
	    "down --drop-data)", cmd_migrate, NEEDS_CONF },
	{ "kafka init-topics", "[-b BROKERS]",		       "create the topics that are missing", cmd_kafka,
	    NEEDS_CONF },
	{ "kafka topics",      "[-b BROKERS]",		       "show brokers, topics and how many messages they hold",
	    cmd_kafka, NEEDS_CONF },
	{ "kafka lag",	       "[-b BROKERS] [-g GROUP]",      "show how far the bridge (or GROUP) is behind",
	    cmd_kafka, NEEDS_CONF },
	{ "kafka tail",	       "[-b BROKERS] [-n LAST] TOPIC", "print messages as they come", cmd_kafka, NEEDS_CONF },
	{ "kafka dead",	       "list|retry|drop [ID...] ...",
	    "show dead letters, send them again, forget them (--all, --topic T)", cmd_kafka_dead, NEEDS_CONF },
	{ "import",	       "[--product ID] FILE",	       "load reviews, one JSON object a line (FILE -: "
	    "standard input)", cmd_import, NEEDS_CONF },
	{ "token create",      "--sub EMAIL|USER ...",	       "print an access token of an account (--role ROLE, "
	    "--tier TIER, --seconds LIFE too)", cmd_token, NEEDS_CONF },
	{ "analyzer train",    "FILE [-p PHRASES] [-o MODEL] [-e TEST]", "learn a model from labelled reviews",
	    cmd_analyzer, NO_CONF },
	{ "analyzer eval",     "FILE [-m MODEL]",	       "measure a model on labelled reviews", cmd_analyzer,
	    NEEDS_CONF },
	{ "analyzer bench",    "FILE [-m MODEL]",	       "reviews classified a second", cmd_analyzer,
	    NEEDS_CONF },
	{ "user create",       "EMAIL [--role R] [--tier T]",
	    "add an account; the password is a line on standard input", cmd_user, NEEDS_CONF },
	{ "user passwd",       "EMAIL",			       "set an account's password, end its sessions", cmd_user,
	    NEEDS_CONF },
	{ "user role",	       "EMAIL ROLE",		       "make it a user, seller or admin", cmd_user,
	    NEEDS_CONF },
	{ "user tier",	       "EMAIL TIER",		       "give it the tier free, premium, pro or admin", cmd_user,
	    NEEDS_CONF },
	{ "user lock",	       "EMAIL",			       "let nobody log in to it, end its sessions", cmd_user,
	    NEEDS_CONF },
	{ "user unlock",       "EMAIL",			       "let it log in again", cmd_user, NEEDS_CONF },
	{ "user list",	       "",			       "show all accounts", cmd_user, NEEDS_CONF },
	{ "demo seed",	       "[--if-empty]",		       "put a small shop and three accounts into an empty "
	    "database (development), print their passwords once", cmd_demo, NEEDS_CONF },
	{ "logs",	       "[--level L] [-n LINES] ...",   "the last warnings and errors of all hosts (--service "
	    "--host --request --since --until --grep --json); --analyze: what they are about", cmd_logs, NEEDS_CONF },
	{ "doctor",	       "[--json] [--timeout S]",       "what is wrong with this installation, why, and what "
	    "to do; 0 nothing, 1 warnings, 2 failures", cmd_doctor, WANTS_CONF },
	{ "top",	       "[-n PICTURES] [--once]",
	    "the processes, rates, sockets and lag of the running server, anew each second; q quits", cmd_top, WANTS_CONF },
	{ "explain",	       "[--json] [--timeout S] 'SELECT …'",
	    "run a query, read-only, and say where its time goes and "
	    "what would help", cmd_explain, NEEDS_CONF },
	{ "bench",	       "[--json] [--seconds S] ...",
	    "measure a Dure with stores of its own on this machine against the machine's limits (--rounds --dir); those of the "
	    "configuration are not touched", cmd_bench, NO_CONF },
	{ "recommend eval",    "[--split last|time] [--json] ...",
	    "measure recommendations offline on the data of this database, which stay as they are (--k --users --interactions "
	    "--minutes)", cmd_recommend, NEEDS_CONF },
	{ "backup verify",     "[FILE|DATE] [--into URL]",     "restore a backup into a scratch database and compare "
	    "rows and policies", cmd_backup_verify, NEEDS_CONF },
	{ "backup",	       "[--table NAME]... | --hourly",
	    "dump the database, some tables or BACKUP_TABLES into BACKUP_DIR, encrypted",
	    cmd_backup, NEEDS_CONF },
	{ "restore",	       "FILE|DATE [--into URL]",       "load a backup into an empty database", cmd_restore,
	    NEEDS_CONF },
	{ "reseal",	       "",			       "seal again what an older key of ENCRYPTION_KEY "
	    "sealed; 0: that key may go", cmd_reseal, NEEDS_CONF },
	{ "version",	       "[--json]",		       "print the version", print_version, NO_CONF },
	{ "help",	       "",			       "this text", print_help, NO_CONF },
	{ 0 }
};

static int
print_version(int argc, char **argv)
{
	struct json_field f[] = { JS("version", dure_version), JS("revision", dure_revision) };
	struct buf out = { 0 };

	if (argc > 1 && strcmp(argv[1], "--json") != 0) {
		fprintf(stderr, "dure: version: --json or nothing\n");
		return EXIT_USAGE;
	}
	if (argc > 1)
		json_put_obj(&out, f, NELEM(f));
	else
		buf_printf(&out, "dure %s", dure_version);
	buf_byte(&out, '\n');
	cmd_print(&out);
	return 0;
}

static int
print_help(int argc, char **argv)
{
	const struct command *c;
	struct buf out = { 0 };
	struct arena mem;
	struct grid t;

	(void)argc;
	(void)argv;
	arena_init(&mem, 4096);
	grid_init(&t, &mem);
	for (c = commands; c->name != NULL; c++)
		grid_add(&t, arena_printf(&mem, "  dure %s %s", c->name, c->args), c->help, NULL);
	buf_str(&out, "Usage: dure [-c FILE] COMMAND. The configuration is FILE (else DURE_CONF, etc/dure.conf, "
	    "/etc/dure/dure.conf) under the environment.\n\n");
	grid_text(&t, &out);
	cmd_print(&out);
	arena_fini(&mem);
	return 0;
}

/* Remove "-c FILE" from the arguments, wherever it stands. -1 when FILE is missing. */
static int
take_options(int *argc, char **argv)
{
	int i, n = 0;

	for (i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "-c") != 0) {
			argv[n++] = argv[i];
			continue;
		}
		if (++i == *argc)
			return -1;
		cmd_line.conf_file = argv[i];
	}
	argv[n] = NULL;
	*argc = n;
	return 0;
}

/* Find the row whose name begins the arguments; *words of them belong to it. */
static const struct command *
find_command(int argc, char **argv, int *words)
{
	const struct command *c;

	for (c = commands; c->name != NULL; c++) {
		const char *space = strchr(c->name, ' ');
		size_t n = space != NULL ? (size_t)(space - c->name) : strlen(c->name);

		if (argc < 1 || strlen(argv[0]) != n || memcmp(argv[0], c->name, n) != 0)
			continue;
		if (space != NULL && (argc < 2 || strcmp(argv[1], space + 1) != 0))
			continue;
		*words = space != NULL ? 2 : 1;
		return c;
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *c;
	int words;

	title_init(argc, argv);
	cmd_line.commands = commands;
	argc--;
	argv++;
	if (take_options(&argc, argv) < 0)
		return print_help(argc, argv), EXIT_USAGE;
	if (argc == 0)
		return print_help(argc, argv);
	argv[0] += strspn(argv[0], "-");	/* --help is help */
	if ((c = find_command(argc, argv, &words)) == NULL) {
		fprintf(stderr, "dure: no such command: %s%s%s; see dure help\n", argv[0], argc > 1 ? " " : "", argc > 1
		    ? argv[1] : "");
		return EXIT_USAGE;
	}
	if (c->fn != cmd_run && c->fn != cmd_start)
		log_plain();
	if (c->reads != NO_CONF && cmd_load_conf() < 0 && c->reads == NEEDS_CONF)
		return 1;
	argv[words - 1] = (char *)(size_t)c->name;
	return c->fn(argc - words + 1, argv + words - 1);
}
