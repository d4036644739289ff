/* cmd_restore.c -- `dure restore`: a backup into an empty database, all or nothing; `dure backup verify`: the same into
 * a scratch database, compared with the manifest and dropped.
 *
 * pg_restore runs in one transaction: after a failure, also a key that does not fit, the database is as it was.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup_manifest.h"
#include "base/conf.h"
#include "base/sealed_file.h"
#include "base/str.h"
#include "cmd.h"
#include "link/pg_script.h"
#include "link/pg_tool.h"

enum { MANIFEST_BYTES = 1 << 20, SUFFIX_BYTES = sizeof(".dump") - 1 };

static struct {
	const char	*which, *into;		/* the arguments; NULL: not given */
	const char	*path;			/* of the dump */
	struct arena	 mem;
} run;

/* The newest dump in BACKUP_DIR whose name begins so: names sort by time. */
static const char *
find_newest(const char *prefix)
{
	DIR *dir = opendir(conf.backup_dir);
	const struct dirent *e;
	const char *newest = NULL;

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		size_t n = strlen(e->d_name);

		if (strncmp(e->d_name, prefix, strlen(prefix)) == 0 && n > SUFFIX_BYTES &&
		    strcmp(e->d_name + n - SUFFIX_BYTES, ".dump") == 0 &&
		    (newest == NULL || strcmp(e->d_name, newest) > 0))
			newest = arena_printf(&run.mem, "%s", e->d_name);
	}
	if (dir != NULL)
		closedir(dir);
	return newest != NULL ? arena_printf(&run.mem, "%s/%s", conf.backup_dir, newest) : NULL;
}

static int
find_dump(void)
{
	bool date = run.which != NULL && strspn(run.which, "0123456789_") == strlen(run.which);

	if (run.which != NULL && !date)
		run.path = run.which;
	else
		run.path = find_newest(arena_printf(&run.mem, "db_%s", date ? run.which : ""));
	if (run.path == NULL)
		return cmd_complain(conf.backup_dir, run.which != NULL ? "no backup of that date" : "no backup");
	return access(run.path, R_OK) == 0 ? 0 : cmd_complain(run.path, strerror(errno));
}

static void
keep_count(void *arg, int columns, const char *const *v)
{
	if (columns == 1 && v[0] != NULL)
		*(long long *)arg = strtoll(v[0], NULL, 10);
}

static int
demand_empty(struct pg_script *db)
{
	long long tables = -1;

	if (!pg_script_run(db, "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
	    " AND relkind IN ('r', 'p', 'v', 'm')", keep_count, &tables))
		return cmd_complain("the database", pg_script_why(db));
	if (tables > 0)
		return cmd_complain("the database is not empty",
		    "create another (createdb) and name it: dure restore … --into URL");
	return 0;
}

/* Feed the dump to pg_restore. When it cannot be read to its end, pg_restore is killed before it may commit. */
static int
load(const char *conninfo)
{
	static const char *const args[] = {
		"pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", NULL
	};
	int fd = open(run.path, O_RDONLY | O_CLOEXEC), status;
	struct pg_tool tool;
	const char *why;
	bool whole;

	if (fd < 0)
		return cmd_complain(run.path, strerror(errno));
	if (!pg_tool_start(&tool, conninfo, args, true)) {
		close(fd);
		return cmd_complain("pg_restore", strerror(errno));
	}
	whole = sealed_file_read(fd, tool.fd, conf.backup_encryption_key, &why);
	close(fd);
	if (!whole && errno != EPIPE)
		kill(tool.pid, SIGKILL);
	status = pg_tool_end(&tool);
	if (!whole && status <= 0)
		return cmd_complain(run.path, why);
	return status == 0 ? 0 : cmd_complain("pg_restore", "nothing was restored; its message is above");
}

