/* josa.h -- picks the Korean particle that agrees with the word before it. */
#ifndef ANALYZER_JOSA_H
#define ANALYZER_JOSA_H

#include <stddef.h>

enum josa {
	JOSA_SUBJECT,	/* 이 가 */
	JOSA_TOPIC,	/* 은 는 */
	JOSA_OBJECT,	/* 을 를 */
	JOSA_WITH,	/* 과 와 */
	JOSA_BY		/* 으로 로 */
};

/* The particle after `n` bytes of valid UTF-8: by the final consonant of Hangul, by the sound of a last digit or Latin
 * letter; anything else counts as ending in a vowel. Static text. */
const char	*josa(enum josa which, const char *word, size_t n);

#endif
