/* doctor_advice.c -- what the text of a failed connection means and what to do about it. See doctor.h.
 *
 * The texts are those of libpq, PostgreSQL (in English or Korean), Redis and librdkafka.
 */
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "doctor.h"

enum { PATTERNS_MAX = 12, ADVICE_MAX = 4 };

/* The first row with a pattern in the error, in any case, counts; the last fits all. */
static const struct {
	const char	*patterns[PATTERNS_MAX];
	const char	*advice[ADVICE_MAX];
} causes[] = {
	{ { "no encryption" },
	    { "The server takes encrypted connections only: sslmode=verify-full in DATABASE_URL" } },
	{ { "valid client certificate", "certificate required", "certificate_required" },
	    { "The server asks for a certificate of this client: sslcert= and sslkey= in DATABASE_URL, "
	    "REDIS_TLS_CERT_FILE and REDIS_TLS_KEY_FILE, KAFKA_PROP_ssl_certificate_location and "
	    "KAFKA_PROP_ssl_key_location" } },
	{ { "does not match host name", "hostname mismatch", "ip address mismatch" },
	    { "The server's certificate names another host: use a name that it holds (DATABASE_URL, REDIS_URL or "
	    "REDIS_TLS_SERVER_NAME, KAFKA_BROKERS)" } },
	{ { "certificate could not be verified" },	/* librdkafka does not say which */
	    { "Name the file with the authority of the brokers' certificates: KAFKA_PROP_ssl_ca_location",
	    "Or the certificate names another host: use a name that it holds in KAFKA_BROKERS" } },
	{ { "verify failed", "self-signed certificate", "self signed certificate",
	    "issuer certificate", "root certificate file" },
	    { "The server's certificate is of an authority that is not known here: name the file with its "
	    "authority (sslrootcert in DATABASE_URL, REDIS_TLS_CA_FILE, KAFKA_PROP_ssl_ca_location)",
	    "Check until when it holds: openssl s_client -connect HOST:PORT" } },
	{ { "authentication", "wrongpass", "noauth", "noperm", "sasl mechanism", "without any password",
	    "no password supplied", "인증", "role \"",
	    "no pg_hba.conf entry", "invalid password" },
	    { "Check user and password in the configuration (dure config dump shows all but secrets)",
	    "Check that the server lets this user in from this host (pg_hba.conf, ACL LIST, the brokers' listeners)" } },
	{ { "no answer", "timeout", "timed out" },
	    { "Check firewalls and routes: the packets get no answer",
	    "Check that the server is not frozen or overloaded" } },
	{ { "translate host name", "resolve", "name or service not known", "no such host" },
	    { "Check the host's name in the configuration, and the resolver (getent hosts NAME)" } },
	{ { "certificate", "tls", "ssl error", "ssl handshake", "ssl routines", "support ssl" },
	    { "Check the certificates: who signed them, whom they name, until when they hold" } },
	{ { "too many clients", "remaining connection slots", "max number of clients" },
	    { "End idle sessions or raise the server's limit of connections", "Lower DB_POOL_MAX on each host" } },
	{ { "starting up", "recovery", "loading" },
	    { "Wait: the server is starting; its log says how far it is" } },
	{ { "does not exist" },
	    { "Create the database, or name another in DATABASE_URL" } },
	{ { "refused", "no such file", "reset by peer", "closed the connection", "broker transport failure" },
	    { "Start the server: nothing listens at this address", "Check host and port in the configuration",
	    "Where the server takes TLS only, ask for it: rediss: in REDIS_URL, KAFKA_SSL_ENABLED=true" } },
	{ { "" },
	    { "Read the server's own log", "Check host, port and network" } },
};

static bool
mentions(const char *const *patterns, const char *error)
{
	for (; *patterns != NULL; patterns++)
		if (strcasestr(error, *patterns) != NULL)
			return true;
	return false;
}

const char *const *
doctor_suggestions(const char *error)
{
	size_t i;

	for (i = 0; !mentions(causes[i].patterns, error); i++)
		;
	return causes[i].advice;
}
