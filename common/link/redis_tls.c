/* redis_tls.c -- TLS under a connection to Redis. See redis_tls.h. Owns: OpenSSL's TLS. */
#include "redis_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"
#include "run/loop.h"

struct redis_tls {
	SSL	*ssl;
	bool	 wants_write;
	char	 why[256];
};

static SSL_CTX *ctx;
static bool verify;
static const char *server_name;		/* of the configuration; "" for none */

/* Every certificate of a PEM text to `add`; how many there were, -1 when one was refused. */
static int
each_certificate(const char *pem, int (*add)(X509 *x, int index))
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *x;
	int n = 0, rc = bio != NULL ? 1 : 0;

	while (rc == 1 && (x = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		rc = add(x, n++);
		X509_free(x);
	}
	BIO_free(bio);
	ERR_clear_error();
	return rc == 1 ? n : -1;
}

static int
trust(X509 *x, int index)
{
	(void)index;
	return X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), x);
}

/* The first is the client's own, the others lead to its authority. */
static int
show(X509 *x, int index)
{
	return index == 0 ? SSL_CTX_use_certificate(ctx, x) : (int)SSL_CTX_add1_chain_cert(ctx, x);
}

static const char *
load_authority(const struct conf *c)
{
	if (*c->redis_tls_ca == '\0')
		return SSL_CTX_set_default_verify_paths(ctx) == 1 ? NULL : "the system's certificates cannot be read";
	return each_certificate(c->redis_tls_ca, trust) > 0 ? NULL :
	    "REDIS_TLS_CA holds no certificate in PEM (a file is named by REDIS_TLS_CA_FILE)";
}

static const char *
load_identity(const struct conf *c)
{
	EVP_PKEY *key;
	BIO *bio;
	int rc;

	if (*c->redis_tls_cert == '\0' && *c->redis_tls_key == '\0')
		return NULL;
	if (*c->redis_tls_cert == '\0' || *c->redis_tls_key == '\0')
		return "REDIS_TLS_CERT and REDIS_TLS_KEY belong together";
	if (each_certificate(c->redis_tls_cert, show) <= 0)
		return "REDIS_TLS_CERT holds no certificate in PEM (a file is named by REDIS_TLS_CERT_FILE)";
	bio = BIO_new_mem_buf(c->redis_tls_key, -1);
	/* Without a password of ours OpenSSL would ask for one on the terminal. */
	key = bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, NULL, (void *)(size_t)c->redis_tls_key_password) : NULL;
	BIO_free(bio);
	if (key == NULL)
		return "REDIS_TLS_KEY holds no private key in PEM, or one that REDIS_TLS_KEY_PASSWORD does not open "
		    "(a file is named by REDIS_TLS_KEY_FILE)";
	rc = SSL_CTX_use_PrivateKey(ctx, key);
	EVP_PKEY_free(key);
	return rc == 1 ? NULL : "REDIS_TLS_KEY is not the key of REDIS_TLS_CERT";
}

