/* dataset.c -- a line-by-line reader of labelled or raw reviews. See dataset.h. */
#include "dataset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"

int
dataset_open(struct dataset *d, const char *path)
{
	int c;

	*d = (struct dataset){ .f = fopen(path, "r") };
	if (d->f == NULL)
		return -1;
	arena_init(&d->mem, 16384);
	c = fgetc(d->f);
	d->ndjson = c == '{';
	if (c != EOF)
		ungetc(c, d->f);
	if (!d->ndjson && getline(&d->line, &d->cap, d->f) < 0 && ferror(d->f)) {	/* the header */
		int saved = errno;

		dataset_close(d);
		errno = saved;
		return -1;
	}
	return 0;
}

void
dataset_close(struct dataset *d)
{
	fclose(d->f);
	free(d->line);
	arena_fini(&d->mem);
	*d = (struct dataset){ 0 };
}

static bool
parse_ndjson(struct dataset *d, size_t n, struct review *out)
{
	const struct json *j;
	const char *text;

	if (json_parse(&d->mem, d->line, n, &j) < 0 || (text = json_str(json_get(j, "text"))) == NULL)
		return false;
	*out = (struct review){ text, strlen(text), LABEL_NONE };
	return true;
}

static bool
parse_tsv(struct dataset *d, size_t n, struct review *out)
{
	char *text = memchr(d->line, '\t', n), *label = memrchr(d->line, '\t', n);

	if (text == NULL || ++text > label)
		return false;
	*label++ = '\0';
	if ((*label != '0' && *label != '1') || label[1] != '\0')
		return false;
	*out = (struct review){ text, strlen(text), *label - '0' };
	return out->n == (size_t)(label - 1 - text) && utf8_valid(text, out->n);
}

bool
dataset_next(struct dataset *d, struct review *out)
{
	ssize_t n;

	while ((n = getline(&d->line, &d->cap, d->f)) > 0) {
		while (n > 0 && (d->line[n - 1] == '\n' || d->line[n - 1] == '\r'))
			d->line[--n] = '\0';
		arena_reset(&d->mem);
		if (d->ndjson ? parse_ndjson(d, (size_t)n, out) : parse_tsv(d, (size_t)n, out))
			return true;
		d->refused++;
	}
	return false;
}
