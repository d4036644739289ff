/* pages.c -- two readers that alternate. See pages.h.
 *
 * The rows of a query live in the arena of the coroutine that ran it, so each page is a coroutine: it reads, waits
 * until the page was used, and ends.
 */
#include "pages.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "run/co.h"
#include "worker/child.h"
#include "worker/domain/catalog/review.h"

enum { RETRY_MS = 200, RETRY_MAX_MS = 1000, TRIES = 5 };

struct page {
	struct pages	*owner;
	struct co	*reader;	/* while the page is there or being read */
	bool		 ready, used;
	int		 rc, n;
	struct str	*texts;
};

struct pages {
	const char	*product_id;
	int		 page_reviews;
	int64_t		 after;
	struct page	 page[2];
	int		 turn;		/* the page being worked on */
	struct co_group	 readers;
	struct co_gate	 gate;
};

/* Yields. Retries for as long as a service is down; any other error a few times. */
static int
read_texts(struct page *page)
{
	struct pages *p = page->owner;
	int64_t wait_ms = RETRY_MS;
	int rc, tries = 0;

	while ((rc = review_texts(co_arena(), p->product_id, &p->after, p->page_reviews, &page->texts, &page->n)) < 0) {
		if (child_stopping() || page->used || rc == E_CANCELED)
			return E_CANCELED;
		if (rc != E_DOWN && rc != E_BUSY && ++tries == TRIES)
			return rc;
		if ((rc = co_sleep(wait_ms)) < 0)
			return rc;
		wait_ms = wait_ms * 2 < RETRY_MAX_MS ? wait_ms * 2 : RETRY_MAX_MS;
	}
	return 0;
}

static void
run_reader(void *arg)
{
	struct page *page = arg;

	page->reader = co_self();
	page->rc = read_texts(page);
	page->ready = true;
	co_gate_wake_all(&page->owner->gate);
	while (!page->used)
		co_park(-1);
	page->reader = NULL;
}

static void
begin_page(struct pages *p, struct page *page)
{
	*page = (struct page){ .owner = p };
	co_group_spawn(&p->readers, run_reader, page, 0);
}

static void
release_page(struct page *page)
{
	page->used = true;
	if (page->ready && page->reader != NULL)	/* else it is in a query, and checks afterwards */
		co_wake(page->reader);
}

struct pages *
pages_open(const char *product_id, int page_reviews)
{
	struct pages *p = calloc(1, sizeof(*p));

	if (p == NULL)
		bug("out of memory");
	p->product_id = product_id;
	p->page_reviews = page_reviews;
	p->turn = 1;
	begin_page(p, &p->page[0]);
	return p;
}

void
pages_close(struct pages **pp)
{
	struct pages *p = *pp;
	int i;

	*pp = NULL;
	for (i = 0; i < 2; i++)
		release_page(&p->page[i]);
	while (p->readers.live > 0)
		co_group_wait(&p->readers);
	free(p);
}

int
pages_next(struct pages *p, struct str **texts, int *n)
{
	struct page *page = &p->page[!p->turn], *before = &p->page[p->turn];
	int rc;

	*n = 0;
	release_page(before);
	if ((rc = co_sleep(0)) < 0)		/* also lets the previous page's reader end */
		return rc;
	while (!page->ready || before->reader != NULL)
		if ((rc = co_gate_wait(&p->gate, before->reader != NULL ? 1 : -1)) < 0 && rc != E_TIMEOUT)
			return rc;
	p->turn = !p->turn;
	if (child_stopping())
		return E_CANCELED;
	if (page->rc < 0)
		return page->rc;
	*texts = page->texts;
	*n = page->n;
	if (page->n == p->page_reviews)
		begin_page(p, before);
	else
		*before = (struct page){ .owner = p, .ready = true };	/* the end: an empty page */
	return 0;
}
