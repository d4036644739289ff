/* log.c -- structured log lines, one write(2) each. See log.h. */
#include "log.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "mask.h"
#include "trace.h"

/* A place that lines go to. */
struct sink {
	int		 fd, file;		/* -1: none */
	bool		 torn;			/* a line was cut short */
	int64_t		 lost;
};

static struct {
	char		 service[32];
	const char	*environment;		/* NULL: not named */
	enum log_level	 level;
	struct sink	 out, errors;
	const struct log_work *work;
	bool		 plain;
	void		(*taps[LOG_TAPS])(enum log_level level, const char *msg, const char *line, size_t n);
	size_t		 n_taps;
} state = { .service = "dure", .level = LOG_INFO, .out = { .fd = 2, .file = -1 }, .errors = { .fd = -1, .file = -1 } };

static const char *const level_names[] = { "debug", "info", "warn", "error" };

void
log_open(const char *service, enum log_level level)
{
	size_t n = strlen(service);

	n = n < sizeof(state.service) ? n : sizeof(state.service) - 1;
	memmove(state.service, service, n);
	state.service[n] = '\0';
	state.level = level;
}

void
log_to(int fd)
{
	state.out.fd = fd;
}

void
log_plain(void)
{
	state.plain = true;
}

bool
log_is_plain(void)
{
	return state.plain;
}

int
log_fd(void)
{
	return state.out.fd;
}

int
log_error_fd(void)
{
	return state.errors.fd;
}

static int
open_sink(struct sink *to, const char *path)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);

	if (fd < 0)
		return -1;
	if (to->file < 0) {
		to->file = fd;
	} else {		/* same number, so that no line is lost in between */
		dup3(fd, to->file, O_CLOEXEC);
		close(fd);
	}
	to->fd = to->file;
	return 0;
}

int
log_file(const char *path)
{
	return open_sink(&state.out, path);
}

int
log_error_file(const char *path)
{
	return open_sink(&state.errors, path);
}

void
log_environment(const char *name)
{
	state.environment = name;
}

