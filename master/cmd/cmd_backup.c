/* cmd_backup.c -- `dure backup`: a dump of the database that pg_restore takes, encrypted, with a manifest beside it.
 *
 * Dump and manifest are of one snapshot. Under forced row-level security the dump has all rows, because the policies
 * let pass who acts for no user (is_caller). A file under its final name is whole: it is written as *.part and synced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup_manifest.h"
#include "base/conf.h"
#include "base/json.h"
#include "base/sealed_file.h"
#include "base/str.h"
#include "cmd.h"
#include "link/pg_script.h"
#include "link/pg_tool.h"

enum { TABLES_MAX = 16, ARGS_MAX = 8 + 2 * TABLES_MAX, PATH_BYTES = 512 };

static struct {
	bool		 hourly;		/* those of BACKUP_TABLES that exist */
	const char	*tables[TABLES_MAX];	/* only these; none: all */
	size_t		 n_tables;
	char		 path[PATH_BYTES];	/* without the suffix */
	struct arena	 mem;
} run;

static int
name_file(void)
{
	time_t now = time(NULL);
	struct tm t;
	char stamp[32];

	if (mkdir(conf.backup_dir, 0700) < 0 && errno != EEXIST)
		return cmd_complain(conf.backup_dir, strerror(errno));
	strftime(stamp, sizeof(stamp), "%Y%m%d_%H%M%S", gmtime_r(&now, &t));
	if ((size_t)snprintf(run.path, sizeof(run.path), "%s/%s_%s", conf.backup_dir,
	    run.n_tables > 0 ? "tables" : "db", stamp) >= sizeof(run.path))
		return cmd_complain(conf.backup_dir, "the path is too long");
	return 0;
}

/* A new file that nobody else may read. */
static int
create_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 ? fd : cmd_complain(path, strerror(errno));
}

static int
finish_file(int fd, const char *part, const char *path)
{
	int synced = fsync(fd), error = errno;

	close(fd);
	if (synced < 0 || rename(part, path) < 0)
		return cmd_complain(path, strerror(synced < 0 ? error : errno));
	return 0;
}

static int
dump_to(int fd, const char *snapshot)
{
	const char *args[ARGS_MAX] = { "pg_dump", "--format=custom", "--enable-row-security", "--no-owner", snapshot };
	const char *why;
	struct pg_tool tool;
	size_t i, n = 5;
	bool written;
	int status;

	for (i = 0; i < run.n_tables; i++)
		args[n++] = arena_printf(&run.mem, "--table=%s", run.tables[i]);
	if (!pg_tool_start(&tool, conf_database(&conf, &run.mem), args, false))
		return cmd_complain("pg_dump", strerror(errno));
	written = sealed_file_write(tool.fd, fd, conf.backup_encryption_key, &why);
	status = pg_tool_end(&tool);
	if (!written)
		return cmd_complain(run.path, why);
	return status == 0 ? 0 : cmd_complain("pg_dump", "the dump failed; its message is above");
}

static int
write_dump(const char *snapshot)
{
	const char *path = arena_printf(&run.mem, "%s.dump", run.path), *part = arena_printf(&run.mem, "%s.part", path);
	int fd = create_file(part), rc;

	if (fd < 0)
		return -1;
	if ((rc = dump_to(fd, snapshot)) < 0)
		close(fd);
	else
		rc = finish_file(fd, part, path);
	if (rc < 0)
		unlink(part);
	return rc;
}

static int
write_manifest(struct pg_script *db)
{
	const char *path = arena_printf(&run.mem, "%s.json", run.path), *part = arena_printf(&run.mem, "%s.part", path);
	struct str text;
	int fd;

	if (!manifest_read(db, &run.mem, &text))
		return cmd_complain("the manifest", pg_script_why(db));
	if ((fd = create_file(part)) < 0)
		return -1;
	if (write(fd, text.p, text.n) != (ssize_t)text.n) {
		close(fd);
		return cmd_complain(path, strerror(errno));
	}
	return finish_file(fd, part, path);
}

static void
keep_first(void *arg, int columns, const char *const *v)
{
	if (columns > 0 && v[0] != NULL)
		snprintf(arg, 64, "%s", v[0]);
}

/* The manifest first: a dump is never without one. */
static int
back_up(struct pg_script *db)
{
	char snapshot[64] = "";

	if (!pg_script_run(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, NULL) ||
	    !pg_script_run(db, "SELECT pg_export_snapshot()", keep_first, snapshot))
		return cmd_complain("cannot take a snapshot", pg_script_why(db));
	if (write_manifest(db) < 0 || write_dump(arena_printf(&run.mem, "--snapshot=%s", snapshot)) < 0)
		return -1;
	return pg_script_run(db, "COMMIT", NULL, NULL) ? 0 : cmd_complain("the snapshot", pg_script_why(db));
}

