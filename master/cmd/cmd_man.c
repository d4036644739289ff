/* cmd_man.c -- `dure dump man` and `dure dump man-conf`: the manual pages dure(1) and dure.conf(5), from the tables. */
#include <string.h>

#include "base/conf.h"
#include "base/version.h"
#include "cmd.h"
#include "cmd_dump.h"
#include "master/procs.h"
#include "master/signals.h"

/* Plain text for roff: no character of it is a request, and a hyphen can be searched for. */
static void
put_text(struct buf *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		buf_str(out, "\\&");
	for (; *s != '\0'; s++)
		if (*s == '\\')
			buf_str(out, "\\e");
		else if (*s == '-')
			buf_str(out, "\\-");
		else
			buf_byte(out, *s);
}

static void
put_bold(struct buf *out, const char *s)
{
	buf_str(out, "\\fB");
	put_text(out, s);
	buf_str(out, "\\fR");
}

static void
put_head(struct buf *out, const char *title, const char *section, const char *name)
{
	buf_printf(out, ".TH %s %s \"\" \"Dure ", title, section);
	put_text(out, dure_version);
	buf_printf(out, "\" \"Dure\"\n.SH NAME\n%s\n", name);
}

/* An entry of a list: the term is written by the caller, the help follows it. */
static void
put_help(struct buf *out, const char *help)
{
	buf_byte(out, '\n');
	put_text(out, help);
	buf_byte(out, '\n');
}

static void
put_commands(struct buf *out)
{
	const struct command *c;

	buf_str(out, ".SH COMMANDS\n");
	for (c = cmd_line.commands; c->name != NULL; c++) {
		buf_str(out, ".TP\n");
		put_bold(out, c->name);
		if (*c->args != '\0') {
			buf_byte(out, ' ');
			put_text(out, c->args);
		}
		put_help(out, c->help);
	}
}

static void
put_signals(struct buf *out)
{
	const struct signal_row *s;

	buf_str(out, ".SH SIGNALS\nWhat the master does with a signal; the command that sends it in brackets.\n");
	for (s = signals; s->signo != 0; s++) {
		buf_str(out, ".TP\n");
		put_bold(out, s->name);
		if (*s->command != '\0')
			buf_printf(out, " (dure %s)", s->command);
		put_help(out, s->help);
	}
}

static void
put_processes(struct buf *out)
{
	const struct proc_row *p;

	buf_str(out, ".SH PROCESSES\nWhat the master starts, and how many.\n");
	for (p = procs; p->role != NULL; p++) {
		buf_str(out, ".TP\n");
		put_bold(out, p->role->name);
		buf_str(out, ", ");
		put_text(out, p->when);
		put_help(out, p->help);
	}
}

void
dump_man(struct buf *out, const char *dumps)
{
	(void)dumps;
	put_head(out, "DURE", "1", "dure \\- realtime backend: REST and Socket.IO on one port, Kafka, cron");
	buf_str(out, ".SH SYNOPSIS\n.B dure\n[\\fB\\-c\\fR \\fIFILE\\fR] \\fICOMMAND\\fR [\\fIARGUMENT\\fR ...]\n"
	    ".SH DESCRIPTION\nA master reads the configuration, binds the public port and keeps its children alive: "
	    "HTTP workers, the fanout of sockets, the bridge to Kafka, and timed work. Commands ask or tell the master of the "
	    "run directory (DURE_RUN_DIR), or work on the stores by themselves.\n.PP\n"
	    "The configuration is \\fIFILE\\fR, else that of DURE_CONF, etc/dure.conf or /etc/dure/dure.conf, under the "
	    "environment; see\n.BR dure.conf (5).\n");
	put_commands(out);
	put_signals(out);
	put_processes(out);
	buf_str(out, ".SH EXIT STATUS\n0: done. 1: failed, for the reason on standard error. 3: no server runs. "
	    "64: the command was not understood.\n"
	    ".SH FILES\n.TP\n.I /etc/dure/dure.conf\nthe configuration of the service\n"
	    ".TP\n.I /etc/dure/secrets\nKEY=value lines that systemd alone reads\n"
	    ".TP\n.I /run/dure\nthe run directory of the service\n"
	    ".SH SEE ALSO\n.BR dure.conf (5),\n.BR systemctl (1)\n");
}

static void
put_key(struct buf *out, const struct conf_key *k)
{
	buf_str(out, ".TP\n");
	put_bold(out, k->name);
	buf_byte(out, '=');
	put_text(out, k->def);
	buf_byte(out, '\n');
	put_text(out, k->help);
	buf_str(out, ".\n");
	if (k->kind == CONF_INT)
		buf_printf(out, "From %s%lld to %lld.\n", k->min < 0 ? "\\" : "", (long long)k->min,
		    (long long)k->max);
	if (k->kind == CONF_PICK) {
		buf_str(out, "One of ");
		put_text(out, k->choices);
		buf_str(out, ".\n");
	}
	if (k->kind == CONF_SECRET)
		buf_printf(out, "A secret: %s_FILE may name a file that holds it.\n", k->name);
	if (k->when == RESTART)
		buf_str(out, "Takes effect with a new master.\n");
}

void
dump_man_conf(struct buf *out, const char *dumps)
{
	const struct conf_key *k;

	(void)dumps;
	put_head(out, "DURE.CONF", "5", "dure.conf \\- the settings of dure");
	buf_str(out, ".SH DESCRIPTION\nA line a setting, KEY=value; a # behind a blank begins a comment. "
	    "The environment wins over .env.{NODE_ENV}, that over .env, and that over the file. Settings take effect with dure "
	    "reload, but for those that say otherwise.\n.PP\n.B dure config check\nsays whether it is good,\n"
	    ".B dure config dump\nwhat is in effect.\n.SH SETTINGS\nEach with its default.\n");
	for (k = conf_keys; k->name != NULL; k++)
		put_key(out, k);
	buf_str(out, ".SH FILES\n.I /etc/dure/dure.conf\n.SH SEE ALSO\n.BR dure (1)\n");
}
