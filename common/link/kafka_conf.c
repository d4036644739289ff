/* kafka_conf.c -- translates the KAFKA_* settings to librdkafka's. See kafka_impl.h.
 *
 * What Dure needs (low latency, log lines through the queue) is set first and KAFKA_PROP_* last, so that an operator
 * can override everything.
 */
#include "kafka_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/err.h"

bool
kafka_conf_set(rd_kafka_conf_t *c, const char *key, const char *value)
{
	char why[256];

	if (rd_kafka_conf_set(c, key, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return true;
	log_error("Kafka setting refused", JS("setting", key), JS("reason", why));
	return false;
}

/* Tries each line "x.y=value" of conf.kafka_props; calls `refused` for those that librdkafka refuses. How many. */
static int
try_props(rd_kafka_conf_t *c, void (*refused)(void *arg, const char *key, const char *why), void *arg)
{
	const char *line = conf.kafka_props == NULL ? "" : conf.kafka_props;
	char why[256];
	int faults = 0;

	while (*line != '\0') {
		size_t n = strcspn(line, "\n"), name = strcspn(line, "=");

		if (name > 0 && name < n) {
			char *key = strndup(line, name), *value = strndup(line + name + 1, n - name - 1);

			if (rd_kafka_conf_set(c, key, value, why, sizeof(why)) != RD_KAFKA_CONF_OK) {
				refused(arg, key, why);
				faults++;
			}
			free(key);
			free(value);
		}
		line += n + (line[n] == '\n');
	}
	return faults;
}

static void
log_refusal(void *arg, const char *key, const char *why)
{
	(void)arg;
	log_error("Kafka setting refused", JS("setting", key), JS("reason", why));
}

bool
kafka_conf_props(rd_kafka_conf_t *c)
{
	return try_props(c, log_refusal, NULL) == 0;
}

/* The variable is named, not librdkafka's property. */
static void
put_refusal(void *arg, const char *key, const char *why)
{
	struct buf *out = arg;

	buf_str(out, "KAFKA_PROP_");
	for (; *key != '\0'; key++)
		buf_byte(out, *key == '.' ? '_' : *key);
	buf_printf(out, ": %s\n", why);
}

int
kafka_conf_check(struct buf *out)
{
	rd_kafka_conf_t *c = rd_kafka_conf_new();
	int faults = try_props(c, put_refusal, out);

	rd_kafka_conf_destroy(c);
	return faults;
}

static bool
set_security(rd_kafka_conf_t *c)
{
	static const char *const protocols[2][2] = { { "plaintext", "ssl" }, { "sasl_plaintext", "sasl_ssl" } };

	if (!kafka_conf_set(c, "security.protocol", protocols[conf.kafka_sasl][conf.kafka_ssl]))
		return false;
	if (conf.kafka_ssl && !conf.kafka_ssl_verify && !kafka_conf_set(c, "enable.ssl.certificate.verification",
	    "false"))
		return false;
	return !conf.kafka_sasl || (kafka_conf_set(c, "sasl.mechanism", conf.kafka_sasl_mechanism) &&
	    kafka_conf_set(c, "sasl.username", conf.kafka_sasl_username) &&
	    kafka_conf_set(c, "sasl.password", conf.kafka_sasl_password));
}

rd_kafka_conf_t *
kafka_conf_new(void)
{
	static const char *const common[][2] = {
		{ "log.queue", "true" },
		{ "log.connection.close", "false" },
		{ "socket.nagle.disable", "true" },
		{ "reconnect.backoff.ms", "50" },
		{ "reconnect.backoff.max.ms", "1000" },
		{ "topic.metadata.refresh.interval.ms", "30000" },
	};
	rd_kafka_conf_t *c = rd_kafka_conf_new();
	struct arena mem;
	bool fine = true;
	size_t i;

	arena_init(&mem, 1024);
	fine = kafka_conf_set(c, "bootstrap.servers", kafka_brokers(&mem)) &&
	    kafka_conf_set(c, "client.id", conf.kafka_client_id);
	arena_fini(&mem);
	for (i = 0; fine && i < NELEM(common); i++)
		fine = kafka_conf_set(c, common[i][0], common[i][1]);
	if (fine && set_security(c))
		return c;
	rd_kafka_conf_destroy(c);
	return NULL;
}

int
kafka_rc(rd_kafka_resp_err_t err)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
	case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
		return E_TOO_LARGE;
	case RD_KAFKA_RESP_ERR_INVALID_RECORD:
	case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
		return E_VALIDATION;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return E_NOT_FOUND;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return E_BUSY;
	default:
		return E_DOWN;
	}
}

int
kafka_telling(rd_kafka_resp_err_t err)
{
	switch (err) {
	case RD_KAFKA_RESP_ERR__SSL:
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		return 2;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
		return 0;
	default:
		return 1;
	}
}
