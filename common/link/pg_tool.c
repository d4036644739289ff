/* pg_tool.c -- runs PostgreSQL's programs. See pg_tool.h. */
#include "pg_tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "libpq.h"

enum { ARGS_MAX = 32, NOT_FOUND = 127 };

/* In the child: libpq reads the rest from the environment. */
static void
export_settings(const PQconninfoOption *v)
{
	for (; v->keyword != NULL; v++)
		if (v->envvar != NULL && v->val != NULL)
			setenv(v->envvar, v->val, 1);
}

static const char *
database_of(const PQconninfoOption *v)
{
	while (v->keyword != NULL && strcmp(v->keyword, "dbname") != 0)
		v++;
	return v->val != NULL ? v->val : "";
}

static void
become(const char *const *argv, const PQconninfoOption *settings, int fd, bool writes)
{
	char *args[ARGS_MAX + 2], database[256];
	int i;

	for (i = 0; argv[i] != NULL && i < ARGS_MAX; i++)
		args[i] = (char *)(size_t)argv[i];
	snprintf(database, sizeof(database), "--dbname=%s", database_of(settings));
	args[i++] = database;
	args[i] = NULL;
	export_settings(settings);
	dup2(fd, writes ? STDIN_FILENO : STDOUT_FILENO);
	execvp(args[0], args);
	fprintf(stderr, "dure: %s: %s (Debian: postgresql-client)\n", args[0], strerror(errno));
	_exit(NOT_FOUND);
}

bool
pg_tool_start(struct pg_tool *t, const char *conninfo, const char *const *argv, bool writes)
{
	PQconninfoOption *settings = PQconninfoParse(conninfo, NULL);
	int ends[2];

	if (settings == NULL || pipe2(ends, O_CLOEXEC) < 0) {
		errno = settings == NULL ? EINVAL : errno;
		PQconninfoFree(settings);
		return false;
	}
	t->fd = ends[writes];
	if ((t->pid = fork()) == 0)
		become(argv, settings, ends[!writes], writes);
	close(ends[!writes]);
	PQconninfoFree(settings);
	if (t->pid < 0)
		close(t->fd);
	return t->pid > 0;
}

int
pg_tool_end(struct pg_tool *t)
{
	int status;

	close(t->fd);
	while (waitpid(t->pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* In single quotes, as conninfo wants it. */
static void
put_quoted(struct buf *out, const char *value)
{
	buf_byte(out, '\'');
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buf_byte(out, '\\');
		buf_byte(out, *value);
	}
	buf_byte(out, '\'');
}

const char *
pg_tool_database(struct arena *mem, const char *conninfo, const char *database)
{
	PQconninfoOption *settings = PQconninfoParse(conninfo, NULL), *v;
	struct buf out = { 0 };

	for (v = settings; v != NULL && v->keyword != NULL; v++) {
		if (v->val == NULL || strcmp(v->keyword, "dbname") == 0)
			continue;
		buf_printf(&out, "%s=", v->keyword);
		put_quoted(&out, v->val);
		buf_byte(&out, ' ');
	}
	if (settings == NULL)
		return NULL;
	PQconninfoFree(settings);
	buf_str(&out, "dbname=");
	put_quoted(&out, database);
	buf_byte(&out, '\0');
	return buf_to_arena(mem, &out).p;
}
