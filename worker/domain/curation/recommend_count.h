/* recommend_count.h -- the types of lists, and the metrics by type and algorithm. */
#ifndef CURATION_RECOMMEND_COUNT_H
#define CURATION_RECOMMEND_COUNT_H

#include <stdint.h>

enum recommend_type { RECOMMEND_VIDEOS, RECOMMEND_SIMILAR, RECOMMEND_PRODUCTS, RECOMMEND_TYPES };

const char	*recommend_type_name(enum recommend_type t);
/* Registers the labels of the metrics; once a process. Does not yield. */
void	 recommend_count_start(void);
/* Counts a made list; and `n` lists of a type that were clicked for the first time. Do not yield. */
void	 recommend_count_made(enum recommend_type t, const char *algorithm);
void	 recommend_count_clicked(const char *type, int64_t n);
/* Sets recommendation_accuracy from the last week's lists; one process of all hosts does it. Yields. Errors as
 * pg_query. */
int	 recommend_count_accuracy(int64_t *n);

#endif
