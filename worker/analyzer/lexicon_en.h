/* lexicon_en.h -- the sentiment of English words: a hand-written list with rules for negation, degree and "but".
 *
 * Words weigh -3.0 to 3.0. A negator inverts and weakens the next few words, a degree word scales the next one, "but"
 * reduces the weight of what precedes it. A few emoji count as words. No training, no third-party list.
 */
#ifndef ANALYZER_LEXICON_EN_H
#define ANALYZER_LEXICON_EN_H

#include <stddef.h>

struct lexicon_score {
	float		log_odds;	/* of being positive; 0 without hits */
	unsigned	hits;		/* words and emoji of the list */
	unsigned	emoji;		/* emoji among them */
};

/* Scores `n` bytes of valid UTF-8; considers only words of Latin letters, and emoji. */
void	 lexicon_en_score(const char *text, size_t n, struct lexicon_score *out);

#endif
