/* doctor_host.c -- the probe of this host: disks, memory, CPU, and what the configuration lacks. See doctor.h. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/str.h"
#include "cmd.h"
#include "doctor.h"
#include "doctor_disk.h"

enum { SAMPLE_MS = 250 };

/* --- Memory and CPU --- */

static const struct check memory = { .name = "host.memory", .warn = 80, .fail = 95, .kind = OF_SPEED,
    .message = "The host's memory is nearly used up",
    .advice = "dure top and ps --sort=-rss show who has it",
    .heading = "A process grows" };
static const struct check cpu = { .name = "host.cpu", .warn = 70, .fail = NEVER, .kind = OF_SPEED,
    .message = "The host's processors are busy",
    .advice = "dure top shows which process is; HTTP_WORKERS should not exceed the cores",
    .heading = "Requests are slow" };

static double
meminfo(const char *text, const char *name)
{
	const char *p = strstr(text, name);

	return p != NULL ? strtod(p + strlen(name), NULL) : 0;
}

static void
look_at_memory(struct doctor *d)
{
	FILE *f = fopen("/proc/meminfo", "re");
	double all, used;
	char text[4096];
	size_t n;

	if (f == NULL)
		return;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	all = meminfo(text, "MemTotal:");
	used = all > 0 ? 100 * (1 - meminfo(text, "MemAvailable:") / all) : 0;
	doctor_judge(d, &memory, used, arena_printf(&d->mem, "%.0f %% of %.0f MB", used, all / 1024));
	doctor_figure(d, "metrics", "memory", str_of(arena_printf(&d->mem, "%.1f", used)));
}

/* Ticks of all processors: idle ones, and all. */
static bool
read_ticks(double *idle, double *all)
{
	FILE *f = fopen("/proc/stat", "re");
	double v[8] = { 0 };
	int i, n;

	if (f == NULL)
		return false;
	n = fscanf(f, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]);
	fclose(f);
	*idle = v[3] + v[4];
	for (*all = 0, i = 0; i < n; i++)
		*all += v[i];
	return n >= 5;
}

static void
look_at_cpu(struct doctor *d)
{
	double idle[2], all[2], used;

	if (!read_ticks(&idle[0], &all[0]))
		return;
	usleep(SAMPLE_MS * 1000);
	if (!read_ticks(&idle[1], &all[1]) || all[1] <= all[0])
		return;
	used = 100 * (1 - (idle[1] - idle[0]) / (all[1] - all[0]));
	doctor_judge(d, &cpu, used, arena_printf(&d->mem, "%.0f %%", used));
	doctor_figure(d, "metrics", "cpu", str_of(arena_printf(&d->mem, "%.1f", used)));
}

/* --- Disks --- */

static const struct {
	struct check	 check;
	const char *const *path;
	bool		 file;		/* it is a file: its directory counts */
} disks[] = {
	{ { .name = "disk.backup", .warn = 0.9, .fail = 0.97,
	    .message = "The disk of BACKUP_DIR is nearly full",
	    .advice = "Shorten BACKUP_KEEP, or move backups elsewhere (BACKUP_UPLOAD_COMMAND)",
	    .heading = "The disk is full" }, &conf.backup_dir, false },
	{ { .name = "disk.log", .warn = 0.9, .fail = 0.97,
	    .message = "The disk of LOG_FILE is nearly full",
	    .advice = "Lower LOG_ROTATE_BYTES and LOG_KEEP",
	    .heading = "The disk is full" }, &conf.log_file, true },
	{ { .name = "disk.run", .warn = 0.9, .fail = 0.97,
	    .message = "The disk of DURE_RUN_DIR is nearly full",
	    .advice = "Free space on it",
	    .heading = "The disk is full" },
	    &conf.run_dir, false },
};

static void
look_at_disks(struct doctor *d)
{
	size_t i;

	for (i = 0; i < NELEM(disks); i++)
		if (**disks[i].path != '\0')
			doctor_disk(d, &disks[i].check, disks[i].file ? dirname(arena_strdup(&d->mem, *disks[i].path)) :
			    *disks[i].path);
}

/* --- Configuration --- */

static const struct check bad_conf = { .name = "conf.valid", .warn = NEVER, .fail = 1,
    .message = "The configuration is bad",
    .advice = "Mend it: dure config check",
    .heading = "A bad deploy" };
static const struct check foreign = { .name = "conf.foreign", .warn = 1, .fail = NEVER, .strict = true,
    .message = "A variable of another system is set",
    .advice = "See dure config check",
    .heading = "A bad deploy" };

/* What production should not be without. */
static const struct {
	struct check	 check;
	const char *const *value;	/* empty: the finding */
} wanted[] = {
	{ { .name = "conf.backup_key", .warn = 1, .fail = NEVER, .strict = true,
	    .message = "Backups are not encrypted",
	    .advice = "Set BACKUP_ENCRYPTION_KEY (openssl rand -base64 32), and keep a copy of it elsewhere",
	    .heading = "A backup is missing" }, &conf.backup_encryption_key },
	{ { .name = "conf.backup_upload", .warn = 1, .fail = NEVER, .strict = true,
	    .message = "Backups stay on this host",
	    .advice = "Set BACKUP_UPLOAD_COMMAND",
	    .heading = "A backup is missing" },
	    &conf.backup_upload_command },
	{ { .name = "conf.alerts", .warn = 1, .fail = NEVER, .strict = true,
	    .message = "Alerts go nowhere",
	    .advice = "Set SLACK_WEBHOOK_URL",
	    .heading = "The server does not answer" },
	    &conf.slack_webhook_url },
};

static void
look_at_conf(struct doctor *d)
{
	const char *why, *advice;
	char **env;
	size_t i, n;

	if (cmd_check_conf(&d->mem, &why) < 0)
		doctor_judge(d, &bad_conf, 1, why);
	for (i = 0; i < NELEM(wanted); i++)
		doctor_judge(d, &wanted[i].check, **wanted[i].value == '\0', NULL);
	for (env = environ; *env != NULL; env++)
		if (n = strcspn(*env, "="), (advice = conf_advice(*env, n)) != NULL)
			doctor_judge(d, &foreign, 1, arena_printf(&d->mem, "%.*s: %s", (int)n, *env, advice));
}

void
doctor_host(struct doctor *d)
{
	look_at_conf(d);
	look_at_disks(d);
	look_at_memory(d);
	look_at_cpu(d);
}
