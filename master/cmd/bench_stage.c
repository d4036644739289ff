/* bench_stage.c -- the private stores and the private Dure of a benchmark. See bench_stage.h.
 *
 * Nothing of the configuration is read, so that no store of a production can be meant. All listen on 127.0.0.1 alone,
 * with a password that nobody else knows, and are killed with this process, however it ends. PostgreSQL writes to disk
 * as durably as it does by default.
 */
#include "bench_stage.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/libsodium.h"
#include "base/str.h"
#include "bench_load.h"
#include "link/pg_script.h"

enum { WORDS_MAX = 24, WAIT_MS = 60000, LOOK_MS = 50, STOP_MS = 15000, OPEN_FILES = 32 };

static bool
fail(struct bench_stage *s, const char *why)
{
	if (s->why == NULL)
		s->why = why;
	return false;
}

static bool
write_file(struct bench_stage *s, const char *name, const char *text)
{
	const char *path = arena_printf(s->mem, "%s/%s", s->dir, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good || fail(s, arena_printf(s->mem, "%s: %s", path, strerror(errno)));
}

static int
free_port(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &n) < 0)
		at.sin_port = 0;
	if (fd >= 0)
		close(fd);
	return ntohs(at.sin_port);
}

static const char *
new_word(struct arena *mem)
{
	unsigned char random[16];
	char text[2 * sizeof(random) + 1];

	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(text, sizeof(text), random, sizeof(random));
	return arena_strdup(mem, text);
}

/* Debian's newest version, which the PATH does not name; "" where the PATH must. */
static const char *
find_postgres(struct arena *mem)
{
	static const char root[] = "/usr/lib/postgresql";
	const char *found = "";
	struct dirent *e;
	DIR *d = opendir(root);
	long best = 0;

	while (d != NULL && (e = readdir(d)) != NULL) {
		const char *bin = arena_printf(mem, "%s/%s/bin/", root, e->d_name);

		if (strtol(e->d_name, NULL, 10) > best && access(arena_printf(mem, "%sinitdb", bin), X_OK) == 0) {
			best = strtol(e->d_name, NULL, 10);
			found = bin;
		}
	}
	if (d != NULL)
		closedir(d);
	return found;
}

/* PostgreSQL does not run as root. */
static void
become(const struct passwd *pw)
{
	if (pw != NULL && (setgroups(0, NULL) < 0 || setgid(pw->pw_gid) < 0 || setuid(pw->pw_uid) < 0))
		_exit(126);
}

static const struct passwd *
owner_of_postgres(void)
{
	return geteuid() == 0 ? getpwnam("postgres") : NULL;
}