/* The manifest beside the dump; p NULL: there is none. */
static struct str
read_manifest(void)
{
	size_t n = strlen(run.path);
	const char *path = n > SUFFIX_BYTES
	    ? arena_printf(&run.mem, "%.*s.json", (int)(n - SUFFIX_BYTES), run.path) : "";
	struct str text = { arena_alloc(&run.mem, MANIFEST_BYTES), 0 };
	FILE *f = fopen(path, "re");

	if (f == NULL)
		return (struct str){ NULL, 0 };
	text.n = fread((char *)(size_t)text.p, 1, MANIFEST_BYTES, f);
	fclose(f);
	return text;
}

static int
compare(struct pg_script *db, struct str manifest)
{
	int n;

	if (manifest.p == NULL)
		return cmd_complain(run.path, "there is no manifest beside it to compare with");
	if ((n = manifest_compare(db, &run.mem, manifest)) == 0)
		printf("%s: every table has the rows of the backup, and its policies\n", run.path);
	return n == 0 ? 0 : -1;
}

static int
restore_into(const char *conninfo, bool compared)
{
	const char *why;
	struct pg_script *db = pg_script_open(conninfo, &why);
	struct str manifest;
	int rc;

	if (db == NULL)
		return cmd_no_database(why), -1;
	manifest = read_manifest();
	rc = demand_empty(db);
	if (rc == 0)
		rc = load(conninfo);
	if (rc == 0 && (compared || manifest.p != NULL))
		rc = compare(db, manifest);
	pg_script_close(&db);
	return rc;
}

static int
parse_arguments(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--into") == 0 && i + 1 < argc)
			run.into = argv[++i];
		else if (run.which == NULL && argv[i][0] != '-')
			run.which = argv[i];
		else
			return -1;
	}
	return 0;
}

static int
prepare(void)
{
	arena_init(&run.mem, 65536);
	signal(SIGPIPE, SIG_IGN);
	return find_dump();
}

int
cmd_restore(int argc, char **argv)
{
	int rc;

	if (parse_arguments(argc, argv) < 0 || run.which == NULL) {
		fprintf(stderr, "usage: dure restore FILE|DATE [--into URL]\n");
		return EXIT_USAGE;
	}
	rc = prepare();
	if (rc == 0)
		rc = restore_into(run.into != NULL ? run.into : conf_database(&conf, &run.mem), false);
	arena_fini(&run.mem);
	return rc == 0 ? 0 : 1;
}

/* A database of this process's own on the same server; needs the right to create one. */
static int
verify_in_scratch(void)
{
	const char *own = conf_database(&conf, &run.mem), *why;
	const char *name = arena_printf(&run.mem, "dure_verify_%d", getpid());
	struct pg_script *db = pg_script_open(own, &why);
	int rc;

	if (db == NULL)
		return cmd_no_database(why), -1;
	if (!pg_script_run(db, arena_printf(&run.mem, "CREATE DATABASE %s TEMPLATE template0", name), NULL, NULL)) {
		cmd_complain("cannot make a scratch database", pg_script_why(db));
		pg_script_close(&db);
		return cmd_complain("name an empty one instead", "dure backup verify --into URL");
	}
	rc = restore_into(pg_tool_database(&run.mem, own, name), true);
	if (!pg_script_run(db, arena_printf(&run.mem, "DROP DATABASE %s", name), NULL, NULL))
		cmd_complain(name, pg_script_why(db));
	pg_script_close(&db);
	return rc;
}

int
cmd_backup_verify(int argc, char **argv)
{
	int rc;

	if (parse_arguments(argc, argv) < 0) {
		fprintf(stderr, "usage: dure backup verify [FILE|DATE] [--into URL]\n");
		return EXIT_USAGE;
	}
	rc = prepare();
	if (rc == 0)
		rc = run.into != NULL ? restore_into(run.into, true) : verify_in_scratch();
	arena_fini(&run.mem);
	return rc == 0 ? 0 : 1;
}
