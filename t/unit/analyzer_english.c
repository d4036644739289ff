/* analyzer_english.c -- the English lexicon: its order, its rules, and a hundred hand-made sentences. */
#include "worker/analyzer/lexicon_en.h"

#include "tap.h"
#include "worker/analyzer/model.h"

#define MOOD(w, t)	w,
#define DEGREE(w, t)	w,
#define NEGATOR(w)	w,
#define BUT(w)		w,
#define THOUGH(w)	w,
#define SKIP(w)		w,
static const char *const lexicon[] = {
#include "worker/analyzer/lexicon_en.def"
};
static const char *const stop_words[] = {
#include "worker/analyzer/stop_words.def"
};

/* Written by hand for this test, 50 of each kind; some shaped the list, so this is no measure of unseen text. */
static const struct {
	int		positive;
	const char	*text;
} sentences[] = {
	{ 1, "Absolutely loved this movie, the acting was brilliant and the story kept me hooked." },
	{ 1, "Great product, works exactly as described." },
	{ 1, "I can't recommend this enough." },
	{ 1, "Not bad at all, I was pleasantly surprised." },
	{ 1, "Battery life is excellent and it charges quickly." },
	{ 1, "The best headphones I have ever owned!" },
	{ 1, "Never had a dull moment, what a thrilling ride." },
	{ 1, "Arrived on time and in perfect condition." },
	{ 1, "My kids love it and it was very easy to assemble." },
	{ 1, "It was a bit slow at first, but the ending was amazing." },
	{ 1, "No complaints whatsoever, five stars." },
	{ 1, "Beautiful cinematography and a heartfelt story." },
	{ 1, "Couldn't be happier with my purchase." },
	{ 1, "Although the plot is simple, the performances are outstanding." },
	{ 1, "Sturdy, well made and good value for money." },
	{ 1, "This never disappoints." },
	{ 1, "The soundtrack alone is worth the ticket." },
	{ 1, "I don't regret buying this one bit." },
	{ 1, "Funny, charming, and surprisingly moving." },
	{ 1, "Fits perfectly and the fabric is so soft." },
	{ 1, "Simply a masterpiece." },
	{ 1, "It exceeded my expectations." },
	{ 1, "Customer service was friendly and helpful." },
	{ 1, "I would buy it again without hesitation, highly recommended." },
	{ 1, "Cheap but good." },
	{ 1, "I laughed and cried, a must see." },
	{ 1, "It is not boring for a second." },
	{ 1, "Lightweight, quiet and efficient." },
	{ 1, "The coffee tastes fantastic." },
	{ 1, "Exactly what I needed, thank you!" },
	{ 0, "Terrible quality, it broke after two days." },
	{ 0, "This was a complete waste of time." },
	{ 0, "I do not like the taste at all." },
	{ 0, "The plot made no sense and the acting was wooden." },
	{ 0, "Don't buy this, it's garbage." },
	{ 0, "Not worth the money." },
	{ 0, "The product isn't good and support is useless." },
	{ 0, "I expected so much more, what a disappointment." },
	{ 0, "It looked nice in the pictures, but the material is cheap and it tore immediately." },
	{ 0, "Too expensive for what you get." },
	{ 0, "I fell asleep halfway through." },
	{ 0, "The worst film of the year." },
	{ 0, "Stopped working after a week and they refused to refund me." },
	{ 0, "I wouldn't recommend this to anyone." },
	{ 0, "The food was cold and the waiter was rude." },
	{ 0, "Boring, predictable and far too long." },
	{ 0, "Didn't fit, had to send it back." },
	{ 0, "The screen is great, but the battery is awful and it overheats constantly." },
	{ 0, "Nothing special, just another cash grab." },
	{ 0, "It hardly works and the app keeps crashing." },
	{ 0, "Not funny, not scary, not interesting." },
	{ 0, "I wish I had not wasted two hours on this." },
	{ 0, "Poor packaging, item arrived damaged." },
	{ 0, "The sound is weak and full of noise." },
	{ 0, "Overrated and dull." },
	{ 0, "It never worked properly." },
	{ 0, "I was not impressed." },
	{ 0, "Very uncomfortable, gave me a headache." },
	{ 0, "Save your money and look elsewhere." },
	{ 0, "The book is well written but the story goes nowhere and the characters are annoying." },
	{ 1, "The kids were laughing the whole time and so was I." },
	{ 1, "Honestly one of the finest thrillers of the decade." },
	{ 1, "This blender crushes ice with no trouble." },
	{ 1, "Quick delivery and the seller answered every question." },
	{ 1, "I was skeptical, but this lamp turned out to be fantastic." },
	{ 1, "Nothing but praise for this little camera." },
	{ 1, "It does what it says and it is built like a tank." },
	{ 1, "You will not regret watching it." },
	{ 1, "An emotional and beautifully shot film." },
	{ 1, "Super comfortable shoes, I wear them every day." },
	{ 1, "The staff went out of their way to make us feel welcome." },
	{ 1, "Not a single problem in two years." },
	{ 1, "The dialogue is sharp and the pacing is great." },
	{ 1, "Bought a second one for my mother, she adores it." },
	{ 1, "Despite a few flaws it is a wonderful game." },
	{ 1, "Smells lovely and lasts all day." },
	{ 1, "10/10 would watch again" },
	{ 1, "What a pleasant surprise this book was." },
	{ 1, "My skin feels so smooth after using it." },
	{ 1, "Works like a charm." },
	{ 0, "The hinge snapped on the first day." },
	{ 0, "I returned it immediately." },
	{ 0, "Awful service, we waited an hour for cold soup." },
	{ 0, "Could not finish it, that's how bad it was." },
	{ 0, "The instructions are confusing and two screws were missing." },
	{ 0, "It is neither funny nor clever." },
	{ 0, "Looks good on the shelf, but it doesn't do anything useful." },
	{ 0, "I want my money back." },
	{ 0, "The jokes fall flat and the lead has no charisma." },
	{ 0, "The zipper got stuck and the stitching came loose." },
	{ 0, "Way too sweet, I threw it away." },
	{ 0, "Don't waste your money on this." },
	{ 0, "The trailer was better than the movie." },
	{ 0, "A dull script with cardboard characters." },
	{ 0, "The worst customer support I have ever dealt with." },
	{ 0, "It is not as good as the old version." },
	{ 0, "My order never arrived." },
	{ 0, "The colour faded after one wash." },
	{ 0, "Disappointed with the picture quality." },
	{ 0, "Barely lasted a month before it died." },
};

