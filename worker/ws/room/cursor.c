/* cursor.c -- the delivery cursor. See cursor.h. */
#include "cursor.h"

#include "base/log.h"

static const bool legal[CURSOR_STATES][CURSOR_STATES] = {
	[CURSOR_LIVE]	   = { [CURSOR_REPLAYING] = true, [CURSOR_PREPARING] = true },
	[CURSOR_REPLAYING] = { [CURSOR_LIVE] = true },
	[CURSOR_PREPARING] = { [CURSOR_LIVE] = true },
};

void
cursor_enter(struct cursor *c, enum cursor_state state)
{
	if (!legal[c->state][state])
		bug("a delivery cursor cannot go from this state to that");
	c->state = (uint8_t)state;
}

int64_t
cursor_since(const struct cursor *c)
{
	return c->position > 0 ? c->position : INT64_MAX;
}

void
cursor_replayed(struct cursor *c, int64_t upto)
{
	if (upto < c->position)
		return;
	c->position = c->dedup_seq = upto;
}

void
cursor_restore(struct cursor *c, int64_t seq)
{
	c->position = c->dedup_seq = seq;
}

bool
cursor_advance(struct cursor *c, int64_t seq)
{
	if (seq <= c->position)
		return false;
	c->position = seq;
	return true;
}

void
cursor_interrupt(struct cursor *c)
{
	c->dedup_seq = 0;
}

bool
state_cursor_accept(struct state_cursor *c, int64_t seq)
{
	if (seq > 0 && seq <= c->dedup_seq)
		return false;
	c->seq = seq > 0 ? seq : c->seq;
	c->version++;
	return true;
}

bool
state_cursor_is_news(const struct state_cursor *c, int64_t seq, uint32_t version)
{
	return c->version == version && (seq == 0 || seq > c->seq);
}

void
state_cursor_keep(struct state_cursor *c, int64_t seq, bool stands)
{
	if (seq == 0)
		return;
	c->seq = seq;
	if (stands)
		c->dedup_seq = seq;
}

void
state_cursor_interrupt(struct state_cursor *c)
{
	c->dedup_seq = 0;
}
