/* plain.c -- the plain JSON WebSocket. See plain.h. */
#include "plain.h"

#include <stdlib.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/param.h"
#include "pong.h"
#include "recover.h"
#include "run/co.h"
#include "run/timeout_queue.h"
#include "worker/ws/conn/inbox.h"
#include "worker/ws/conn/sock.h"
#include "worker/ws/room/kept_state.h"
#include "worker/ws/room/ws_room.h"
#include "worker/ws/wire/encode.h"

enum { MESSAGE_MS = 5000 };

static struct plain *plains;
static int n_plains;
static struct timeout_queue beats;

static void	on_sock_message(void *owner, int opcode, char *p, size_t n);
static void	on_sock_close(void *owner, int code);

static const struct sock_ops plain_ops = { on_sock_message, on_sock_close };

/* Twice a ping interval without a byte, a ping between, and the peer is taken for dead. */
static void
on_beat(struct timeout *e)
{
	struct plain *c = HOLDER(e, struct plain, beat);

	if (c->pinged && !c->sock->heard && !inbox_paused() && !sock_has_more(c->sock)) {
		sock_count_drop(DROP_TIMEOUT);
		sock_close(c->sock, CLOSE_NORMAL);
		on_sock_close(c, CLOSE_ABNORMAL);
		return;
	}
	c->sock->heard = false;
	c->pinged = true;
	sock_send(c->sock, FRAME_PING, NULL, 0);
	timeout_start(&beats, e);
}

void
plain_start(void)
{
	timeout_queue_init(&beats, conf.ws_ping_interval_ms, on_beat);
}

static void
deliver_chunk(struct peer *p, struct chunk *chunk)
{
	struct plain *c = HOLDER(p, struct plain, peer);

	if (c->sock != NULL)
		sock_push(c->sock, chunk);
}

static void
reply_json(struct plain *c, struct str json)
{
	if (c->sock != NULL)
		sock_send(c->sock, FRAME_TEXT, json.p, json.n);
}

static void
refuse_message(struct plain *c, struct arena *mem, int rc, int64_t wait_s)
{
	const struct err_row *row = err_row(rc);

	reply_json(c, json_obj(mem, JS("type", "error"), JS("code", row->code), JS("message", c->english
	    ? row->en : row->ko), JIF(wait_s > 0, JI("retryAfter", wait_s))));
}

struct message_in { const char *type, *task; int64_t history; };
static const struct param message_params[] = {
	P_PICK(FROM_JSON, struct message_in, type, "type", REQUIRED, "subscribe|unsubscribe|ping", NULL),
	P_ID(FROM_JSON, struct message_in, task, "taskId", OPTIONAL),
	P_INT(FROM_JSON, struct message_in, history, "history", OPTIONAL, 0, 1000, "0"), PARAM_END
};

static int
subscribe(struct plain *c, struct arena *mem, const struct message_in *in)
{
	const char *room = arena_printf(mem, "analysis:%s", in->task);
	int rc;

	if ((rc = room_join(&c->peer, room)) < 0)
		return rc;
	reply_json(c, json_obj(mem, JS("type", "subscribed"), JS("taskId", in->task)));
	if (in->history > 0)
		(void)recover_history(&c->peer, room, in->history);
	else
		(void)kept_state_send(&c->peer, room);	/* it is in; updates follow */
	return 0;
}

static int
handle_message(struct plain *c, struct arena *mem, struct str text)
{
	struct param_faults faults = { .n = 0 };
	struct message_in in = { NULL, NULL, 0 };
	struct param_input from = { 0 };
	int rc;

	if ((rc = json_parse(mem, text.p, text.n, &from.body)) < 0 ||
	    (rc = param_bind(mem, message_params, &from, &in, &faults)) < 0)
		return rc;
	if (strcmp(in.type, "ping") == 0) {
		reply_json(c, json_obj(mem, JS("type", "pong"), pong_timestamp(mem, from.body)));
		return 0;
	}
	if (in.task == NULL)
		return E_VALIDATION;
	if (strcmp(in.type, "subscribe") == 0)
		return subscribe(c, mem, &in);
	(void)room_leave(&c->peer, arena_printf(mem, "analysis:%s", in.task));
	reply_json(c, json_obj(mem, JS("type", "unsubscribed"), JS("taskId", in.task)));
	return 0;
}

