/* kafka_brokers.c -- the addresses of the brokers: configured, or those of the embedded broker. See kafka.h. */
#include <string.h>

#include "base/conf.h"
#include "kafka.h"
#include "proc/scoreboard.h"

bool
kafka_embedded(void)
{
	return strcmp(conf.kafka_brokers, "embedded") == 0;
}

const char *
kafka_brokers(struct arena *mem)
{
	char address[BROKER_ADDRESS_BYTES] = "";
	int64_t incarnation;

	if (!kafka_embedded())
		return conf.kafka_brokers;
	scoreboard_broker(address, &incarnation);
	return arena_strdup(mem, address);
}
