/* dataset.h -- reviews read from a file, one a line, for training and measuring.
 *
 * Two forms, told apart by the first byte: NDJSON objects with a "text" member, or tab-separated id, document and label
 * (0 negative, 1 positive) below a header line, the form of the Naver sentiment movie corpus.
 */
#ifndef ANALYZER_DATASET_H
#define ANALYZER_DATASET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

#define LABEL_NONE	(-1)

struct review {
	const char	*text;		/* valid UTF-8, NUL-terminated; in the reader's arena until the next call */
	size_t		 n;
	int		 label;		/* 0, 1 or LABEL_NONE */
};

struct dataset {
	FILE		*f;
	bool		 ndjson;
	char		*line;
	size_t		 cap;
	size_t		 refused;	/* lines skipped so far: not of the form, not UTF-8 */
	struct arena	 mem;
};

/* Opens `path`; 0, or -1 with errno. */
int	 dataset_open(struct dataset *d, const char *path);
void	 dataset_close(struct dataset *d);
/* Reads the next review; false at the end of the file. */
bool	 dataset_next(struct dataset *d, struct review *out);

#endif
