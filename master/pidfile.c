/* pidfile.c -- one master a run directory. See pidfile.h. */
#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/log.h"
#include "base/str.h"
#include "privilege.h"

enum { PATH_BYTES = 4096, LOCK_TRIES = 20, LOCK_PAUSE_US = 10000, LOOK_MS = 1000 };

static int lock = -1;		/* open while we are the master; children close it */
static bool aside;

static const char *
name_path(char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/dure.pid", conf.run_dir);
	return path;
}

static const char *
name_old_path(char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/dure.pid.oldbin", conf.run_dir);
	return path;
}

static pid_t
read_pid(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return (pid_t)strtol(text, NULL, 10);
}

/* mkdir -p */
static void
make_directory(const char *path)
{
	char part[PATH_BYTES], *slash;

	snprintf(part, sizeof(part), "%s", path);
	for (slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(part, 0755);
		*slash = '/';
	}
	if (mkdir(part, 0755) == 0)
		privilege_give(part);
	else if (errno != EEXIST)
		die("cannot make DURE_RUN_DIR", JS("directory", path), JS("error", strerror(errno)));
}

/* A process that only checks holds the lock for a moment. */
static int
take_lock(void)
{
	int i, rc = -1;

	for (i = 0; i < LOCK_TRIES && (rc = flock(lock, LOCK_EX | LOCK_NB)) < 0; i++)
		usleep(LOCK_PAUSE_US);
	return rc;
}

static void
change_name(bool to_aside)
{
	char path[PATH_BYTES], old[PATH_BYTES];

	name_path(path);
	name_old_path(old);
	if (rename(to_aside ? path : old, to_aside ? old : path) < 0)
		log_error("cannot rename the pid file", JS("file", path), JS("error", strerror(errno)));
	aside = to_aside;
}

void
pidfile_step_aside(void)
{
	change_name(true);
}

void
pidfile_step_back(void)
{
	change_name(false);
}

static bool
write_pid(void)
{
	return ftruncate(lock, 0) == 0 && lseek(lock, 0, SEEK_SET) == 0 && dprintf(lock, "%d\n", getpid()) > 0;
}

/* A later master may have taken the name. */
static bool
is_ours(const char *path)
{
	struct stat there, ours;

	return stat(path, &there) == 0 && fstat(lock, &ours) == 0 && there.st_ino == ours.st_ino &&
	    there.st_dev == ours.st_dev;
}

/* The name belongs to another file, or to none, so that this lock is invisible to others: lock the new file. False:
 * another process has locked it. */
static bool
make_anew(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	close(lock);
	lock = fd;
	return true;
}

void
pidfile_keep(void)
{
	static int64_t looked_ms;
	char path[PATH_BYTES];
	bool ours;

	if (mono_ms() - looked_ms < LOOK_MS)
		return;
	looked_ms = mono_ms();
	ours = is_ours(aside ? name_old_path(path) : name_path(path));
	if (ours ? read_pid(lock) == getpid() : !make_anew(path))
		return;
	log_warn("the pid file was removed or changed, it is written anew", JS("file", path));
	(void)write_pid();
}

pid_t
pidfile_take(bool *unclean)
{
	char path[PATH_BYTES];
	pid_t other;

	make_directory(conf.run_dir);
	if ((lock = open(name_path(path), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) < 0)
		die("cannot open the pid file", JS("file", path), JS("error", strerror(errno)));
	other = read_pid(lock);
	if (take_lock() < 0)
		return other > 0 ? other : -1;
	*unclean = other > 0;
	if (!write_pid())
		die("cannot write the pid file", JS("file", path), JS("error", strerror(errno)));
	return 0;
}

void
pidfile_drop(void)
{
	char path[PATH_BYTES];

	if (is_ours(aside ? name_old_path(path) : name_path(path)))
		unlink(path);
	close(lock);
}

/* The pid of the process that has locked it; 0: none. */
static pid_t
find_holder(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	pid_t pid = 0;

	if (fd < 0)
		return 0;
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		pid = read_pid(fd);
	close(fd);
	return pid;
}

pid_t
pidfile_master(void)
{
	char path[PATH_BYTES];

	return find_holder(name_path(path));
}

pid_t
pidfile_aside(void)
{
	char path[PATH_BYTES];

	return find_holder(name_old_path(path));
}
