/* conf_reading.h -- one reading of the configuration, shared by the files that do it: conf.c, conf_keys.c,
 * conf_source.c, conf_value.c, conf_check.c. The first fault is kept in `why`; reading goes on, so that *c gets every
 * good value.
 */
#ifndef BASE_CONF_READING_H
#define BASE_CONF_READING_H

#include "conf.h"

#define CONF_KAFKA_PROP		"KAFKA_PROP_"
#define CONF_SECRET_SUFFIX	"_FILE"

enum {
	CONF_SOURCES_MAX = 3,		/* files: the configuration, .env, .env.{NODE_ENV} */
	CONF_N_KEYS = 0
#define INT(key, field, def, min, max, when, help)	+ 1
#define SPAN(key, field, def, min, max, when, help)	+ 1
#define TEXT(key, field, def, when, help)		+ 1
#define SECRET(key, field, def, when, help)		+ 1
#define PICK(key, field, def, choices, when, help)	+ 1
#define FLAG(key, field, def, when, help)		+ 1
#include "conf.def"
#undef INT
#undef SPAN
#undef TEXT
#undef SECRET
#undef PICK
#undef FLAG
};

struct conf_reading {
	struct arena	*mem;
	struct conf	*c;
	/* The place being read, for a complaint. */
	const char	*file;		/* NULL: the environment */
	int		 line, env_line;	/* env_line: of NODE_ENV */
	const char	*why;		/* the first fault; NULL: none */
	/* How this source has given each key: itself, or by KEY_FILE. */
	struct { bool plain, file; } given[CONF_N_KEYS];
	struct conf_source {
		const char		*file;
		const struct conf_key	*secret;	/* the first that it gave; NULL: none */
		int			 line;		/* and where */
	} sources[CONF_SOURCES_MAX], *source;	/* `source`: the one being read, or NULL */
	int		 n_sources;
	bool		 dotenv;	/* this source is a .env file */
	const char	*unknown;	/* its keys that Dure does not know; "" for none */
};

/* The key of this name or alias; the secret that a variable KEY_FILE gives. NULL: none. */
const struct conf_key	*conf_find_key(const char *name, size_t n);
const struct conf_key	*conf_find_secret(const char *name, size_t n);

/* Keep the first fault, with file and line of what is being read. Returns E_VALIDATION. */
int	 conf_refuse(struct conf_reading *s, const char *key, const char *reason);
/* Set the key from text. 0, or E_VALIDATION and the fault kept. */
int	 conf_set_value(struct conf_reading *s, const struct conf_key *k, const char *text);
/* Whether `text` is one of "a|b|c". */
bool	 conf_is_choice(const char *choices, const char *text);

/* Read a file of KEY=value lines; the .env files of a directory; the environment. */
void	 conf_read_file(struct conf_reading *s, const char *file, bool dotenv);
void	 conf_read_dotenv(struct conf_reading *s, const char *dir, char **env);
void	 conf_read_environment(struct conf_reading *s, char **env);

/* Complete and check what depends on several keys. 0, or E_VALIDATION and the fault kept. */
int	 conf_check_whole(struct conf_reading *s);
/* Refuse a file with secrets that every user of the host may read; warn of it where the environment is not strict. */
int	 conf_check_source(struct conf_reading *s, const struct conf_source *from);

#endif
