/* pg_script.c -- plain libpq for commands. See pg_script.h. */
#include "pg_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libpq.h"

#define CONNECT_S "10"

enum { COLUMNS_MAX = 16 };

struct pg_script {
	PGconn	*conn;
	char	 why[1024];
};

static char refusal[1024];

/* Without the newline that libpq ends its messages with. */
static void
keep_message(char *to, size_t bytes, const char *message)
{
	size_t n;

	snprintf(to, bytes, "%s", message);
	for (n = strlen(to); n > 0 && to[n - 1] == '\n'; n--)
		to[n - 1] = '\0';
}

/* Drops notices ("table does not exist, skipping"). */
static void
on_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

struct pg_script *
pg_script_open(const char *conninfo, const char **why)
{
	/* A timeout in conninfo comes later and wins. */
	static const char *const names[] = { "connect_timeout", "dbname", NULL };
	const char *values[] = { CONNECT_S, conninfo, NULL };
	struct pg_script *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	s->conn = PQconnectdbParams(names, values, 1);
	if (PQstatus(s->conn) == CONNECTION_OK) {
		PQsetNoticeProcessor(s->conn, on_notice, NULL);
		return s;
	}
	keep_message(refusal, sizeof(refusal), PQerrorMessage(s->conn));
	*why = refusal;
	pg_script_close(&s);
	return NULL;
}

void
pg_script_close(struct pg_script **s)
{
	if (*s == NULL)
		return;
	PQfinish((*s)->conn);
	free(*s);
	*s = NULL;
}

static void
give_rows(const PGresult *r, void (*on_row)(void *, int, const char *const *), void *arg)
{
	const char *values[COLUMNS_MAX];
	int row, i, n = PQnfields(r) < COLUMNS_MAX ? PQnfields(r) : COLUMNS_MAX;

	for (row = 0; row < PQntuples(r); row++) {
		for (i = 0; i < n; i++)
			values[i] = PQgetisnull(r, row, i) ? NULL : PQgetvalue(r, row, i);
		on_row(arg, n, values);
	}
}

static bool
take_results(struct pg_script *s, bool good, void (*on_row)(void *, int, const char *const *), void *arg)
{
	PGresult *r;

	if (!good)
		keep_message(s->why, sizeof(s->why), PQerrorMessage(s->conn));
	while (good && (r = PQgetResult(s->conn)) != NULL) {
		if (PQresultStatus(r) == PGRES_FATAL_ERROR || PQresultStatus(r) == PGRES_BAD_RESPONSE) {
			good = false;
			keep_message(s->why, sizeof(s->why), PQresultErrorMessage(r));
		} else if (PQresultStatus(r) == PGRES_TUPLES_OK && on_row != NULL) {
			give_rows(r, on_row, arg);
		}
		PQclear(r);
	}
	while ((r = PQgetResult(s->conn)) != NULL)	/* the results after a failure */
		PQclear(r);
	return good;
}

bool
pg_script_run(struct pg_script *s, const char *sql, void (*on_row)(void *, int, const char *const *), void *arg)
{
	return take_results(s, PQsendQuery(s->conn, sql) == 1, on_row, arg);
}

bool
pg_script_one(struct pg_script *s, const char *sql, void (*on_row)(void *, int, const char *const *), void *arg)
{
	return take_results(s, PQsendQueryParams(s->conn, sql, 0, NULL, NULL, NULL, NULL, 0) == 1, on_row, arg);
}

const char *
pg_script_why(const struct pg_script *s)
{
	return s->why;
}

char *
pg_script_quote(struct pg_script *s, const char *text)
{
	char *quoted = PQescapeLiteral(s->conn, text, strlen(text)), *copy = quoted != NULL ? strdup(quoted) : NULL;

	if (copy == NULL)
		abort();
	PQfreemem(quoted);
	return copy;
}
