/* doctor_disk.c -- see doctor_disk.h. */
#include "doctor_disk.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#define PLENTY_BYTES	(20.0 * (1 << 30))
#define PLENTY_FILES	1e6

static bool
measure(char *path, struct statvfs *v)
{
	char *slash;

	while (statvfs(path, v) < 0) {
		if (errno != ENOENT || (slash = strrchr(path, '/')) == NULL)
			return false;
		slash[slash == path] = '\0';
	}
	return true;
}

/* Some file systems do not count files: then none are free and none there. */
static double
used_part(double all, double free, double plenty)
{
	return all > 0 && free < plenty ? 1 - free / all : 0;
}

void
doctor_disk(struct doctor *d, const struct check *c, const char *path)
{
	double bytes, files, unit;
	struct statvfs v;

	if (!measure(arena_strdup(&d->mem, path), &v))
		return;
	unit = (double)v.f_frsize;
	bytes = used_part((double)v.f_blocks * unit, (double)v.f_bavail * unit, PLENTY_BYTES);
	files = used_part((double)v.f_files, (double)v.f_favail, PLENTY_FILES);
	if (files > bytes)
		doctor_judge(d, c, files, arena_printf(&d->mem, "%s has %.0f files left of %.0f", path,
		    (double)v.f_favail,
		    (double)v.f_files));
	else
		doctor_judge(d, c, bytes, arena_printf(&d->mem, "%s has %.0f MB left of %.0f", path,
		    (double)v.f_bavail * unit / 1048576, (double)v.f_blocks * unit / 1048576));
}
