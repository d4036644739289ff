/* idempotency.c -- the rows of idempotency_keys. See idempotency.h. Yields: idempotency_begin _store _drop.
 *
 * The stored body is encrypted where ENCRYPTION_KEY is set: an answer may be for its reader's eyes only.
 */
#include "idempotency.h"

#include <stdio.h>

#include "base/conf.h"
#include "base/digest.h"
#include "base/err.h"
#include "base/libsodium.h"
#include "base/log.h"
#include "base/seal.h"
#include "run/co.h"

enum { LOOK_MS = 25, LOOK_MAX_MS = 400, WAIT_MS = 10000, HASH = 32 };

/* Keyed: a body may contain a password, which a plain hash would make guessable. */
char *
idempotency_hash(char out[IDEMPOTENCY_HASH_BYTES], const char *method, struct str path, struct str body)
{
	unsigned char hash[HASH];
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, HASH);
	crypto_generichash_update(&st, (const unsigned char *)method, strlen(method) + 1);
	crypto_generichash_update(&st, (const unsigned char *)path.p, path.n);
	crypto_generichash_update(&st, (const unsigned char *)"", 1);
	crypto_generichash_update(&st, (const unsigned char *)body.p, body.n);
	crypto_generichash_final(&st, hash, HASH);
	return digest_text(out, str_of(conf.jwt_secret), "idempotency", hash, HASH);
}

char *
idempotency_uuid(char out[UUID_TEXT_BYTES], const struct idempotency *i)
{
	unsigned char b[HASH];
	crypto_generichash_state st;

	crypto_generichash_init(&st, NULL, 0, HASH);
	crypto_generichash_update(&st, (const unsigned char *)i->scope, strlen(i->scope) + 1);
	crypto_generichash_update(&st, (const unsigned char *)i->key, strlen(i->key) + 1);
	crypto_generichash_update(&st, (const unsigned char *)i->hash, strlen(i->hash));
	crypto_generichash_final(&st, b, HASH);
	b[6] = (b[6] & 0x0f) | 0x80;		/* version 8: application-defined, RFC 9562 */
	b[8] = (b[8] & 0x3f) | 0x80;
	snprintf(out, UUID_TEXT_BYTES, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
	    b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return out;
}

static struct pg_stmt begin_row = PG_STMT("insert", "idempotency_keys",
    "INSERT INTO idempotency_keys (scope, key, user_id, request_hash, owner)"
    " VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (scope, key) DO UPDATE SET"
    "   request_hash = excluded.request_hash, owner = excluded.owner, status = NULL, content_type = NULL,"
    "   body = NULL, locked_at = now(), created_at = now()"
    " WHERE idempotency_keys.created_at < now() - make_interval(secs => $6)"
    "   OR (idempotency_keys.status IS NULL AND idempotency_keys.request_hash = excluded.request_hash"
    "     AND idempotency_keys.locked_at < now() - make_interval(secs => $7::float8 / 1000))"
    " RETURNING 1");
static struct pg_stmt read_row = PG_STMT("select", "idempotency_keys",
    "SELECT request_hash, status, content_type, body FROM idempotency_keys WHERE scope = $1 AND key = $2");
enum { REQUEST_HASH, STATUS, CONTENT_TYPE, BODY };

static struct seal_place
place_of(struct arena *mem, const struct idempotency *i)
{
	return (struct seal_place){ "idempotency_keys", "body", arena_printf(mem, "%s %s", i->scope, i->key) };
}

static int
read_answer(struct arena *mem, const struct idempotency *i, const struct pg_rows *r, struct idempotency_answer *out)
{
	struct seal_place at = place_of(mem, i);

	*out = (struct idempotency_answer){ (int)pg_integer(r, 0, STATUS), pg_string(r, 0, CONTENT_TYPE),
	    pg_value(r, 0, BODY) };
	return seal_is(out->body) ? seal_open(mem, &at, out->body, &out->body) : 0;
}

/* One attempt: 0 when it is settled, E_IN_PROGRESS while another request holds the row. */
static int
try_begin(struct arena *mem, const struct idempotency *i, bool *claimed, struct idempotency_answer *out)
{
	struct pg_rows r;
	int rc;

	rc = pg_query(pg_shared(), &r, &begin_row, pg_text(i->scope), pg_text(i->key), pg_text(i->user),
	    pg_text(i->hash), pg_text(i->owner), pg_int(conf.idempotency_ttl_s), pg_int(i->work_ms));
	if (rc < 0 || (*claimed = r.n > 0))
		return rc;
	if ((rc = pg_query(pg_shared(), &r, &read_row, pg_text(i->scope), pg_text(i->key))) < 0)
		return rc;
	if (r.n == 0)
		return E_IN_PROGRESS;		/* deleted between the two statements: try again */
	if (strcmp(pg_string(&r, 0, REQUEST_HASH), i->hash) != 0)
		return E_IDEMPOTENCY;
	return pg_string(&r, 0, STATUS) == NULL ? E_IN_PROGRESS : read_answer(mem, i, &r, out);
}

int
idempotency_begin(struct arena *mem, const struct idempotency *i, bool *claimed, struct idempotency_answer *out)
{
	int64_t until_ms = mono_ms() + (i->work_ms < WAIT_MS ? i->work_ms / 2 : WAIT_MS), pause_ms = LOOK_MS;
	int rc, slept;

	while ((rc = try_begin(mem, i, claimed, out)) == E_IN_PROGRESS && mono_ms() < until_ms) {
		if ((slept = co_sleep(pause_ms)) < 0)
			return slept;
		pause_ms = pause_ms < LOOK_MAX_MS ? 2 * pause_ms : pause_ms;
	}
	return rc;
}

static struct pg_stmt store_row = PG_STMT("update", "idempotency_keys",
    "UPDATE idempotency_keys SET status = $4, content_type = $5, body = $6"
    " WHERE scope = $1 AND key = $2 AND owner = $3 AND status IS NULL");

int
idempotency_store(struct pg *pg, struct arena *mem, const struct idempotency *i, const struct idempotency_answer *a)
{
	struct seal_place at = place_of(mem, i);
	struct str body = a->body;
	struct pg_rows r;
	int rc;

	if (body.n > IDEMPOTENCY_ANSWER_MAX)
		return E_TOO_LARGE;
	if (seal_ready() && (rc = seal_value(mem, &at, body, &body)) < 0)
		return rc;
	rc = pg_query(pg, &r, &store_row, pg_text(i->scope), pg_text(i->key), pg_text(i->owner), pg_int(a->status),
	    pg_text(a->type), pg_text(arena_copy(mem, body.p, body.n)));
	return rc < 0 ? rc : r.affected == 1 ? 0 : E_CONFLICT;
}

static struct pg_stmt drop_row = PG_STMT("delete", "idempotency_keys",
    "DELETE FROM idempotency_keys WHERE scope = $1 AND key = $2 AND owner = $3 AND status IS NULL");

int
idempotency_drop(const struct idempotency *i)
{
	return pg_query(pg_shared(), NULL, &drop_row, pg_text(i->scope), pg_text(i->key), pg_text(i->owner));
}
