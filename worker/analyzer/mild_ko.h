/* mild_ko.h -- whether a Korean review explicitly neither praises nor blames. */
#ifndef ANALYZER_MILD_KO_H
#define ANALYZER_MILD_KO_H

#include <stdbool.h>
#include <stddef.h>

/* Whether one of the phrases of mild_ko.c ("그럭저럭", "가격만큼") occurs anywhere in `n` bytes of valid UTF-8. */
bool	 is_mild(const char *text, size_t n);

#endif
