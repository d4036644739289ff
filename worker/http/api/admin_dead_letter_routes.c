/* admin_dead_letter_routes.c -- messages that could not be applied or sent, for operators. Yields: all. See
 * domain/core/dead_letter.h. */
#include "../req.h"
#include "base/err.h"
#include "routes.h"
#include "worker/domain/core/audit.h"
#include "worker/domain/core/dead_letter.h"

struct list_in { const char *topic, *cursor; int64_t limit; };
static const struct param list_params[] = {
	P_STR(FROM_QUERY, struct list_in, topic, "topic", OPTIONAL, 1, 249),
	P_PAGE(struct list_in, 100, "20"), PARAM_END
};

static int
letter_list(struct req *rq, const void *args)
{
	const struct list_in *in = args;
	const char *next;
	struct str list;
	int rc;

	if ((rc = dead_letter_page(in->topic, in->cursor, in->limit, &list, &next)) < 0)
		return rc;
	return reply_list(rq, list, next);
}

struct letter_in { int64_t id; };
static const struct param letter_params[] = {
	P_INT(FROM_PATH, struct letter_in, id, "id", REQUIRED, 1, INT64_MAX, NULL), PARAM_END
};

static int
letter_retry(struct req *rq, const void *args)
{
	const struct letter_in *in = args;
	const struct dead_letter_choice one = { &in->id, 1, NULL };
	int rc, n, kept;

	if ((rc = dead_letter_retry(&one, &n, &kept)) < 0)
		return rc;
	if (kept > 0) {
		rq->why = rq->english ? "The message is no text, which the outbox cannot hold."
		    : "텍스트가 아닌 메시지는 다시 보낼 수 없습니다.";
		return E_CONFLICT;
	}
	if (n == 0)
		return E_NOT_FOUND;
	AUDIT("operator_action", rq->user, rq->ip, JS("action", "dead letter retried"), JI("letter", in->id));
	return reply_data(rq, 202, json_obj(rq->mem, JI("id", in->id), JB("accepted", true)), MSG_NONE);
}

static int
letter_delete(struct req *rq, const void *args)
{
	const struct letter_in *in = args;
	const struct dead_letter_choice one = { &in->id, 1, NULL };
	int rc, n;

	if ((rc = dead_letter_drop(&one, &n)) < 0)
		return rc;
	if (n == 0)
		return E_NOT_FOUND;
	AUDIT("operator_action", rq->user, rq->ip, JS("action", "dead letter deleted"), JI("letter", in->id));
	return reply_nothing(rq);
}

const struct route admin_dead_letter_routes[] = {
	{ "GET", "/api/v1/admin/dead-letters", letter_list, list_params, OPERATOR_DEAD_LETTERS, RATE_DEFAULT, 5000,
	    "Messages that could not be applied or sent, the oldest first; of a payload the first 4096 bytes, null where "
	    "it is no text", LIST("DeadLetter"), 0 },
	{ "POST", "/api/v1/admin/dead-letters/{id}/retry", letter_retry, letter_params, OPERATOR_DEAD_LETTERS,
	    RATE_DEFAULT, 5000, "Send one to its topic again, by way of the outbox",
	    "202 " DATA("{id:int = 7, accepted:true}") " !CONFLICT", 0 },
	{ "DELETE", "/api/v1/admin/dead-letters/{id}", letter_delete, letter_params, OPERATOR_DEAD_LETTERS,
	    RATE_DEFAULT, 5000, "Delete one (204)", "204", 0 },
	{ 0 }
};
