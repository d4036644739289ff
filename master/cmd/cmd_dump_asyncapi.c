/* cmd_dump_asyncapi.c -- `dure dump asyncapi` and `dure dump typescript`: what the server has as /asyncapi.json and
 * /asyncapi.d.ts. */
#include "cmd_dump.h"
#include "worker/asyncapi.h"

void
dump_asyncapi(struct buf *out, const char *dumps)
{
	(void)dumps;
	asyncapi_put(out);
	buf_byte(out, '\n');
}

void
dump_typescript(struct buf *out, const char *dumps)
{
	(void)dumps;
	asyncapi_types_put(out);
}
