/* split.c -- NDJSON and JSON arrays cut into items as their bytes come. See split.h. */
#include "split.h"

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void
split_fini(struct split *s)
{
	buf_fini(&s->item);
}

void
split_feed(struct split *s, const char *p, size_t n)
{
	s->in = (struct str){ p, n };
}

/* Keep `n` bytes of the item under way; past the bound only the fact is kept. */
static void
keep_bytes(struct split *s, const char *p, size_t n)
{
	if (s->item.n + n > s->item_max)
		s->too_long = true;
	else if (!s->too_long)
		buf_add(&s->item, p, n);
}

static void
skip_bytes(struct split *s, size_t n)
{
	s->in.p += n;
	s->in.n -= n;
}

/* The item is whole; what it holds stays until the next is begun. */
static enum split_result
finish_item(struct split *s, struct str *item, int64_t *line)
{
	enum split_result r = s->too_long ? SPLIT_TOO_LONG : SPLIT_ITEM;

	while (s->item.n > 0 && is_space(s->item.p[s->item.n - 1]))
		s->item.n--;
	*item = (struct str){ s->item.p, s->item.n };
	*line = s->line;
	s->started = s->too_long = false;
	return r;
}

static void
begin_item(struct split *s)
{
	if (!s->started) {
		s->started = true;
		buf_reset(&s->item);
		s->line++;
	}
}

static enum split_result
next_line(struct split *s, struct str *item, int64_t *line)
{
	enum split_result r;
	const char *end;
	size_t n;

	while (s->in.n > 0) {
		begin_item(s);
		end = memchr(s->in.p, '\n', s->in.n);
		n = end != NULL ? (size_t)(end - s->in.p) : s->in.n;
		keep_bytes(s, s->in.p, n);
		skip_bytes(s, n + (end != NULL));
		if (end == NULL)
			return SPLIT_MORE;
		r = finish_item(s, item, line);
		if (r != SPLIT_ITEM || item->n > 0)
			return r;
	}
	return SPLIT_MORE;
}

/* Where the array's element ends within what was fed: the offset of its ',' or ']', or in.n when it goes on. */
static size_t
scan_element(struct split *s)
{
	size_t i;
	char c;

	for (i = 0; i < s->in.n; i++) {
		c = s->in.p[i];
		if (s->in_string) {
			if (s->escaped)
				s->escaped = false;
			else if (c == '\\')
				s->escaped = true;
			else if (c == '"')
				s->in_string = false;
		} else if (c == '"') {
			s->in_string = true;
		} else if (c == '{' || c == '[') {
			s->depth++;
		} else if (s->depth == 0 && (c == ',' || c == ']')) {
			return i;
		} else if (c == '}' || c == ']') {
			s->depth--;
		}
		if (s->depth < 0)
			return i;
	}
	return i;
}

static enum split_result
next_element(struct split *s, struct str *item, int64_t *line)
{
	size_t n;

	while (s->in.n > 0 && is_space(*s->in.p) && !s->started)
		skip_bytes(s, 1);
	if (s->in.n == 0)
		return SPLIT_MORE;
	if (s->where == SPLIT_END)
		return SPLIT_BROKEN;		/* something behind the array */
	if (!s->started && *s->in.p == ']' && s->where == SPLIT_VALUE && s->line == 0) {
		s->where = SPLIT_END;		/* an empty array */
		skip_bytes(s, 1);
		return next_element(s, item, line);
	}
	if (!s->started && (*s->in.p == ',' || *s->in.p == ']'))
		return SPLIT_BROKEN;		/* an element is missing */
	begin_item(s);
	n = scan_element(s);
	keep_bytes(s, s->in.p, n);
	if (n == s->in.n) {
		skip_bytes(s, n);
		return SPLIT_MORE;
	}
	if (s->depth < 0)
		return SPLIT_BROKEN;
	s->where = s->in.p[n] == ',' ? SPLIT_VALUE : SPLIT_END;
	skip_bytes(s, n + 1);
	return finish_item(s, item, line);
}

enum split_result
split_next(struct split *s, struct str *item, int64_t *line)
{
	if (s->mode == SPLIT_UNKNOWN) {
		while (s->in.n > 0 && is_space(*s->in.p)) {
			s->line += *s->in.p == '\n';
			skip_bytes(s, 1);
		}
		if (s->in.n == 0)
			return SPLIT_MORE;
		s->mode = *s->in.p == '[' ? SPLIT_ARRAY : SPLIT_LINES;
		if (s->mode == SPLIT_ARRAY) {
			s->line = 0;
			skip_bytes(s, 1);
		}
	}
	return s->mode == SPLIT_ARRAY ? next_element(s, item, line) : next_line(s, item, line);
}

enum split_result
split_end(struct split *s, struct str *item, int64_t *line)
{
	enum split_result r;

	if (s->mode == SPLIT_ARRAY)
		return s->where == SPLIT_END ? SPLIT_MORE : SPLIT_BROKEN;
	if (!s->started)
		return SPLIT_MORE;
	r = finish_item(s, item, line);
	return r == SPLIT_ITEM && item->n == 0 ? SPLIT_MORE : r;
}
