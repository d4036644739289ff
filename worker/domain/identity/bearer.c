/* bearer.c -- verifies access tokens and caches the verified ones. See bearer.h.
 *
 * The cache holds whole tokens in sets of a few entries each; the least recently used entry is evicted. The set is
 * chosen by the end of the signature, which only the holder of a secret can choose.
 */
#include "bearer.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/metric.h"
#include "base/str.h"
#include "issuer.h"
#include "issuer_keys.h"
#include "revoked.h"

enum { SETS = 1024, PLACES = 4, TAIL_BYTES = 32, ENTRY_BYTES = 1024 - 64 };
enum { CACHED, VERIFIED, REFUSED, REVOKED };	/* cells of M_AUTH */

struct entry {
	struct arena	 mem;		/* of the members below */
	const char	*text;		/* NULL: empty */
	size_t		 n;
	struct token	 token;
	unsigned	 generation;	/* of the other issuer's keys, when it was verified */
	int64_t		 issued_ms, used;
};

static struct entry entries[SETS][PLACES];
static int64_t looks;

static struct entry *
set_of(const char *text, size_t n)
{
	return entries[hash_bytes(text + n - TAIL_BYTES, TAIL_BYTES) % SETS];
}

/* Whether the key that verified it may be gone. */
static bool
is_outdated(const struct entry *e)
{
	return e->token.issuer != NULL && e->generation != issuer_keys_generation();
}

static struct entry *
find_entry(struct entry *set, const char *text, size_t n)
{
	int i;

	for (i = 0; i < PLACES; i++)
		if (set[i].n == n && memcmp(set[i].text, text, n) == 0 && !is_outdated(&set[i]))
			return &set[i];
	return NULL;
}

static struct entry *
oldest_entry(struct entry *set)
{
	struct entry *e = &set[0];
	int i;

	for (i = 1; i < PLACES; i++)
		if (set[i].used < e->used)
			e = &set[i];
	return e;
}

static struct token
copy_token(struct arena *mem, const struct token *t)
{
	return (struct token){
		.sub = arena_strdup(mem, t->sub), .role = arena_strdup(mem, t->role),
		.tier = arena_strdup(mem, t->tier), .sid = arena_strdup(mem, t->sid),
		.jti = arena_strdup(mem, t->jti), .issuer = arena_strdup(mem, t->issuer),
		.iat_s = t->iat_s, .exp_s = t->exp_s,
	};
}

static struct entry *
store_entry(struct entry *set, const char *text, size_t n, const struct token *t)
{
	struct entry *e = oldest_entry(set);

	if (e->mem.block_bytes == 0)
		arena_init(&e->mem, ENTRY_BYTES);
	arena_reset(&e->mem);
	e->text = arena_copy(&e->mem, text, n);
	e->n = n;
	e->token = copy_token(&e->mem, t);
	e->issued_ms = bearer_issued_ms(t);
	e->generation = issuer_keys_generation();
	return e;
}

static int
verify_new(struct arena *mem, const char *text, size_t n, struct entry **out, bool *unknown_key)
{
	struct token t = { 0 };
	int rc;

	if (n < TAIL_BYTES)
		return E_TOKEN;
	if ((*out = find_entry(set_of(text, n), text, n)) != NULL) {
		metric_add(M_AUTH, CACHED, 1);
		return 0;
	}
	if ((rc = token_verify(mem, text, &t)) == E_TOKEN && issuer_on())
		rc = issuer_verify(mem, text, &t);
	*unknown_key = t.unknown_key;
	if (rc < 0)
		return rc;
	metric_add(M_AUTH, VERIFIED, 1);
	*out = store_entry(set_of(text, n), text, n, &t);
	return 0;
}

static int
check_entry(const struct entry *e)
{
	const struct token *t = &e->token;

	if (t->exp_s * 1000 <= now_ms())
		return E_TOKEN_EXPIRED;
	if (!revoked_known())
		return E_DOWN;
	return revoked_has(t->jti, t->sid, t->sub, e->issued_ms) ? E_TOKEN_REVOKED : 0;
}

int
bearer_verify(struct arena *mem, const char *text, struct token *out)
{
	bool unknown_key = false;
	struct entry *e;
	int rc;

	*out = (struct token){ 0 };
	if ((rc = verify_new(mem, text, strlen(text), &e, &unknown_key)) == 0) {
		e->used = ++looks;
		if ((rc = check_entry(e)) == 0)
			*out = copy_token(mem, &e->token);
	}
	out->unknown_key = unknown_key;
	if (rc < 0)
		metric_add(M_AUTH, rc == E_TOKEN_REVOKED ? REVOKED : REFUSED, 1);
	return rc;
}

const char *
bearer_new_jti(struct arena *mem)
{
	unsigned long long ms = (unsigned long long)now_ms();
	unsigned char r[10];

	random_bytes(r, sizeof(r));
	return arena_printf(mem, "%08llx-%04llx-7%01x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", ms >> 16 & 0xffffffff,
	    ms & 0xffff, r[0] & 15, r[1], (r[2] & 0x3f) | 0x80, r[3], r[4], r[5], r[6], r[7], r[8], r[9]);
}

int64_t
bearer_issued_ms(const struct token *t)
{
	unsigned long long high, low;

	if (t->jti != NULL && uuid_valid(t->jti) && t->jti[14] == '7' &&
	    sscanf(t->jti, "%8llx-%4llx", &high, &low) == 2)
		return (int64_t)(high << 16 | low);
	return t->iat_s * 1000;
}
