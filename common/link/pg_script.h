/* pg_script.h -- PostgreSQL for the command line: one connection, blocking, whole scripts at a time. */
#ifndef LINK_PG_SCRIPT_H
#define LINK_PG_SCRIPT_H

#include <stdbool.h>

struct pg_script;

/* Connect, within 10 s unless it says otherwise; NULL with *why (static until the next call) when that fails. */
struct pg_script *pg_script_open(const char *conninfo, const char **why);
void		 pg_script_close(struct pg_script **s);
/* Run a script of any number of statements, the simple way: without transaction commands of its own it is one
 * transaction. True, or false with pg_script_why. on_row (may be NULL) is called for each row of every statement; its
 * values are text, NULL for NULL, borrowed. */
bool		 pg_script_run(struct pg_script *s, const char *sql,
    void (*on_row)(void *arg, int columns, const char *const *values), void *arg);
/* The same for text that must be one statement: PostgreSQL refuses several. */
bool		 pg_script_one(struct pg_script *s, const char *sql,
    void (*on_row)(void *arg, int columns, const char *const *values), void *arg);
/* What PostgreSQL said of the last failure, with the place in the script. */
const char	*pg_script_why(const struct pg_script *s);
/* `text` as a quoted SQL literal; the caller frees it. */
char		*pg_script_quote(struct pg_script *s, const char *text);

#endif
