/* hostile_ws.c -- a session loses its connection, a socket its token or a room, while a handler waits. See
 * hostile_ws.h. */
#include "hostile_ws.h"

#ifdef HOSTILE
#include <sys/socket.h>

#include "base/err.h"
#include "run/hostile.h"
#include "worker/ws/session/namespace.h"
#include "worker/ws/session/plain.h"
#include "worker/ws/session/socket_io.h"

static struct session *
session_of(const struct co *victim)
{
	struct eio *e = NULL;
	struct session *ses;
	size_t slot;

	while ((e = eio_each(&slot, e)) != NULL)
		if ((ses = sio_session(e)) != NULL && ses->inbox.co == victim)
			return ses;
	return NULL;
}

static struct plain *
plain_of(const struct co *victim)
{
	struct plain *p = plain_first();

	while (p != NULL && p->inbox.co != victim)
		p = p->next;
	return p;
}

static bool
cut_connection(struct co *victim)
{
	struct session *ses = session_of(victim);
	struct plain *p = plain_of(victim);

	if (p != NULL)
		return p->sock != NULL && shutdown(p->sock->io.fd, SHUT_RDWR) == 0;
	if (ses == NULL)
		return false;
	if (ses->eio->sock != NULL)
		return shutdown(ses->eio->sock->io.fd, SHUT_RDWR) == 0;
	eio_close(ses->eio, CLOSE_ABNORMAL);
	return true;
}

/* One of the session's sockets that has a token (or, if it need not, any). */
static struct sio *
socket_of(const struct co *victim, bool with_token)
{
	struct session *ses = session_of(victim);
	struct sio *s = ses != NULL ? ses->sockets : NULL;

	while (s != NULL && (s->peer.gone || (with_token && s->credential == NULL)))
		s = s->next;
	return s;
}

static bool
expire_a_token(struct co *victim)
{
	struct sio *s = socket_of(victim, true);

	if (s != NULL)
		s->credential->timer.on_time(&s->credential->timer);
	return s != NULL;
}

static bool
revoke_a_token(struct co *victim)
{
	struct sio *s = socket_of(victim, true);

	if (s != NULL)
		namespace_expel(s, E_TOKEN_REVOKED);
	return s != NULL;
}

static bool
leave_room(struct co *victim)
{
	struct sio *s = socket_of(victim, false);
	struct plain *p = plain_of(victim);
	struct peer *peer = s != NULL ? &s->peer : p != NULL ? &p->peer : NULL;
	struct member *m = peer != NULL ? peer->rooms : NULL;
	uint32_t i;

	for (i = peer != NULL ? hostile_below(peer->n_rooms) : 0; i > 0 && m != NULL && m->next_of_peer != NULL; i--)
		m = m->next_of_peer;
	return m != NULL && room_leave(peer, m->room->name);
}

static const struct calamity calamities[] = {
	{ "socket is cut", 10, cut_connection },
	{ "token expires", 12, expire_a_token },
	{ "token is revoked", 8, revoke_a_token },
	{ "room is left", 8, leave_room },
	{ NULL, 0, NULL },
};

void
hostile_ws(void)
{
	hostile_enlist(calamities);
}
#endif
