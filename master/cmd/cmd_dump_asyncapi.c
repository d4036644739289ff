/* cmd_dump_asyncapi.c -- `dure dump asyncapi`: the document that the server has as /asyncapi.json. */
#include "cmd_dump.h"
#include "worker/asyncapi.h"

void
dump_asyncapi(struct buf *out, const char *dumps)
{
	(void)dumps;
	asyncapi_put(out);
	buf_byte(out, '\n');
}