int
redis_tls_open(const struct conf *c, const char **why)
{
	if ((ctx = SSL_CTX_new(TLS_client_method())) == NULL) {
		*why = "TLS is not available";
		return E_VALIDATION;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ctx, 1);
	verify = c->redis_tls_verify;
	server_name = c->redis_tls_server_name;
	SSL_CTX_set_verify(ctx, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	*why = load_authority(c);
	if (*why == NULL)
		*why = load_identity(c);
	ERR_clear_error();
	return *why == NULL ? 0 : E_VALIDATION;
}

void
redis_tls_close(void)
{
	SSL_CTX_free(ctx);
	ctx = NULL;
}

static bool
is_address(const char *host)
{
	unsigned char a[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, a) == 1 || inet_pton(AF_INET6, host, a) == 1;
}

/* Whom to ask for (SNI knows names only), and whom the certificate must name. */
static bool
set_peer(SSL *ssl, const char *host)
{
	X509_VERIFY_PARAM *p = SSL_get0_param(ssl);
	const char *name = *server_name != '\0' ? server_name : host;

	if (is_address(name))
		return !verify || X509_VERIFY_PARAM_set1_ip_asc(p, name) == 1;
	return SSL_set_tlsext_host_name(ssl, name) == 1 && (!verify || X509_VERIFY_PARAM_set1_host(p, name, 0) == 1);
}

struct redis_tls *
redis_tls_new(int fd, const char *host)
{
	struct redis_tls *t = calloc(1, sizeof(*t));

	if (t != NULL && (t->ssl = SSL_new(ctx)) != NULL && SSL_set_fd(t->ssl, fd) == 1 && set_peer(t->ssl, host)) {
		SSL_set_connect_state(t->ssl);
		return t;
	}
	ERR_clear_error();
	redis_tls_free(&t);
	return NULL;
}

void
redis_tls_free(struct redis_tls **t)
{
	if (*t == NULL)
		return;
	SSL_free((*t)->ssl);
	free(*t);
	*t = NULL;
}

const char *
redis_tls_why(const struct redis_tls *t)
{
	return t->why;
}

bool
redis_tls_wants_write(const struct redis_tls *t)
{
	return t->wants_write;
}

/* A certificate that was refused has a reason of its own; else what OpenSSL says, else what the system said. */
static void
keep_reason(struct redis_tls *t, int error)
{
	long refused = SSL_get_verify_result(t->ssl);
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	if (verify && refused != X509_V_OK)
		snprintf(t->why, sizeof(t->why), "its certificate is refused: %s",
		    X509_verify_cert_error_string(refused));
	else if (error == SSL_ERROR_SYSCALL)
		snprintf(t->why, sizeof(t->why), "%s", errno != 0 ? strerror(errno) : "closed by the server");
	else
		snprintf(t->why, sizeof(t->why), "TLS: %s", text != NULL ? text : "closed by the server");
}

/* What a call that returned `rc` means: 0 the peer has ended, -1 with errno. */
static ssize_t
judge(struct redis_tls *t, int rc)
{
	int error = SSL_get_error(t->ssl, rc);

	t->wants_write = error == SSL_ERROR_WANT_WRITE;
	if (error == SSL_ERROR_ZERO_RETURN)
		return 0;
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		errno = EAGAIN;
		return -1;
	}
	keep_reason(t, error);
	ERR_clear_error();
	errno = EPROTO;
	return -1;
}

int
redis_tls_handshake(struct redis_tls *t, int *events)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	if ((rc = SSL_do_handshake(t->ssl)) == 1)
		return 1;
	if (judge(t, rc) == 0) {
		snprintf(t->why, sizeof(t->why), "closed by the server");
		return -1;
	}
	*events = t->wants_write ? LOOP_WRITE : LOOP_READ;
	return errno == EAGAIN ? 0 : -1;
}

ssize_t
redis_tls_read(struct redis_tls *t, void *p, size_t n)
{
	size_t got = 0, part;
	int rc = 1;

	ERR_clear_error();
	errno = 0;
	while (got < n && (rc = SSL_read_ex(t->ssl, (char *)p + got, n - got, &part)) == 1)
		got += part;
	t->wants_write = false;
	if (got == 0 && rc != 1)
		return judge(t, rc);
	if (rc != 1)
		t->wants_write = SSL_get_error(t->ssl, rc) == SSL_ERROR_WANT_WRITE;
	return (ssize_t)got;
}

ssize_t
redis_tls_write(struct redis_tls *t, const void *p, size_t n)
{
	size_t sent = 0, part;
	int rc = 1;

	ERR_clear_error();
	errno = 0;
	while (sent < n && (rc = SSL_write_ex(t->ssl, (const char *)p + sent, n - sent, &part)) == 1)
		sent += part;
	return sent > 0 || rc == 1 ? (ssize_t)sent : judge(t, rc);
}