static float
odds(const char *text)
{
	struct lexicon_score s;

	lexicon_en_score(text, strlen(text), &s);
	return s.log_odds;
}

static void
test_order(const char *const *words, size_t n, const char *what)
{
	size_t i;

	for (i = 1; i < n && strcmp(words[i - 1], words[i]) < 0; i++)
		;
	ok(i == n,
	    "table %s: its %zu rows are in strcmp order%s%s", what, n, i < n ? ", but not " : "",
	    i < n ? words[i] : "");
}

static void
test_rules(void)
{
	struct lexicon_score s;

	ok(odds("good") > 0.5f, "praise is positive");
	ok(odds("bad") < -0.5f, "blame is negative");
	ok(odds("not good") < -0.3f, "\"not good\" is negative");
	ok(odds("not bad") > 0.2f, "\"not bad\" is weakly positive");
	ok(odds("isn't very good") < -0.5f && odds("isn\u2019t good") < -0.3f,
	    "\"n't\" negates with a straight and a curly apostrophe");
	ok(odds("I don't think this is good") < 0, "a negator reaches a few words ahead");
	ok(odds("I did not wait. Good.") > 0, "a negator does not reach past its sentence");
	ok(odds("very good") > odds("good") && odds("somewhat good") < odds("good"),
	    "words of degree change the strength");
	ok(odds("good but awful") < 0 && odds("awful but good") > odds("awful and good"),
	    "\"but\" outweighs what precedes it");
	ok(odds("Although slow, it is wonderful") > odds("slow, it is wonderful"),
	    "what follows \"although\" weighs less");
	ok(odds("looks like a phone") >= 0 && odds("looks like a phone") <= 0,
	    "\"like\" as a comparison carries no mood");
	ok(odds("crashes") < 0 && odds("LOVING it") > 0 && odds("boringly") < 0,
	    "word endings and letter case do not matter");
	lexicon_en_score("the quick table", 15, &s);
	lexicon_en_score("", 0, &s);
	ok(s.hits == 0 && s.log_odds >= 0 && s.log_odds <= 0, "an empty text scores nothing");
	lexicon_en_score("👍", strlen("👍"), &s);
	ok(s.hits == 1 && s.emoji == 1 && s.log_odds > 0, "an emoji is scored");
}

static void
test_sentences(const struct model *m)
{
	size_t n = sizeof(sentences) / sizeof(sentences[0]), i, right = 0;
	struct verdict v;

	for (i = 0; i < n; i++) {
		model_classify(m, sentences[i].text, strlen(sentences[i].text), &v);
		if ((v.p_positive >= 0.5f) == sentences[i].positive)
			right++;
		else
			diag("p %.2f for: %s", (double)v.p_positive, sentences[i].text);
	}
	ok(right * 100 >= n * 95, "the English rules judge %zu of %zu sentences correctly", right, n);
}

int
main(void)
{
	const char *why;
	struct model *m = model_open(MODEL_PATH, &why);

	test_order(lexicon, sizeof(lexicon) / sizeof(lexicon[0]), "lexicon");
	test_order(stop_words, sizeof(stop_words) / sizeof(stop_words[0]), "stop-words");
	test_rules();
	if (ok(m != NULL, "the shipped model opens"))
		test_sentences(m);
	model_close(&m);
	return done_testing();
}