/* A process with `words`, in the directory; its input is `in`, what it says goes to a log there. */
static pid_t
start(const struct bench_stage *s, const struct passwd *pw, int in, const char *const *words)
{
	const char *log = arena_printf(s->mem, "%s/log", s->dir);
	pid_t parent = getpid(), pid = fork();
	int fd;

	if (pid != 0)
		return pid;
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(in, STDIN_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	setsid(); /* Ctrl-C is for us, who stop it in order */
	become(pw);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent || chdir(pw != NULL ? "/" : s->dir) < 0)
		_exit(126);
	execvp(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

static int
finish(pid_t pid)
{
	int status;

	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A pipe with the text in it, for a child's standard input. */
static int
text_input(const char *text)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (write(ends[1], text, strlen(text)) < 0)
		(void)0; /* the child will find it empty */
	close(ends[1]);
	return ends[0];
}

static int
run(const struct bench_stage *s, const struct passwd *pw, const char *input, const char *const *words)
{
	int in = text_input(input), status = finish(start(s, pw, in, words));

	close(in);
	return status;
}

static bool
make_roles(struct bench_stage *s)
{
	const char *why,
	    *as_admin = arena_printf(
		s->mem, "host=127.0.0.1 port=%d user=postgres password=%s dbname=postgres", s->pg_port, s->password);
	int64_t until_ms = mono_ms() + WAIT_MS;
	struct pg_script *db;
	bool good;

	while (
	    (db = pg_script_open(as_admin, &why)) == NULL && mono_ms() < until_ms && waitpid(s->pg, NULL, WNOHANG) == 0)
		usleep(LOOK_MS * 1000);
	if (db == NULL)
		return fail(s, arena_printf(s->mem, "PostgreSQL does not start: %s", why));
	good =
	    pg_script_run(db, arena_printf(s->mem, "CREATE ROLE dure LOGIN PASSWORD '%s'", s->password), NULL, NULL) &&
	    pg_script_run(db, "CREATE DATABASE dure OWNER dure", NULL, NULL);
	if (!good)
		fail(s, arena_strdup(s->mem, pg_script_why(db)));
	pg_script_close(&db);
	return good;
}

static bool
start_postgres(struct bench_stage *s)
{
	const struct passwd *pw = owner_of_postgres();
	const char *bin = find_postgres(s->mem), *data = arena_printf(s->mem, "%s/pg", s->dir);
	const char *word = arena_printf(s->mem, "--pwfile=%s/password", s->dir);

	if (geteuid() == 0 && pw == NULL)
		return fail(s, "PostgreSQL is not installed here (no user postgres): apt-get install postgresql");
	if (!write_file(s, "password", s->password))
		return false;
	if (pw != NULL && chown(arena_printf(s->mem, "%s/password", s->dir), pw->pw_uid, pw->pw_gid) < 0)
		return fail(s, "the directory cannot be given to postgres");
	if (mkdir(data, 0700) < 0 || (pw != NULL && chown(data, pw->pw_uid, pw->pw_gid) < 0))
		return fail(s, arena_printf(s->mem, "%s: %s", data, strerror(errno)));
	switch (run(s, pw, "",
	    (const char *[]){ arena_printf(s->mem, "%sinitdb", bin), "-D", data, "-U", "postgres", "-E", "UTF8",
		"--locale=C.UTF-8", "-A", "scram-sha-256", word, "--no-sync", NULL})) {
	case 0:
		break;
	case 127:
		return fail(s, "PostgreSQL's server is not installed here: apt-get install postgresql");
	default:
		return fail(s, "initdb failed");
	}
	s->pg_port = free_port();
	s->pg = start(s, pw, open("/dev/null", O_RDONLY | O_CLOEXEC),
	    (const char *[]){ arena_printf(s->mem, "%spostgres", bin), "-D", data, "-c", "listen_addresses=127.0.0.1",
		"-c", arena_printf(s->mem, "port=%d", s->pg_port), "-c", "unix_socket_directories=", "-c",
		"max_connections=200", "-c", "shared_buffers=128MB", NULL});
	return s->pg > 0 && make_roles(s);
}

static bool
start_redis(struct bench_stage *s)
{
	int64_t until_ms = mono_ms() + WAIT_MS;
	struct buf answer = { 0 };
	const char *text, *ping;
	bool good = false;
	int in;

	s->redis_port = free_port();
	text = arena_printf(s->mem, "bind 127.0.0.1\nport %d\nrequirepass %s\nsave \"\"\nappendonly no\ndir %s\n",
	    s->redis_port, s->password, s->dir);
	in = text_input(text);
	s->redis = start(s, NULL, in, (const char *[]){ "redis-server", "-", NULL });
	close(in);
	ping = arena_printf(s->mem, "AUTH %s\r\n", s->password);
	while (!good && mono_ms() < until_ms && waitpid(s->redis, NULL, WNOHANG) == 0) {
		buf_reset(&answer);
		good = bench_ask_once(s->redis_port, str_of(ping), bench_redis_length, &answer);
		usleep(good ? 0 : LOOK_MS * 1000);
	}
	buf_fini(&answer);
	return good || fail(s, "Redis does not start: apt-get install redis-server");
}

static bool
write_conf(struct bench_stage *s)
{
	s->port = free_port();
	s->database_url = arena_printf(s->mem, "postgresql://dure:%s@127.0.0.1:%d/dure", s->password, s->pg_port);
	return write_file(s, "dure.conf",
	    arena_printf(s->mem,
		"NODE_ENV=development\nHOST=127.0.0.1\nPORT=%d\nDURE_RUN_DIR=%s\nDATABASE_URL=%s\n"
		"REDIS_URL=redis://:%s@127.0.0.1:%d/"
		"0\nKAFKA_BROKERS=embedded\nANALYZER=off\nRATE_LIMIT_ENABLED=false\nLOG_LEVEL=warn\n"
		"SECCOMP=auto\nJWT_SECRET=%s%s\nTRACE_SAMPLE_RATIO=off\n",
		s->port, s->dir, s->database_url, s->password, s->redis_port, new_word(s->mem), new_word(s->mem)));
}

/* Of the environment a PATH is left: what else is set there would win over the file. */
static const char *const *
command_line(const struct bench_stage *s, const char *const *words)
{
	const char **all = arena_zalloc(s->mem, WORDS_MAX * sizeof(*all));
	const char *path = getenv("PATH");
	size_t n = 0;

	all[n++] = "env";
	all[n++] = "-i";
	all[n++] = arena_printf(s->mem, "PATH=%s", path != NULL ? path : "/usr/bin:/bin");
	all[n++] = arena_printf(s->mem, "DURE_ENV_DIR=%s", s->dir);
	all[n++] = s->binary;
	all[n++] = "-c";
	all[n++] = arena_printf(s->mem, "%s/dure.conf", s->dir);
	while (*words != NULL && n < WORDS_MAX - 1)
		all[n++] = *words++;
	return all;
}

int
bench_stage_command(const struct bench_stage *s, const char *input, const char *const *words)
{
	return run(s, NULL, input, command_line(s, words));
}

static bool
start_dure(struct bench_stage *s)
{
	const char *ready = "GET /api/v1/health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n";
	int64_t until_ms = mono_ms() + WAIT_MS;
	struct buf answer = { 0 };
	bool good = false;

	if (!write_conf(s))
		return false;
	if (bench_stage_command(s, "", (const char *[]){ "migrate", "up", NULL }) != 0)
		return fail(s, "the migrations failed");
	s->dure =
	    start(s, NULL, open("/dev/null", O_RDONLY | O_CLOEXEC), command_line(s, (const char *[]){ "run", NULL }));
	while (!good && mono_ms() < until_ms && waitpid(s->dure, NULL, WNOHANG) == 0) {
		buf_reset(&answer);
		good = bench_ask_once(s->port, str_of(ready), bench_http_length, &answer);
		usleep(good ? 0 : LOOK_MS * 1000);
	}
	buf_fini(&answer);
	return good || fail(s, "Dure does not become ready");
}

static const char *
own_binary(struct arena *mem)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	return n > 0 && n < PATH_MAX ? arena_printf(mem, "%.*s", (int)n, path) : "dure";
}

bool
bench_stage_start(struct bench_stage *s, const char *parent)
{
	char *dir = arena_strdup(s->mem, arena_printf(s->mem, "%s/dure-bench-XXXXXX", parent));

	if (sodium_init() < 0)
		return fail(s, "libsodium does not start");
	s->binary = own_binary(s->mem);
	s->password = arena_printf(s->mem, "Aa1-%s", new_word(s->mem));
	if (mkdtemp(dir) == NULL)
		return fail(s, arena_printf(s->mem, "%s: %s", dir, strerror(errno)));
	s->dir = dir;
	if (chmod(dir, 0711) < 0)
		return fail(s, strerror(errno));
	return start_postgres(s) && start_redis(s) && start_dure(s);
}

/* Ask, wait, and where it does not end, kill. */
static void
stop(pid_t pid, int signal)
{
	int64_t until_ms = mono_ms() + STOP_MS;

	if (pid <= 0)
		return;
	kill(pid, signal);
	while (waitpid(pid, NULL, WNOHANG) == 0) {
		if (mono_ms() > until_ms)
			kill(pid, SIGKILL);
		usleep(LOOK_MS * 1000);
	}
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

void
bench_stage_stop(struct bench_stage *s)
{
	stop(s->dure, SIGTERM);
	stop(s->redis, SIGTERM);
	stop(s->pg, SIGQUIT);
	s->dure = s->redis = s->pg = 0;
	if (s->dir != NULL)
		nftw(s->dir, remove_one, OPEN_FILES, FTW_DEPTH | FTW_PHYS);
	s->dir = NULL;
}
