/* cmd_top.c -- `dure top [-n N] [--once]`: the running server's processes, rates, sockets and lag, anew each second.
 *
 * On a terminal: until q or Ctrl-C, -n N for N pictures, in colour unless NO_COLOR is set. Elsewhere, or with --once:
    one
 * picture, of rates over a second. TERM=dumb: pictures below each other.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/conf.h"
#include "base/str.h"
#include "cmd.h"
#include "master/control.h"
#include "top_frame.h"

#define SCREEN_ENTER	"\033[?1049h\033[?25l"
#define SCREEN_LEAVE	"\033[?25h\033[?1049l"
#define BOLD		"\033[1m"
#define RED		"\033[31m"
#define PLAIN		"\033[0m"

enum { INTERVAL_MS = 1000, ROWS = 24, COLUMNS = 80 };

static struct {
	bool		 screen, colour, keys;	/* the terminal's: cursor can be moved, colours, keys come one by one */
	int64_t		 left;			/* pictures; 0: without end */
	struct termios	 before;
	struct arena	 mem[2];		/* of the samples, in turn */
	struct top_sample sample[2];
} run;
static volatile bool stopped;

static void
on_stop(int signo)
{
	(void)signo;
	stopped = true;
}

/* False: no master answers. */
static bool
take_sample(int i)
{
	struct buf answer = { 0 };
	struct top_sample *s = &run.sample[i];

	arena_reset(&run.mem[i]);
	*s = (struct top_sample){ .at_ms = mono_ms() };
	if (control_ask(&answer) == 0 && json_parse(&run.mem[i], answer.p, answer.n, &s->status) < 0)
		s->status = NULL;
	buf_fini(&answer);
	return s->status != NULL;
}

static struct winsize
terminal_size(void)
{
	struct winsize w;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) < 0 || w.ws_row == 0 || w.ws_col == 0)
		w = (struct winsize){ .ws_row = ROWS, .ws_col = COLUMNS };
	return w;
}

/* The table's heading stands out, and so does a process that does not serve. */
static const char *
colour_of(int line, const char *p, size_t n)
{
	if (!run.colour)
		return NULL;
	if (line == 0 || line == TOP_HEAD_LINES + 1)
		return BOLD;
	if (line > TOP_HEAD_LINES + 1 && memmem(p, n, " ready ", 7) == NULL)
		return RED;
	return NULL;
}

/* As many lines and columns as there are; each line is cleared to its end, and what is below, too. */
static void
put_screen(const char *p, size_t n)
{
	struct winsize w = terminal_size();
	struct buf out = { 0 };
	const char *colour;
	size_t length, shown;
	int line;

	buf_str(&out, "\033[H");
	for (line = 0; n > 0 && line < w.ws_row - 1; line++) {
		length = strcspn(p, "\n");
		shown = length < w.ws_col ? length : w.ws_col;
		colour = colour_of(line, p, length);
		buf_printf(&out, "%s%.*s%s\033[K\r\n", colour != NULL ? colour : "", (int)shown, p, colour != NULL ?
		    PLAIN : "");
		length += p[length] == '\n';
		p += length;
		n -= length;
	}
	buf_str(&out, "q quits\033[K\033[J");
	if (write(STDOUT_FILENO, out.p, out.n) < 0)
		stopped = true;
	buf_fini(&out);
}

static void
draw(const struct top_sample *before, const struct top_sample *now)
{
	struct buf out = { 0 };
	struct arena mem;

	arena_init(&mem, 16384);
	if (now->status != NULL)
		top_frame(&mem, before, now, &out);
	else
		buf_printf(&out, "no server answers in %s\n", conf.run_dir);
	buf_byte(&out, '\0');
	if (run.screen)
		put_screen(out.p, out.n - 1);
	else
		printf("%s\n", out.p);
	fflush(stdout);
	buf_fini(&out);
	arena_fini(&mem);
}

/* Until the next picture; false: to end. */
static bool
wait_key(int64_t until_ms)
{
	struct pollfd p = { .fd = run.keys ? STDIN_FILENO : -1, .events = POLLIN };
	int64_t left_ms;
	char key;

	while (!stopped && (left_ms = until_ms - mono_ms()) > 0)
		if (poll(&p, 1, (int)left_ms) > 0 && (read(STDIN_FILENO, &key, 1) <= 0 || key == 'q' || key == 'Q'))
			return false;
	return !stopped;
}

static void
enter_terminal(void)
{
	struct termios raw;
	struct sigaction stop = { .sa_handler = on_stop };	/* without SA_RESTART: poll returns */

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	if (run.screen && (run.keys = tcgetattr(STDIN_FILENO, &run.before) == 0)) {
		raw = run.before;
		raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	if (run.screen)
		printf(SCREEN_ENTER);
}

static void
leave_terminal(void)
{
	if (run.screen)
		printf(SCREEN_LEAVE);
	fflush(stdout);
	if (run.keys)
		tcsetattr(STDIN_FILENO, TCSANOW, &run.before);
}

static void
show_pictures(void)
{
	int64_t at_ms = mono_ms();
	int i = 0;

	for (;;) {
		if (run.screen || run.sample[!i].status != NULL) {
			draw(&run.sample[!i], &run.sample[i]);
			if (run.left > 0 && --run.left == 0)
				return;
		}
		at_ms += INTERVAL_MS;
		if (!wait_key(at_ms))
			return;
		i = !i;
		take_sample(i);
	}
}

static int
parse_options(int argc, char **argv)
{
	const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
	bool once = false;
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--once") == 0)
			once = true;
		else if (strcmp(argv[i], "-n") != 0 || ++i == argc || !parse_int(argv[i], 1, INT64_MAX, &run.left))
			return -1;
	}
	run.screen = !once && isatty(STDOUT_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
	run.colour = run.screen && (no_colour == NULL || *no_colour == '\0');
	if (once || (run.left == 0 && !isatty(STDOUT_FILENO)))
		run.left = 1;
	return 0;
}

int
cmd_top(int argc, char **argv)
{
	if (parse_options(argc, argv) < 0) {
		fprintf(stderr, "usage: dure top [-n PICTURES] [--once]\n");
		return EXIT_USAGE;
	}
	arena_init(&run.mem[0], 65536);
	arena_init(&run.mem[1], 65536);
	if (!take_sample(0)) {
		fprintf(stderr, "dure: not running in %s\n", conf.run_dir);
		return EXIT_NOT_RUNNING;
	}
	enter_terminal();
	show_pictures();
	leave_terminal();
	return 0;
}
