/* grid.c -- aligned columns. See grid.h. */
#include "grid.h"

#include <stdarg.h>

#include "log.h"
#include "str.h"

struct grid_row {
	struct grid_row	*next;
	size_t			 n;
	const char		*cells[GRID_COLUMNS_MAX];
};

void
grid_init(struct grid *t, struct arena *mem)
{
	*t = (struct grid){ .mem = mem };
}

void
grid_add(struct grid *t, ...)
{
	struct grid_row *r = arena_zalloc(t->mem, sizeof(*r));
	const char *cell;
	va_list ap;

	va_start(ap, t);
	while ((cell = va_arg(ap, const char *)) != NULL) {
		if (r->n == GRID_COLUMNS_MAX)
			bug("too many columns");
		r->cells[r->n++] = arena_strdup(t->mem, cell);
	}
	va_end(ap);
	if (t->last != NULL)
		t->last->next = r;
	else
		t->first = r;
	t->last = r;
	t->columns = r->n > t->columns ? r->n : t->columns;
}

/* Hangul and the other wide scripts take two places on a terminal. */
static size_t
display_width(const char *s)
{
	const char *end = s + strlen(s);
	size_t n = 0;
	uint32_t c;

	while (s < end && (c = utf8_next(&s, end)) != 0)
		n += (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xff60)
		    ? 2 : 1;
	return n;
}

void
grid_text(const struct grid *t, struct buf *out)
{
	size_t widths[GRID_COLUMNS_MAX] = { 0 }, i, pad;
	const struct grid_row *r;

	for (r = t->first; r != NULL; r = r->next)
		for (i = 0; i < r->n; i++)
			widths[i] = display_width(r->cells[i]) > widths[i] ? display_width(r->cells[i]) : widths[i];
	for (r = t->first; r != NULL; r = r->next) {
		for (i = 0; i < r->n; i++) {
			buf_str(out, r->cells[i]);
			for (pad = display_width(r->cells[i]); i + 1 < r->n && pad < widths[i] + 2; pad++)
				buf_byte(out, ' ');
		}
		buf_byte(out, '\n');
	}
}
