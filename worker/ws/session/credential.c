/* credential.c -- the user of a socket, and until when it may act. See credential.h. */
#include "credential.h"

#include <stdlib.h>

#include "base/digest.h"
#include "base/str.h"
#include "worker/domain/identity/bearer.h"

static struct hashtab tables[REVOKED_KINDS];
static void (*tell_owner)(void *arg);

/* By what a pass is found among those of a kind; NULL: it is not. */
static const char *
key_of(const struct credential *p, enum revoked_kind kind)
{
	switch (kind) {
	case REVOKED_JTI:	return p->jti;
	case REVOKED_SID:	return p->sid;
	case REVOKED_USER:	return p->user;
	default:		return NULL;
	}
}

static struct credential *
find_revoked(const struct revocation *r)
{
	uint64_t hash = hash_keyed(r->id, strlen(r->id));
	struct hashtab_node *node = NULL;
	struct credential *p;

	while ((node = hashtab_find(&tables[r->kind], hash, node)) != NULL) {
		p = HOLDER(node - r->kind, struct credential, nodes);
		if (strcmp(key_of(p, r->kind), r->id) == 0 && p->issued_ms <= r->cut_ms)
			return p;
	}
	return NULL;
}

static void
on_revocation(const struct revocation *r)
{
	struct credential *p;

	while ((p = find_revoked(r)) != NULL)
		tell_owner(p->timer.arg);
}

void
credential_start(void (*on_revoked)(void *arg))
{
	tell_owner = on_revoked;
	revoked_start(on_revocation);
}

static size_t
bytes_of(const char *s)
{
	return s != NULL ? strlen(s) + 1 : 0;
}

/* Copy to *at, which moves on. */
static const char *
put_text(char **at, const char *s)
{
	char *to = *at;

	if (s == NULL)
		return NULL;
	*at = stpcpy(to, s) + 1;
	return to;
}

struct credential *
credential_new(const struct token *t, void (*on_expired)(struct loop_timer *), void *arg)
{
	struct credential *p = malloc(sizeof(*p) + bytes_of(t->sub) + bytes_of(t->role) + bytes_of(t->tier) +
	    bytes_of(t->sid) + bytes_of(t->jti));
	char *texts = (char *)(p + 1);
	const char *key;
	int64_t left_ms;
	int kind;

	if (p == NULL)
		abort();
	p->expires_ms = t->exp_s * 1000;
	p->user = put_text(&texts, t->sub);
	p->role = put_text(&texts, t->role);
	p->tier = put_text(&texts, t->tier);
	p->sid = put_text(&texts, t->sid);
	p->jti = put_text(&texts, t->jti);
	p->issued_ms = bearer_issued_ms(t);
	for (kind = 0; kind < REVOKED_KINDS; kind++)
		if ((key = key_of(p, (enum revoked_kind)kind)) != NULL)
			hashtab_add(&tables[kind], &p->nodes[kind], hash_keyed(key, strlen(key)));
	left_ms = p->expires_ms - now_ms();
	loop_timer_init(&p->timer, on_expired, arg);
	loop_timer_start(&p->timer, left_ms > 0 ? left_ms : 0, 0);
	return p;
}

void
credential_free(struct credential **p)
{
	int kind;

	if (*p == NULL)
		return;
	loop_timer_stop(&(*p)->timer);
	for (kind = 0; kind < REVOKED_KINDS; kind++)
		if (key_of(*p, (enum revoked_kind)kind) != NULL)
			hashtab_del(&tables[kind], &(*p)->nodes[kind]);
	free(*p);
	*p = NULL;
}
