/* signals.c -- the master's signals, after nginx and unicorn. See signals.h. */
#include "signals.h"

#include <signal.h>
#include <stddef.h>

#include "base/log.h"
#include "run/loop.h"
#include "supervise.h"

const struct signal_row signals[] = {
	{ SIGTERM,  "TERM",  "stop",
	    "finish what is in flight within SHUTDOWN_TIMEOUT_MS, then exit; again: exit now", supervise_stop },
	{ SIGINT,   "INT",   "",       "as TERM", supervise_stop },
	{ SIGQUIT,  "QUIT",  "quit",   "finish what is in flight, however long it takes, then exit", supervise_quit },
	{ SIGHUP,   "HUP",   "reload", "read the configuration again and replace the children one by one",
	    supervise_reload },
	{ SIGUSR1,  "USR1",  "reopen", "open the log file again", supervise_reopen },
	{ SIGUSR2,  "USR2",  "upgrade", "run the binary anew: it takes over the listening sockets and the live "
	    "WebSockets, then this one ends", supervise_upgrade },
	{ SIGTTIN,  "TTIN",  "",       "one HTTP worker more", supervise_http_more },
	{ SIGTTOU,  "TTOU",  "",       "one HTTP worker less", supervise_http_less },
	{ SIGWINCH, "WINCH", "",       "let all HTTP workers finish and exit; TTIN or HUP bring them back",
	    supervise_http_none },
	{ SIGCHLD,  "CHLD",  "",       "a child ended", supervise_step },
	{ 0 }
};

static void
on_signal(int signo, void *arg)
{
	const struct signal_row *s = arg;

	if (signo != SIGCHLD)
		log_info("signal", JS("name", s->name));
	s->fn();
}

void
signals_bind(void)
{
	const struct signal_row *s;

	signal(SIGPIPE, SIG_IGN);
	for (s = signals; s->signo != 0; s++)
		loop_signal(s->signo, on_signal, (void *)(size_t)s);
}
