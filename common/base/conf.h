/* conf.h -- the configuration: read once by the master, inherited by every child, never changed after.
 *
 * The rows are in conf.def. The environment wins over .env files, these over the file, the file over the defaults.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "buf.h"

struct conf {
#define INT(key, field, def, min, max, when, help)	int64_t field;
#define SPAN(key, field, def, min, max, when, help)	int64_t field;
#define TEXT(key, field, def, when, help)		const char *field;
#define SECRET(key, field, def, when, help)		const char *field;
#define PICK(key, field, def, choices, when, help)	const char *field;
#define FLAG(key, field, def, when, help)		bool field;
#include "conf.def"
#undef INT
#undef SPAN
#undef TEXT
#undef SECRET
#undef PICK
#undef FLAG
	const char	*files;		/* those that were read, comma-separated; never NULL */
	const char	*kafka_props;	/* KAFKA_PROP_x_y settings as "x.y=value" lines; never NULL */
	/* What NODE_ENV means, by the table in conf_env.c. */
	bool		 strict;	/* what protects the service is on: secrets, cookies, origins, seccomp */
	bool		 capped;	/* limits and quotas are those of the public service */
	bool		 development;	/* a developer at the machine itself may do everything */
};

/* The configuration of this process tree. */
extern struct conf conf;

enum conf_kind { CONF_INT, CONF_SPAN, CONF_TEXT, CONF_SECRET, CONF_PICK, CONF_FLAG };
enum conf_when { RELOAD, RESTART };

struct conf_key {
	const char	*name;
	enum conf_kind	 kind;
	size_t		 offset;	/* in struct conf */
	const char	*def;
	int64_t		 min, max;
	const char	*choices;	/* "a|b|c" of a PICK */
	enum conf_when	 when;
	const char	*help;
};
extern const struct conf_key conf_keys[];	/* ends with a NULL name */

/* Read `file` (NULL: none), then .env and .env.{NODE_ENV} of the directory `dir` where there are such (NULL: not
 * looked for), then the environment `env` ("KEY=value", NULL-terminated) into *c: what is read later wins. A secret may
 * be given by the file that KEY_FILE names. Texts live in `mem`. 0, or E_VALIDATION with *why naming file, line, key
 * and reason. *c then holds what was good and the defaults for what was not. Unknown keys of files are logged and
 * skipped. */
int	 conf_load(struct conf *c, struct arena *mem, const char *file, const char *dir, char **env, const char **why);
/* Whether a variable of this name is read: a key, its alias, KEY_FILE of a secret, KAFKA_PROP_*. */
bool	 conf_is_key(const char *name, size_t n);
/* What to do about a variable of a system that Dure takes the place of (SUPABASE_URL); NULL for any other. */
const char *conf_advice(const char *name, size_t n);
/* A value of SOCKET_IO_PATH with a slash at its end, in `mem`; NULL: it cannot be one. */
const char *conf_socket_path(struct arena *mem, const char *text);
/* Resolve a choice of auto|true|false: auto is conf.strict. */
bool	 conf_auto(const char *choice);
/* Set strict, capped and development from c->env, which is one of the choices of NODE_ENV. */
void	 conf_env_apply(struct conf *c);
/* Whether two configurations differ in this key; copy the value of a key, its text into `mem`. */
bool	 conf_differs(const struct conf_key *k, const struct conf *a, const struct conf *b);
void	 conf_copy(const struct conf_key *k, struct conf *to, struct arena *mem, const struct conf *from);
/* The connection string for libpq, from DATABASE_URL or DB_*, in `mem`. */
const char *conf_database(const struct conf *c, struct arena *mem);
/* The effective value of a key as text, a secret as ***. */
void	 conf_put_value(const struct conf *c, const struct conf_key *k, struct buf *out);
/* The variables of `env` that are configuration, as KEY=value lines, secrets in clear. One with a newline in it is left
 * out. */
void	 conf_dump_environment(char **env, struct buf *out);
/* KEY=value lines of the effective values (secrets as ***), or with help and defaults as a file to start from. */
void	 conf_dump(const struct conf *c, struct buf *out);
void	 conf_dump_defaults(struct buf *out);

#endif
