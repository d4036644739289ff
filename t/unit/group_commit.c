/* group_commit.c -- batches: alone at once, together under load, abandoned waiters, retries, refusals, flush, records.
 */
#include "worker/domain/core/group_commit.h"

#include "base/err.h"
#include "run/loop.h"
#include "tap.h"

struct item {
	struct group_entry	 entry;
	char			 name;
};

static struct group_commit queue;
static char log_text[256];		/* names in the order stored, batches in brackets */
static int fail_times, fail_rc, refused;
static int returned[16], n_returned;

static int
write_items(struct group_entry *const *batch, size_t n)
{
	size_t i;

	co_sleep(5);
	if (fail_times > 0) {
		fail_times--;
		return fail_rc;
	}
	strcat(log_text, "[");
	for (i = 0; i < n; i++)
		strncat(log_text, &((struct item *)batch[i])->name, 1);
	strcat(log_text, "]");
	return 0;
}

static int
write_records(struct group_entry *const *batch, size_t n)
{
	strcat(log_text, group_records_json(co_arena(), batch, n));
	return 0;
}

/* Settles each with a verdict of its own. */
static int
write_verdicts(struct group_entry *const *batch, size_t n)
{
	size_t i;

	co_sleep(1);
	for (i = 0; i < n; i++)
		group_settle(&queue, batch[i], ((struct item *)batch[i])->name == 'b' ? E_VALIDATION : 0);
	return GROUP_SETTLED;
}

static void
count_refused(size_t n, int rc)
{
	refused += rc < 0 ? (int)n : 0;
}

static struct item *
make_item(char name)
{
	struct item *it = group_entry_new(sizeof(*it), 256);

	it->name = name;
	return it;
}

static void
store_one(void *arg)
{
	struct item *it = make_item(*(const char *)arg);
	int rc = group_commit_wait(&queue, &it->entry);

	if (rc == 0) {
		rc = it->entry.rc;
		group_entry_free(&it->entry);
	}
	returned[n_returned++] = rc;
}

static void
begin(struct group_commit g)
{
	queue = g;
	*log_text = '\0';
	n_returned = refused = 0;
}

static void
store_names(const char *names, struct co_group *g)
{
	for (; *names != '\0'; names++)
		co_group_spawn(g, store_one, (void *)names, 0);
}

static void
test_together(void)
{
	struct co_group g = { 0 };

	begin((struct group_commit){ .write = write_items, .batch_max = 3, .writers_max = 1 });
	store_names("abcdef", &g);
	co_group_wait(&g);
	is_str(log_text, "[a][bcd][ef]",
	    "the first entry is written at once, the others wait and go together, at most batch_max");
	is_int(n_returned, 6, "every caller got its answer");
	ok(returned[0] == 0 && returned[5] == 0, "a stored entry answers 0");
	is_int((int)queue.n, 0, "the queue is empty afterwards");
	begin((struct group_commit){ .write = write_items, .batch_max = 3, .writers_max = 2 });
	store_names("abc", &g);
	co_group_wait(&g);
	is_str(log_text, "[a][b][c]", "two writers take one entry each");
}

static void
test_abandoned(void)
{
	struct co_group g = { 0 };
	struct co *c;

	begin((struct group_commit){ .write = write_items, .batch_max = 8, .writers_max = 1 });
	store_names("a", &g);
	c = co_spawn(store_one, "x", 0);
	store_names("b", &g);
	co_cancel(c);
	co_group_wait(&g);
	is_str(log_text, "[a][xb]", "an entry is stored although its caller was cancelled");
	is_int(returned[0], E_CANCELED, "a cancelled caller returns at once");
}

static void
test_verdicts(void)
{
	struct co_group g = { 0 };

	begin((struct group_commit){ .write = write_verdicts, .batch_max = 8, .writers_max = 1 });
	store_names("abc", &g);
	co_group_wait(&g);
	ok(returned[0] == 0 && returned[1] == E_VALIDATION && returned[2] == 0,
	    "each entry of a batch can have a verdict of its own");
}

static void
test_failures(void)
{
	struct co_group g = { 0 };

	begin((struct group_commit){ .write = write_items, .batch_max = 2, .writers_max = 1, .retry_ms = 5,
	    .settled = count_refused });
	fail_times = 2;
	fail_rc = E_DOWN;
	store_names("abc", &g);
	co_group_wait(&g);
	is_str(log_text, "[ab][c]", "a batch that failed for now is repeated, in order, together with later entries");
	is_int(refused, 0, "no entry was dropped");

	begin((struct group_commit){ .write = write_items, .batch_max = 2, .writers_max = 1, .retry_ms = 5,
	    .refused_ms = 5, .settled = count_refused });
	fail_times = 1;
	fail_rc = E_VALIDATION;
	store_names("abc", &g);
	co_group_wait(&g);
	is_str(log_text, "[bc]", "a batch that is refused for good is dropped and the next one stored");
	is_int(refused, 1, "dropped entries are counted");
	is_int(returned[0], E_VALIDATION, "the caller of a dropped entry gets its error");

	begin((struct group_commit){ .write = write_items, .batch_max = 2, .writers_max = 1 });
	fail_times = 1;
	fail_rc = E_DOWN;
	store_names("a", &g);
	co_group_wait(&g);
	is_int(returned[0], E_DOWN, "without retry_ms the caller gets the error");
}

static void
test_records(void)
{
	begin((struct group_commit){ .write = write_records, .batch_max = 8, .writers_max = 1, .deferred = true });
	ok(group_commit_add_record(&queue, 2, "{\"a\":1}", 7) && group_commit_add_record(&queue, 2, "{}", 2),
	    "records are queued");
	ok(!group_commit_add_record(&queue, 2, "{}", 2), "the queue is bounded");
	is_str(log_text, "", "a deferred write does not begin in the caller's context");
	is_int(group_commit_flush(&queue), 0, "group_flush waits");
	is_str(log_text, "[{\"a\":1},{}]", "group_flush returns when all records are stored, as one array");

	begin((struct group_commit){ .write = write_items, .batch_max = 8, .writers_max = 1, .retry_ms = 60000 });
	fail_times = 1;
	fail_rc = E_DOWN;
	co_spawn(store_one, "z", 0);
	co_sleep(20);
	is_int(group_commit_flush(&queue), 0, "group_flush does not wait for the pause before a retry");
	is_str(log_text, "[z]", "group_flush tries at once");
}

static void
run(void *arg)
{
	(void)arg;
	test_together();
	test_abandoned();
	test_verdicts();
	test_failures();
	test_records();
	loop_stop();
}

int
main(void)
{
	loop_init();
	co_spawn(run, NULL, 0);
	loop_run();
	return done_testing();
}
