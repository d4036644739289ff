/* log.h -- one JSON object a line: time, level, service, environment, pid, msg, what the coroutine works on where that
 * is known (the request's id, the trace's, …), and typed fields.
 *
 * Three voices: log_warn and its kin for what happens, die() for an environment that cannot work (start-up), bug() for
 * a broken invariant (aborts; the master restarts the process). Never log a secret: pass ids, not tokens; what slips in
 * is masked (mask.h).
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "json.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

#define LOG_FIELDS(...) \
	(const struct json_field[]){ { .kind = FIELD_SKIP }, ##__VA_ARGS__ }, \
	    sizeof((const struct json_field[]){ { .kind = FIELD_SKIP }, ##__VA_ARGS__ }) / sizeof(struct json_field)

/* log_info("listening", JI("port", 3001)); fields are optional. */
#define log_debug(msg, ...)	(log_enabled(LOG_DEBUG) ? log_write(LOG_DEBUG, msg, LOG_FIELDS(__VA_ARGS__)) : (void)0)
#define log_info(msg, ...)	(log_enabled(LOG_INFO) ? log_write(LOG_INFO, msg, LOG_FIELDS(__VA_ARGS__)) : (void)0)
#define log_warn(msg, ...)	(log_enabled(LOG_WARN) ? log_write(LOG_WARN, msg, LOG_FIELDS(__VA_ARGS__)) : (void)0)
#define log_error(msg, ...)	log_write(LOG_ERROR, msg, LOG_FIELDS(__VA_ARGS__))
/* Log as an error and exit(1). */
#define die(msg, ...)		(log_write(LOG_ERROR, msg, LOG_FIELDS(__VA_ARGS__)), log_exit())
/* Log as an error with the place, then abort. */
#define bug(msg)		log_bug(msg, __FILE__, __LINE__)

/* Name this process in its lines ("http 1") and set the lowest level written; may be called again. */
void	 log_open(const char *service, enum log_level level);
/* Write to this descriptor (default 2); the caller keeps ownership. */
void	 log_to(int fd);
int	 log_fd(void);
/* The descriptor of log_error_file; -1: none. */
int	 log_error_fd(void);
/* Write to the file at `path`, appending (made when missing, mode 0640); again after a rotation, to follow the name. 0,
 * or -1 with errno: the lines go where they went before. */
int	 log_file(const char *path);
/* The same for a file that errors are written to besides. */
int	 log_error_file(const char *path);
/* Name the environment ("production") in the lines; borrowed. */
void	 log_environment(const char *name);
/* Write lines as sentences from now on: "dure: message (name: value, …)". For commands, not for servers. */
void	 log_plain(void);
bool	 log_is_plain(void);
/* "debug", "info", "warn", "error"; false for anything else. */
bool	 log_level_parse(const char *name, enum log_level *out);
/* What the running coroutine works on: the request's id, for every line, and its trace (W3C Trace Context); each NULL
 * for none. Borrowed until changed. */
struct trace;
enum { LOG_WORK_FIELDS = 6 };
struct log_work {
	const char	*request, *traceparent;
	const struct trace *trace;	/* what is recorded of it (trace.h); NULL: nothing */
	/* Sets up to LOG_WORK_FIELDS further fields of its lines, valid until the next call; returns how many. NULL:
	 * none. */
	size_t		(*fields)(const struct log_work *w, struct json_field *out);
};
void	 log_work(const struct log_work *w);
const struct log_work *log_work_now(void);		/* NULL: none */
const char *log_request_now(void);

/* Pass every written line to `fn` too, without its newline, and the message in it; for LOG_TAPS of them. `fn` must not
 * log. */
enum { LOG_TAPS = 2 };
void	 log_tap(void (*fn)(enum log_level level, const char *msg, const char *line, size_t n));

bool	 log_enabled(enum log_level level);
void	 log_write(enum log_level level, const char *msg, const struct json_field *f, size_t n);
_Noreturn void log_exit(void);
_Noreturn void log_bug(const char *msg, const char *file, int line);

#endif