static void
handle_item(struct inbox *in, struct inbox_item *it)
{
	struct plain *c = HOLDER(in, struct plain, inbox);
	int rc;

	co_set_deadline(MESSAGE_MS);
	if ((rc = handle_message(c, co_arena(), it->text)) < 0)
		refuse_message(c, co_arena(), rc, 0);
}

static void
on_sock_message(void *owner, int opcode, char *p, size_t n)
{
	struct plain *c = owner;
	int64_t wait_s = rate_window_take(&c->window);
	struct arena mem;

	if (wait_s > 0) {
		arena_init(&mem, 512);
		refuse_message(c, &mem, E_RATE, wait_s);
		arena_fini(&mem);
	} else if (opcode != FRAME_TEXT || !inbox_add(&c->inbox, inbox_item((struct str){ p, n }))) {
		sock_count_drop(DROP_PROTOCOL);
		sock_close(c->sock, CLOSE_POLICY);
		on_sock_close(c, CLOSE_POLICY);
	}
}

static void
release_plain(struct inbox *in)
{
	struct plain *c = HOLDER(in, struct plain, inbox);

	client_budget_put(&c->budget);
	free(c);
}

static void
on_sock_close(void *owner, int code)
{
	struct plain *c = owner;

	(void)code;
	client_budget_end(c->budget);
	c->sock = NULL;
	timeout_stop(&c->beat);
	room_leave_all(&c->peer);
	n_plains--;
	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	inbox_close(&c->inbox);
}

static const struct inbox_ops inbox_ops = { handle_item, release_plain };

static struct plain *
new_plain(struct client_budget *budget, int fd, enum pack packs)
{
	struct plain *c = calloc(1, sizeof(*c));

	if (c == NULL)
		abort();
	inbox_init(&c->inbox, &inbox_ops);
	c->peer.deliver = deliver_chunk;
	c->peer.dialect = DIALECT_PLAIN;
	session_name_make(c->id);
	c->next = plains;
	c->at = &plains;
	if (plains != NULL)
		plains->at = &c->next;
	plains = c;
	n_plains++;
	c->budget = client_budget_ref(budget);
	client_budget_begin(budget);
	c->sock = sock_new(fd, packs, budget, &plain_ops, c);
	c->peer.packs = sock_pack_from(c->sock) > 0;
	return c;
}

struct plain *
plain_first(void)
{
	return plains;
}

struct plain *
plain_restore(struct client_budget *budget, int fd, enum pack packs, int64_t beat_at_ms)
{
	struct plain *c = new_plain(budget, fd, packs);

	timeout_start_at(&beats, &c->beat, beat_at_ms);
	return c;
}

void
plain_open(struct client_budget *budget, int fd, const struct handshake_info *h, struct str early)
{
	struct plain *c = new_plain(budget, fd, h->packs);

	c->since_ms = now_ms();
	c->english = handshake_info_english(h);
	(void)room_enter(&c->peer, ROOM_ALL, ROOM_ENTERED);
	timeout_start(&beats, &c->beat);
	sock_feed(c->sock, early);
}

void
plain_close(struct plain *c, int code)
{
	sock_close(c->sock, code);
	on_sock_close(c, code);
}

void
plain_close_all(int code)
{
	while (plains != NULL) {
		sock_count_drop(DROP_SHUTDOWN);
		plain_close(plains, code);
	}
}

int
plain_count(void)
{
	return n_plains;
}