static int
upload(void)
{
	if (*conf.backup_upload_command == '\0')
		return 0;
	setenv("DURE_BACKUP_FILE", arena_printf(&run.mem, "%s.dump", run.path), 1);
	setenv("DURE_BACKUP_MANIFEST", arena_printf(&run.mem, "%s.json", run.path), 1);
	return system(conf.backup_upload_command) == 0 ? 0 : cmd_complain("BACKUP_UPLOAD_COMMAND",
	    "it failed; the backup stays on this machine");
}

/* Delete the backups of this kind older than BACKUP_KEEP or BACKUP_TABLES_KEEP; the one just made is not. */
static void
prune(void)
{
	const char *kind = run.n_tables > 0 ? "tables_" : "db_";
	int64_t keep_s = run.n_tables > 0 ? conf.backup_tables_keep_s : conf.backup_keep_s;
	DIR *dir = opendir(conf.backup_dir);
	const struct dirent *e;
	struct stat st;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		const char *path = arena_printf(&run.mem, "%s/%s", conf.backup_dir, e->d_name);

		if (strncmp(e->d_name, kind, strlen(kind)) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_mtime < time(NULL) - keep_s && unlink(path) < 0)
			cmd_complain(path, strerror(errno));
	}
	if (dir != NULL)
		closedir(dir);
}

static int
record(struct pg_script *db)
{
	return run.n_tables > 0 || pg_script_run(db, "INSERT INTO cron_runs (job, ran_at) VALUES ('backup', now())"
	    " ON CONFLICT (job) DO UPDATE SET ran_at = now()", NULL, NULL) ? 0 : cmd_complain("the backup is made, but its "
	    "time cannot be stored", pg_script_why(db));
}

static void
add_table(void *arg, int columns, const char *const *v)
{
	(void)arg;
	if (columns == 1 && v[0] != NULL && run.n_tables < TABLES_MAX)
		run.tables[run.n_tables++] = arena_strdup(&run.mem, v[0]);
}

static int
choose_tables(struct pg_script *db)
{
	char *names = pg_script_quote(db, conf.backup_tables);
	bool asked = pg_script_run(db, arena_printf(&run.mem,
	    "SELECT t FROM unnest(regexp_split_to_array(%s, '[, ]+')) t"
	    " WHERE to_regclass(quote_ident(t)) IS NOT NULL", names), add_table, NULL);

	free(names);
	return asked ? 0 : cmd_complain("BACKUP_TABLES", pg_script_why(db));
}

static int
parse_arguments(int argc, char **argv)
{
	int i;

	run.hourly = argc == 2 && strcmp(argv[1], "--hourly") == 0;
	for (i = 1; i < argc && !run.hourly; i += 2) {
		if (strcmp(argv[i], "--table") != 0 || i + 1 == argc || run.n_tables == TABLES_MAX)
			return -1;
		run.tables[run.n_tables++] = argv[i + 1];
	}
	return 0;
}

int
cmd_backup(int argc, char **argv)
{
	struct pg_script *db;
	const char *why;
	int rc;

	if (parse_arguments(argc, argv) < 0) {
		fprintf(stderr, "usage: dure backup [--table NAME]... | --hourly\n");
		return EXIT_USAGE;
	}
	arena_init(&run.mem, 65536);
	if ((db = pg_script_open(conf_database(&conf, &run.mem), &why)) == NULL)
		return cmd_no_database(why);
	if ((rc = run.hourly ? choose_tables(db) : 0) == 0 && run.hourly && run.n_tables == 0) {
		printf("none of the tables of BACKUP_TABLES exists\n");
		pg_script_close(&db);
		return 0;
	}
	if (rc == 0)
		rc = name_file();
	if (rc == 0)
		rc = back_up(db);
	if (rc == 0)
		rc = upload();
	if (rc == 0)
		rc = record(db);
	if (rc == 0) {
		prune();
		printf("%s.dump\n", run.path);
		if (*conf.backup_encryption_key == '\0')
			fprintf(stderr, "dure: the backup is not encrypted: BACKUP_ENCRYPTION_KEY is empty\n");
	}
	pg_script_close(&db);
	arena_fini(&run.mem);
	return rc == 0 ? 0 : 1;
}
