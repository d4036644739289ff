/* topics_in.c -- dispatches a message to its handler. See topics_in.h. */
#include "topics_in.h"

#include "base/err.h"

const struct topic_in *const topics_in[] = {
	on_realtime_status,
	on_analysis_results,
	on_product_search_results,
	on_watchlist_updates,
	on_batch_job_status,
	on_error_notifications,
	NULL
};

size_t
topics_in_names(const char *out[16])
{
	size_t n = 0;

	for (; topics_in[n] != NULL; n++)
		out[n] = topics_in[n]->topic;
	return n;
}

static const struct topic_in *
find_rows(const char *topic)
{
	const struct topic_in *const *t;

	for (t = topics_in; *t != NULL; t++)
		if (strcmp((*t)->topic, topic) == 0)
			return *t;
	return NULL;
}

static const struct topic_in *
find_type(const struct topic_in *rows, const char *type)
{
	for (; type != NULL && rows->topic != NULL; rows++)
		if (strcmp(rows->type, type) == 0)
			return rows;
	return NULL;
}

/* Pipelines differ in where they put the type: the header counts only when it names a known type. */
static const struct topic_in *
find_row(const struct kmsg *m)
{
	const struct topic_in *rows = find_rows(m->m->topic), *row;
	const char *type = json_str(json_get(m->body, "type"));

	if (rows == NULL || (row = find_type(rows, m->m->type)) != NULL)
		return rows == NULL ? NULL : row;
	return type != NULL && rows[1].topic != NULL ? find_type(rows, type) : rows;
}

int
topics_in_apply(struct kmsg *m)
{
	struct param_faults faults;
	struct param_input in = { 0 };
	const struct topic_in *row;
	void *args;
	int rc;

	if ((rc = json_parse(m->mem, m->m->value.p, m->m->value.n, &m->body)) < 0)
		return rc;
	if ((row = find_row(m)) == NULL) {
		m->reason = "type: is none of this topic's";
		return E_VALIDATION;
	}
	in.body = m->body;
	args = arena_zalloc(m->mem, row->args_bytes);
	if ((rc = param_bind(m->mem, row->params, &in, args, &faults)) < 0) {
		m->reason = param_faults_text(m->mem, &faults, true);
		return rc;
	}
	return row->handler(m, args);
}
