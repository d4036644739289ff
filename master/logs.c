/* logs.c -- rotates the log file. See logs.h.
 *
 * A full file is renamed to LOG_FILE.<UTC time>. A process writes to the renamed file until it has opened the new one,
 * so no line is lost.
 */
#include "logs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "privilege.h"
#include "seats.h"

enum { PATH_BYTES = 4096, LOOK_MS = 1000, STAMP_CHARS = 15, SERIALS = 100 };

static int64_t looked_ms;

/* The files, "" for one that is not wanted, and how each is opened. */
static const struct log_target {
	const char *const *path;
	int		(*open)(const char *path);
} targets[] = { { &conf.log_file, log_file }, { &conf.log_error_file, log_error_file } };

void
logs_set_level(void)
{
	enum log_level level = LOG_INFO;

	log_level_parse(conf.log_level, &level);
	log_open("master", level);
	log_environment(conf.env);
}

void
logs_open(void)
{
	const char *path;
	size_t i;

	for (i = 0; i < NELEM(targets); i++) {
		path = *targets[i].path;
		if (*path == '\0')
			continue;
		if (targets[i].open(path) < 0)
			die("cannot open the log file", JS("file", path), JS("error", strerror(errno)));
		privilege_give(path);
	}
}

void
logs_reopen(void)
{
	const char *path;
	struct child *c;
	size_t i;

	for (i = 0; i < NELEM(targets); i++) {
		path = *targets[i].path;
		if (*path != '\0' && targets[i].open(path) < 0)
			log_error("cannot open the log file again", JS("file", path), JS("error", strerror(errno)));
		else if (*path != '\0')
			privilege_give(path);
	}
	for (c = children_next(NULL); c != NULL; c = children_next(c))
		c->reopen = true;
}

/* A child that is still starting does not handle the signal yet. */
static void
tell_children(void)
{
	struct child *c;

	for (c = children_next(NULL); c != NULL; c = children_next(c)) {
		if (!c->reopen || child_state(c) == SLOT_STARTING)
			continue;
		c->reopen = false;
		kill(c->pid, SIGUSR1);
	}
}

/* Milliseconds since it was made; 0 where the file system does not know. */
static int64_t
age_ms(const char *path)
{
	struct statx s;

	if (statx(AT_FDCWD, path, 0, STATX_BTIME, &s) < 0 || !(s.stx_mask & STATX_BTIME))
		return 0;
	return now_ms() - s.stx_btime.tv_sec * 1000;
}

/* Whether `name` is the rotated file of `base`: "<base>.YYYYMMDD-HHMMSS" or that and ".NN". */
static bool
is_rotated(const char *name, const char *base)
{
	size_t n = strlen(base);

	return strncmp(name, base, n) == 0 && name[n] == '.' && strlen(name + n + 1) >= STAMP_CHARS &&
	    strspn(name + n + 1, "0123456789-.") == strlen(name + n + 1);
}

static void
remove_old(const char *file)
{
	char directory[PATH_BYTES], path[2 * PATH_BYTES];
	const char *slash = strrchr(file, '/'), *base = slash != NULL ? slash + 1 : file;
	struct dirent *e;
	struct stat s;
	DIR *d;

	snprintf(directory, sizeof(directory), "%.*s", slash != NULL ? (int)(slash - file + 1) : 1,
	    slash != NULL ? file : ".");
	if ((d = opendir(directory)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (!is_rotated(e->d_name, base))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		if (stat(path, &s) == 0 && now_ms() - s.st_mtim.tv_sec * 1000 > conf.log_keep_s * 1000)
			unlink(path);
	}
	closedir(d);
}

static void
rotate(const char *file)
{
	char stamp[STAMP_CHARS + 1], to[PATH_BYTES];
	time_t now = time(NULL);
	struct tm tm;
	int i;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(to, sizeof(to), "%s.%s", file, stamp);
	for (i = 1; access(to, F_OK) == 0 && i < SERIALS; i++)
		snprintf(to, sizeof(to), "%s.%s.%02d", file, stamp, i);
	if (rename(file, to) < 0) {
		log_warn("cannot rotate the log file", JS("file", file), JS("error", strerror(errno)));
		return;
	}
	logs_reopen();
	log_info("log file rotated", JS("old", to));
	remove_old(file);
}

static bool
is_due(const char *file)
{
	struct stat s;

	if (*file == '\0' || stat(file, &s) < 0 || !S_ISREG(s.st_mode) || s.st_size == 0)
		return false;
	return (conf.log_rotate_bytes > 0 && s.st_size >= conf.log_rotate_bytes) ||
	    (conf.log_rotate_s > 0 && age_ms(file) >= conf.log_rotate_s * 1000);
}

void
logs_step(void)
{
	int64_t now = mono_ms();
	size_t i;

	tell_children();
	if (now - looked_ms < LOOK_MS)
		return;
	looked_ms = now;
	for (i = 0; i < NELEM(targets); i++)
		if (is_due(*targets[i].path))
			rotate(*targets[i].path);
}
