/* inbox.h -- the queue of one client's messages: handled one after the other, each in a coroutine of its own.
 *
 *
 * The owner embeds an inbox and is counted by it: it lives until it was closed and the handler under way has
 * ended.
 */
#ifndef CONN_INBOX_H
#define CONN_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { INBOX_ITEMS_MAX = 1024 };

struct inbox_item {
	struct inbox_item	*next;
	struct str		 text;		/* behind the item, with a NUL */
	struct str		*blobs;		/* binary attachments, each on the heap */
	int			 n_blobs;
};
struct inbox_item *inbox_item(struct str text);
void		 inbox_item_free(struct inbox_item *it);

struct inbox;
struct inbox_ops {
	void	(*handle)(struct inbox *in, struct inbox_item *it);	/* in a coroutine; may yield */
	void	(*release)(struct inbox *in);	/* no reference to the owner is left */
};

struct inbox {
	struct inbox_item	*first, *last;
	struct co		*co;		/* of the handler under way */
	const struct inbox_ops	*ops;
	uint32_t		 bytes;		/* waiting */
	uint16_t		 items, refs;
	bool			 pumping, closed;
};
void	 inbox_init(struct inbox *in, const struct inbox_ops *ops);
/* Handles the item in its turn (the inbox frees it). False: too many wait already, the item is freed. The owner may
 * be freed afterwards unless the caller holds a reference. */
bool	 inbox_add(struct inbox *in, struct inbox_item *it);
/* Close: cancel the running handler, drop what is queued; the owner is released when nothing runs. Once. */
void	 inbox_close(struct inbox *in);
/* Pauses all inboxes: no handler starts until this is lifted, then call inbox_go_on for each. inbox_running: the
 * handlers under way. */
void	 inbox_pause(bool on);
bool	 inbox_paused(void);
void	 inbox_go_on(struct inbox *in);
int	 inbox_running(void);
/* Hold a reference to the owner over a call that may close it. */
void	 inbox_ref(struct inbox *in);
void	 inbox_put(struct inbox *in);

#endif
