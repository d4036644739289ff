/* analyzer_train.c -- the offline commands on a small made-up file: training is deterministic and learns, misuse is
 * told. */
#include "worker/analyzer/commands.h"

#include <unistd.h>

#include "tap.h"
#include "worker/analyzer/features.h"
#include "worker/analyzer/model.h"
#include "worker/analyzer/phrases.h"

static char dir[] = "/tmp/dure-train-XXXXXX";

static char *
in_dir(const char *name)
{
	static char paths[4][256];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

/* A file of `n` rows whose label hangs on one word of three, and not on the others. */
static void
write_rows(const char *path, int n)
{
	static const char *const praise[] = { "훌륭해요", "마음에 들어요", "좋네요" };
	static const char *const blame[] = { "엉망이에요", "실망이에요", "싫네요" };
	static const char *const noise[] = { "배송", "포장", "가격", "색상", "음악" };
	FILE *f = fopen(path, "w");
	int i;

	if (f == NULL)
		abort();
	fputs("id\tdocument\tlabel\n", f);
	for (i = 0; i < n; i++)
		fprintf(f, "%d\t%s %s %d\t%d\n", i, noise[i % 5], (i * 7 / 3 % 2 ? praise : blame)[i / 5 % 3], i % 11,
		    i * 7 / 3 % 2);
	fputs("broken line\n7\tno label\tx\n", f);
	fclose(f);
}

static bool
same_file(const char *a, const char *b)
{
	FILE *f = fopen(a, "r"), *g = fopen(b, "r");
	int c, d;

	if (f == NULL || g == NULL)
		abort();
	do {
		c = fgetc(f);
		d = fgetc(g);
	} while (c == d && c != EOF);
	fclose(f);
	fclose(g);
	return c == d;
}

static void
test_train(const char *rows)
{
	char *one = in_dir("one"), *two = in_dir("two");
	const char *why;
	struct verdict v;
	struct model *m;

	is_int(analyzer_train_main(4, (char *[]){ "train", (char *)rows, "-o", one, NULL }), 0,
	    "a training run succeeds");
	is_int(analyzer_train_main(6, (char *[]){ "train", "-e", (char *)rows, "-o", two, (char *)rows, NULL }), 0,
	    "a second training run succeeds");
	ok(same_file(one, two), "the same reviews give the same file");
	if (!ok((m = model_open(one, &why)) != NULL, "the trained model opens"))
		return;
	is_int(m->head->reviews, 600, "the model is trained on every well-formed line");
	ok(m->head->accuracy > 0.95f,
	    "the model has learnt: %.3f of the held-out rows are right", (double)m->head->accuracy);
	model_classify(m, "색상 훌륭해요", strlen("색상 훌륭해요"), &v);
	is_str(sentiment_names[v.label], "positive", "the trained model recognises praise");
	model_classify(m, "색상 엉망이에요", strlen("색상 엉망이에요"), &v);
	is_str(sentiment_names[v.label], "negative", "the trained model recognises blame");
	model_close(&m);
	is_int(analyzer_eval_main(4, (char *[]){ "eval", (char *)rows,
	    "-m", one, NULL }), 0, "eval of the trained model succeeds");
}

static void
test_misuse(const char *rows)
{
	char *empty = in_dir("empty");
	FILE *f = fopen(empty, "w");

	if (f == NULL)
		abort();
	fputs("{\"text\": \"좋아요\"}\n{\"no\": 1}\nnot json\n", f);
	fclose(f);
	is_int(analyzer_train_main(1, (char *[]){ "train", NULL }), 2, "train without a file is refused");
	is_int(analyzer_eval_main(1, (char *[]){ "eval", NULL }), 2, "eval without a file is refused");
	is_int(analyzer_train_main(2, (char *[]){ "train", "/nonexistent/file", NULL }), 1,
	    "train on a missing file is refused");
	is_int(analyzer_train_main(4, (char *[]){ "train", empty, "-o", in_dir("no"), NULL }), 1,
	    "train on reviews without labels is refused");
	is_int(analyzer_train_main(4, (char *[]){ "train", (char *)rows, "-o", "/nonexistent/dir/model", NULL }), 1,
	    "train fails when the model cannot be written");
	is_int(analyzer_eval_main(4, (char *[]){ "eval", (char *)rows, "-m", (char *)rows, NULL }), 1,
	    "eval without a model file is refused");
}

static void
write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		abort();
	fputs(text, f);
	fclose(f);
}