bool
log_level_parse(const char *name, enum log_level *out)
{
	size_t i;

	for (i = 0; i < NELEM(level_names); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void
log_work(const struct log_work *w)
{
	state.work = w;
}

const struct log_work *
log_work_now(void)
{
	return state.work;
}

const char *
log_request_now(void)
{
	return state.work != NULL ? state.work->request : NULL;
}

void
log_tap(void (*fn)(enum log_level level, const char *msg, const char *line, size_t n))
{
	if (state.n_taps == LOG_TAPS)
		bug("too many taps of the log");
	state.taps[state.n_taps++] = fn;
}

bool
log_enabled(enum log_level level)
{
	return level >= state.level;
}

/* The field with what must not be read in it taken out; texts that change go to `room`, which outlives the line. */
static struct json_field
mask_field(const struct json_field *f, struct buf *room)
{
	struct json_field out = *f;

	if (f->kind == FIELD_SKIP || f->kind == FIELD_TIME || f->kind == FIELD_BOOL)
		return out;
	if (mask_name(f->name, strlen(f->name)))
		return JS(f->name, "***");
	if ((f->kind == FIELD_STR || f->kind == FIELD_RAW) && f->v.s.p != NULL && mask_needed(f->v.s.p, f->v.s.n)) {
		mask_text(room, f->v.s.p, f->v.s.n);
		out.v.s = (struct str){ room->p, room->n };
	}
	return out;
}

static void
put_masked(struct buf *line, const struct json_field *f, size_t n)
{
	struct buf room = { 0 };
	struct json_field one;
	const char *comma = "";
	size_t i;

	for (i = 0; i < n; i++) {
		if (f[i].kind == FIELD_SKIP)
			continue;
		buf_str(line, comma);
		comma = ",";
		buf_reset(&room);
		one = mask_field(&f[i], &room);
		json_put_fields(line, &one, 1);
	}
	buf_fini(&room);
}

/* Nowhere is left to say that the disk is full; once there is room again it is said how much is missing. What a line
 * that was cut short left behind ends before the next one. */
static void
write_line(struct sink *to, const struct buf *line)
{
	ssize_t written = -1;
	int64_t n;

	if (to->torn && write(to->fd, "\n", 1) == 1)
		to->torn = false;
	if (!to->torn && (written = write(to->fd, line->p, line->n)) != (ssize_t)line->n)
		to->torn = written > 0;
	if (written != (ssize_t)line->n) {
		to->lost++;
		return;
	}
	if ((n = to->lost) > 0) {
		to->lost = 0;
		log_warn("lines of the log could not be written", JI("lines", n));
	}
}

/* A field as a person reads it: `name: value`, text without quotes and escapes. */
static void
put_plain_field(struct buf *line, const struct json_field *f)
{
	struct buf json = { 0 };
	size_t skip = strlen(f->name) + sizeof("\"\":") - 1;
	size_t end;

	buf_printf(line, "%s: ", f->name);
	if (f->kind == FIELD_STR && f->v.s.p != NULL) {
		for (end = f->v.s.n; end > 0 && f->v.s.p[end - 1] == '\n'; end--)
			;
		buf_add(line, f->v.s.p, end);
		return;
	}
	json_put_fields(&json, f, 1);
	buf_add(line, json.p + skip, json.n - skip);
	buf_fini(&json);
}

/* "dure: message (name: value, name: value)" */
static void
write_plain(const char *msg, const struct json_field *f, size_t n)
{
	struct buf line = { 0 }, room = { 0 };
	const char *before = " (";
	struct json_field one;
	size_t i;

	buf_printf(&line, "dure: %s", msg);
	for (i = 0; i < n; i++) {
		if (f[i].kind == FIELD_SKIP)
			continue;
		buf_str(&line, before);
		before = ", ";
		buf_reset(&room);
		one = mask_field(&f[i], &room);
		put_plain_field(&line, &one);
	}
	buf_str(&line, *before == ',' ? ")\n" : "\n");
	write_line(&state.out, &line);
	buf_fini(&room);
	buf_fini(&line);
}

static bool
has_field(const struct json_field *f, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (f[i].kind != FIELD_SKIP && strcmp(f[i].name, name) == 0)
			return true;
	return false;
}

/* What the work at hand says of itself, unless the line has a field of that name. */
static void
put_work(struct buf *line, const struct json_field *f, size_t n)
{
	struct json_field own[LOG_WORK_FIELDS];
	size_t i, count;

	if (state.work == NULL || state.work->fields == NULL)
		return;
	count = state.work->fields(state.work, own);
	for (i = 0; i < count; i++) {
		if (own[i].kind == FIELD_SKIP || has_field(f, n, own[i].name))
			continue;
		buf_byte(line, ',');
		put_masked(line, &own[i], 1);
	}
}

/* The part of the present span's traceparent at `at`. */
static struct str
trace_part(size_t at, size_t n)
{
	const struct trace *t = state.work != NULL ? state.work->trace : NULL;

	return t != NULL ? (struct str){ t->text + at, n } : (struct str){ NULL, 0 };
}

void
log_write(enum log_level level, const char *msg, const struct json_field *f, size_t n)
{
	enum { TRACE_AT = 3, SPAN_AT = 36, SPAN_CHARS = 16 };
	struct str trace = trace_part(TRACE_AT, TRACE_ID_CHARS), span = trace_part(SPAN_AT, SPAN_CHARS);
	struct buf line = { 0 };
	struct json_field head[] = {
		JT("time", now_ms()), JS("level", level_names[level]), JS("service", state.service),
		JIF(state.environment != NULL, JS("environment", state.environment)), JI("pid", getpid()),
		JIF(log_request_now() != NULL, JS("requestId", log_request_now())),
		JIF(trace.p != NULL, JN("traceId", trace)), JIF(span.p != NULL, JN("spanId", span)),
	};
	struct json_field text = JS("msg", msg);
	size_t bare, i;

	if (state.plain) {
		write_plain(msg, f, n);
		return;
	}
	buf_byte(&line, '{');
	json_put_fields(&line, head, NELEM(head));
	buf_byte(&line, ',');
	put_masked(&line, &text, 1);
	buf_byte(&line, ',');
	bare = line.n;
	put_masked(&line, f, n);		/* the first is the placeholder of LOG_FIELDS */
	line.n -= line.n == bare;		/* nothing followed the comma */
	put_work(&line, f, n);
	buf_str(&line, "}\n");
	write_line(&state.out, &line);
	if (level == LOG_ERROR && state.errors.fd >= 0)
		write_line(&state.errors, &line);
	for (i = 0; i < state.n_taps; i++)
		state.taps[i](level, msg, line.p, line.n - 1);
	buf_fini(&line);
}

void
log_exit(void)
{
	exit(1);
}

void
log_bug(const char *msg, const char *file, int line)
{
	log_error("bug", JS("what", msg), JS("file", file), JI("line", line));
	abort();
}
