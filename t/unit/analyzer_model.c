/* analyzer_model.c -- the model file: what is written is read back, anything damaged is refused with a reason. */
#include "worker/analyzer/model.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "tap.h"
#include "worker/analyzer/features.h"

#define BITS 12

static char path[] = "/tmp/dure-model-XXXXXX";
static int8_t weights[1 << BITS];

static void
save(void)
{
	struct model_header head = { .bits = BITS, .reviews = 7, .scale = 0.01f, .offset = 0.25f, .neutral_low = 0.4f,
		.neutral_high = 0.6f, .accuracy = 0.5f };

	if (model_save(path, &head, weights) < 0)
		abort();
}

/* Save a good model, change `n` bytes at `at`, and say why it is refused ("" when it is not). */
static const char *
damaged(off_t at, const char *bytes, size_t n)
{
	struct model *m;
	const char *why = "";
	int fd;

	save();
	if ((fd = open(path, O_WRONLY)) < 0 || pwrite(fd, bytes, n, at) != (ssize_t)n || close(fd) < 0)
		abort();
	m = model_open(path, &why);
	ok((m == NULL) == (why != NULL && *why != '\0'), "every refusal gives a reason");
	if (m != NULL)
		why = "";
	model_close(&m);
	return why;
}

static void
test_round_trip(void)
{
	const char *why = "none";
	struct model *m;

	save();
	if (!ok((m = model_open(path, &why)) != NULL, "a saved model opens"))
		return;
	ok(why == NULL, "opening a good model gives no reason");
	is_int(m->head->bits, BITS, "a saved model keeps its size in bits");
	is_int(m->head->reviews, 7, "a saved model keeps its number of reviews");
	is_int(m->head->version, FEATURE_VERSION, "a saved model keeps its version");
	is_mem(m->weights, weights, sizeof(weights), "a saved model keeps its weights");
	model_close(&m);
	ok(m == NULL, "model_close nulls the pointer");
	model_close(&m);
}

static void
test_damage(void)
{
	const char *why;
	struct model *m;

	is_str(damaged(0, "X", 1), "not a model file", "a file with another magic number is refused");
	is_str(damaged(8, "\x7f", 1), "model of another version: train it again",
	    "a file of another version is refused");
	is_str(damaged(12, "\x1f", 1), "damaged model header", "a table size out of range is refused");
	is_str(damaged(12, "\x0d", 1), "model file has the wrong length",
	    "a header that promises more than the file has is refused");
	is_str(damaged(24, "\x01", 1), "model file is damaged (checksum)", "an altered scale is refused");
	is_str(damaged(56 + 1000, "\x55", 1), "model file is damaged (checksum)", "an altered weight is refused");
	is_str(damaged(56 + (1 << BITS), "\n", 1), "model file has the wrong length",
	    "a file with a byte too many is refused");
	save();
	if (truncate(path, 56 + 100) < 0)
		abort();
	ok((m = model_open(path, &why)) == NULL, "a file cut in its weights is refused");
	is_str(why, "model file has the wrong length", "the refusal says that the weights are cut");
	if (truncate(path, 20) < 0)
		abort();
	ok((m = model_open(path, &why)) == NULL, "a file cut in its header is refused");
	is_str(why, "not a model file", "the refusal says that the header is cut");
	if (truncate(path, 0) < 0)
		abort();
	ok((m = model_open(path, &why)) == NULL && why != NULL, "an empty file is refused");
	ok((m = model_open("/tmp", &why)) == NULL && why != NULL, "a directory is refused");
	ok((m = model_open("/nonexistent/model", &why)) == NULL, "a missing file is refused");
	is_str(why, "no such model file", "the refusal of a missing file says why");
}

static void
test_save_fails(void)
{
	struct model_header head = { .bits = BITS };

	errno = 0;
	ok(model_save("/nonexistent/dir/model", &head, weights) == -1 && errno == ENOENT,
	    "model_save reports a failed write by errno");
}

int
main(void)
{
	int fd = mkstemp(path), i;

	if (fd < 0)
		abort();
	close(fd);
	for (i = 0; i < 1 << BITS; i++)
		weights[i] = (int8_t)(i * 37 % 255 - 127);
	test_round_trip();
	test_damage();
	test_save_fails();
	unlink(path);
	return done_testing();
}