static void
test_phrases(const char *rows)
{
	char *phrases = in_dir("phrases"), *model = in_dir("one");
	struct examples x = { 0 };
	const char *why;
	struct verdict v;
	struct model *m;
	size_t i, praise = 0;

	write_text(phrases, "# a remark\n\n+ {택배|소포}가 {정말 |}날아왔어요\n- 택배가 기어왔어요\n= 택배가 왔어요\n");
	is_int(phrases_load(&x, phrases, 8), 0, "a file of phrases is read");
	is_int((int64_t)x.n, 20, "eight phrases are praise, eight blame, two carry both labels");
	for (i = 0; i < x.n; i++) {
		praise += (size_t)x.e[i].positive;
		if (memchr(x.e[i].text.p, '{', x.e[i].text.n) != NULL ||
		    memchr(x.e[i].text.p, '|', x.e[i].text.n) != NULL)
			ok(false,
			    "every alternative is drawn; this one was not: %.*s", (int)x.e[i].text.n, x.e[i].text.p);
	}
	is_int((int64_t)praise, 10, "drawn sentences have both labels");
	examples_fini(&x);
	is_int(analyzer_train_main(6, (char *[]){ "train", (char *)rows, "-p", phrases, "-o", model, NULL }), 0,
	    "training with phrases succeeds");
	if (ok((m = model_open(model, &why)) != NULL, "the trained model opens")) {
		is_int(m->head->reviews, 600, "drawn sentences are not counted as reviews");
		model_classify(m, "소포가 날아왔어요", strlen("소포가 날아왔어요"), &v);
		is_str(sentiment_names[v.label], "positive", "praise that only the phrases contain is recognised");
		model_classify(m, "택배가 기어왔어요", strlen("택배가 기어왔어요"), &v);
		is_str(sentiment_names[v.label], "negative", "blame that only the phrases contain is recognised");
	}
	model_close(&m);
	for (i = 0; i < 6; i++) {
		static const char *const bad[] = { "* x y", "+좋아요", "+ {a|b", "+ a|b", "- a}b", "+ {a{b}}" };

		write_text(phrases, bad[i]);
		is_int(phrases_load(&x, phrases, 8), -1, "a malformed file of phrases is refused: %s", bad[i]);
		examples_fini(&x);
	}
	is_int(analyzer_train_main(4, (char *[]){ "train", (char *)rows, "-p", "/nonexistent/file", NULL }), 1,
	    "a missing file of phrases is refused");
	unlink(phrases);
}

/* Normalisation and features, as far as the classifier relies on them. */
static void
test_features(void)
{
	static struct symbols s;
	static struct features f;
	const char *text = "AB  ㅋㅋㅋㅋ\n", *end = text + strlen(text);

	ok(symbols_read(&s, text, end) == end, "a short text is one part");
	ok(s.n == 7 && s.c[0] == MARK && s.c[1] == 'a' && s.c[3] == MARK && s.c[5] == 0x314b && s.c[6] == MARK,
	    "a text is normalised");
	ok(s.hangul == 4 && s.latin == 2, "letters of each script are kept");
	features_of(&s, 20, &f);
	ok(f.n == f.plain && f.n > 10 && f.n <= FEATURES_MAX, "a text yields %zu features", f.n);
	text = "안 좋아요";
	symbols_read(&s, text, text + strlen(text));
	features_of(&s, 20, &f);
	is_int((int64_t)(f.n - f.plain), 6, "the features within a negated word are inverted");
	text = "좋지 않나요";
	symbols_read(&s, text, text + strlen(text));
	features_of(&s, 20, &f);
	is_int((int64_t)(f.n - f.plain), 0, "a rhetorical question is not a negation");
}

int
main(void)
{
	char *rows;

	if (mkdtemp(dir) == NULL)
		abort();
	rows = strdup(in_dir("rows"));
	write_rows(rows, 600);
	test_features();
	test_train(rows);
	test_phrases(rows);
	test_misuse(rows);
	unlink(rows);
	free(rows);
	unlink(in_dir("one"));
	unlink(in_dir("two"));
	unlink(in_dir("empty"));
	rmdir(dir);
	return done_testing();
}
