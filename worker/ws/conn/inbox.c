/* inbox.c -- the messages of one client, in order, each in a coroutine. See inbox.h. */
#include "inbox.h"

#include <stdlib.h>

#include "base/conf.h"
#include "run/co.h"

static bool paused;
static int running;

struct inbox_item *
inbox_item(struct str text)
{
	struct inbox_item *it = calloc(1, sizeof(*it) + text.n + 1);
	char *copy = (char *)(it + 1);

	if (it == NULL)
		abort();
	if (text.n > 0)
		memcpy(copy, text.p, text.n);
	it->text = (struct str){ copy, text.n };
	return it;
}

void
inbox_item_free(struct inbox_item *it)
{
	int i;

	for (i = 0; i < it->n_blobs; i++)
		free((char *)(uintptr_t)it->blobs[i].p);
	free(it->blobs);
	free(it);
}

void
inbox_init(struct inbox *in, const struct inbox_ops *ops)
{
	*in = (struct inbox){ .refs = 1, .ops = ops };
}

void
inbox_ref(struct inbox *in)
{
	in->refs++;
}

void
inbox_put(struct inbox *in)
{
	if (--in->refs == 0)
		in->ops->release(in);
}

/* With its attachments. */
static uint32_t
item_bytes(const struct inbox_item *it)
{
	size_t n = it->text.n;
	int i;

	for (i = 0; i < it->n_blobs; i++)
		n += it->blobs[i].n;
	return (uint32_t)n;
}

static struct inbox_item *
take_first(struct inbox *in)
{
	struct inbox_item *it = in->first;

	in->first = it->next;
	if (in->first == NULL)
		in->last = NULL;
	in->items--;
	in->bytes -= item_bytes(it);
	return it;
}

static void	run_items(struct inbox *in);

static void
handle_one(void *arg)
{
	struct inbox *in = arg;
	struct inbox_item *it = take_first(in);

	in->co = co_self();
	running++;
	in->ops->handle(in, it);
	running--;
	inbox_item_free(it);
	in->co = NULL;
	run_items(in);
	inbox_put(in);
}

/* Start handlers while each ends at once; one that yields resumes this loop when it ends. */
static void
run_items(struct inbox *in)
{
	if (in->pumping || paused)
		return;
	in->pumping = true;
	inbox_ref(in);
	while (in->first != NULL && in->co == NULL && !paused) {
		inbox_ref(in);
		co_spawn(handle_one, in, 0);
	}
	in->pumping = false;
	inbox_put(in);
}

bool
inbox_add(struct inbox *in, struct inbox_item *it)
{
	if (in->closed || in->items >= INBOX_ITEMS_MAX || in->bytes > 2 * (uint64_t)conf.ws_max_payload) {
		inbox_item_free(it);
		return in->closed;
	}
	it->next = NULL;
	if (in->last != NULL)
		in->last->next = it;
	else
		in->first = it;
	in->last = it;
	in->items++;
	in->bytes += item_bytes(it);
	run_items(in);
	return true;
}

void
inbox_pause(bool on)
{
	paused = on;
}

bool
inbox_paused(void)
{
	return paused;
}

void
inbox_go_on(struct inbox *in)
{
	run_items(in);
}

int
inbox_running(void)
{
	return running;
}

void
inbox_close(struct inbox *in)
{
	in->closed = true;
	while (in->first != NULL)
		inbox_item_free(take_first(in));
	if (in->co != NULL)
		co_cancel(in->co);
	inbox_put(in);
}
