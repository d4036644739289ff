/* anthropic_client.c -- the Anthropic Messages API as a service, and what ends the calls to it. See anthropic_client.h.
 */
#include "anthropic_client.h"

#include "base/log.h"
#include "worker/domain/core/settings.h"

/* The end is stored as a setting: it holds for all hosts and over restarts, until an admin changes it. */
static void
stop_classification(const char *why)
{
	static const char text[] = "{\"classificationOpen\":false}";
	const struct json *changes;

	log_error("classification is stopped until an admin sets classificationOpen", JS("status", why));
	if (json_parse(co_arena(), text, sizeof(text) - 1, &changes) == 0)
		(void)settings_change(changes, NULL, NULL);
}

struct fetch_api anthropic_api = { .api = API_ANTHROPIC, .key_header = "x-api-key",
    .more_header = "anthropic-version: 2023-06-01", .base = &conf.anthropic_base_url, .key = &conf.anthropic_api_key,
    .free_refusals = true, .on_end = stop_classification };
