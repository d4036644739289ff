/* password.c -- hashes of passwords. See password.h. Yields: password_hash password_verify. */
#include "password.h"

#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/conf.h"
#include "base/err.h"
#include "base/libsodium.h"
#include "base/signup.h"
#include "base/str.h"
#include "run/offload.h"

enum { BCRYPT_COST_MAX = 15, HASH_BYTES = 256, TEXT_BYTES = PASSWORD_MAX * 4 + 1, LATELY_MAX_MS = 5000,
    FORGETS = 8 };

struct job {
	char			 password[TEXT_BYTES], hash[HASH_BYTES];
	unsigned long long	 opslimit;
	size_t			 memlimit;
	bool			 good;
	int64_t			 began_ms, cpu_ms, took_ms;	/* monotonic; of the thread; on the clock */
};
static int64_t slowest_ms;		/* the most thread time that a check has taken so far */
static int64_t lately_ms;		/* what checks take on the clock, more than that on a busy machine; forgets */

static void
free_job(void *p)
{
	sodium_memzero(p, sizeof(struct job));
	free(p);
}

/* NULL when the password or the hash exceeds the accepted length. */
static struct job *
new_job(const char *password, const char *hash)
{
	struct job *j;

	if (strlen(password) >= TEXT_BYTES || strlen(hash) >= HASH_BYTES)
		return NULL;
	if (sodium_init() < 0 || (j = calloc(1, sizeof(*j))) == NULL)
		abort();
	strcpy(j->password, password);
	strcpy(j->hash, hash);
	j->opslimit = (unsigned long long)conf.argon2_opslimit;
	j->memlimit = (size_t)conf.argon2_memory_bytes;
	return j;
}

static void
make_hash(void *p)
{
	struct job *j = p;

	j->good = crypto_pwhash_str_alg(j->hash, j->password, strlen(j->password), j->opslimit, j->memlimit,
	    crypto_pwhash_ALG_ARGON2ID13) == 0;
}

/* crypt(3): $2b$ and its predecessors $2a$ and $2y$. */
static bool
is_bcrypt(const char *hash)
{
	return hash[0] == '$' && hash[1] == '2' && hash[2] != '\0' && hash[3] == '$';
}

/* A cost so high that one login would occupy a thread for long: 2^cost rounds. */
static bool
is_too_costly(const char *bcrypt)
{
	return strlen(bcrypt) < 7 || atoi(bcrypt + 4) > BCRYPT_COST_MAX;
}

static bool
check_bcrypt(const struct job *j)
{
	struct crypt_data *d = calloc(1, sizeof(*d));
	const char *out;
	bool good;

	if (d == NULL)
		abort();
	if (is_too_costly(j->hash)) {
		free(d);
		return false;
	}
	out = crypt_r(j->password, j->hash, d);
	good = out != NULL && *out == '$' && str_eq_secret(str_of(out), str_of(j->hash));
	sodium_memzero(d, sizeof(*d));
	free(d);
	return good;
}

static int64_t
thread_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
check_hash(void *p)
{
	struct job *j = p;
	int64_t from_ms = thread_ms();

	j->began_ms = mono_ms();
	j->good = is_bcrypt(j->hash) ? check_bcrypt(j)
	    : crypto_pwhash_str_verify(j->hash, j->password, strlen(j->password)) == 0;
	j->cpu_ms = thread_ms() - from_ms;
	j->took_ms = mono_ms() - j->began_ms;
}

int
password_hash(struct arena *mem, const char *password, const char **hash)
{
	struct job *j = new_job(password, "");
	int rc;

	if (j == NULL)
		return E_VALIDATION;
	if ((rc = co_offload(make_hash, j, free_job)) < 0)
		return rc;
	rc = j->good ? 0 : E_INTERNAL;
	*hash = arena_strdup(mem, j->hash);
	free_job(j);
	return rc;
}

/* A hash that no password matches, at the current cost. */
static char *
make_dummy(char out[HASH_BYTES])
{
	enum { SALT = 16, KEY = 32 };
	char salt[SALT * 2], key[KEY * 2];
	unsigned char random[SALT + KEY];

	random_bytes(random, sizeof(random));
	sodium_bin2base64(salt, sizeof(salt), random, SALT, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	sodium_bin2base64(key, sizeof(key), random + SALT, KEY, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
	snprintf(out, HASH_BYTES, "$argon2id$v=19$m=%lld,t=%lld,p=1$%s$%s", (long long)conf.argon2_memory_bytes / 1024,
	    (long long)conf.argon2_opslimit, salt, key);
	return out;
}

static bool
is_stale(const char *hash)
{
	return is_bcrypt(hash) || crypto_pwhash_str_needs_rehash(hash, (unsigned long long)conf.argon2_opslimit,
	    (size_t)conf.argon2_memory_bytes) != 0;
}

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* The time before which no refusal is sent, so that a slower kind of hash does not show in it. */
static int64_t
find_due(const struct job *j)
{
	int64_t least_ms;

	slowest_ms = larger(slowest_ms, j->cpu_ms);
	lately_ms = larger(lately_ms - lately_ms / FORGETS, j->took_ms);
	if (lately_ms > LATELY_MAX_MS)
		lately_ms = LATELY_MAX_MS;
	least_ms = larger(slowest_ms, lately_ms) * 5 / 4;
	return j->began_ms + (conf.login_failure_ms > least_ms || conf.login_failure_ms == 0
	    ? conf.login_failure_ms : least_ms);
}

int
password_verify(uint64_t client, const char *password, const char *hash, bool *stale, int64_t *due_ms)
{
	char dummy[HASH_BYTES];
	struct job *j = new_job(password, hash != NULL ? hash : make_dummy(dummy));
	bool good;
	int rc;

	*due_ms = 0;
	if (j == NULL)
		return E_CREDENTIALS;
	if ((rc = co_offload_for(client, check_hash, j, free_job)) < 0)
		return rc;
	good = j->good && hash != NULL;
	*due_ms = find_due(j);
	free_job(j);
	if (!good)
		return E_CREDENTIALS;
	*stale = is_stale(hash);
	return 0;
}
