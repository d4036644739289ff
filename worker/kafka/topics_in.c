/* topics_in.c -- dispatches messages to their rows. See topics_in.h. */
#include "topics_in.h"

#include <stdio.h>

#include "base/err.h"
#include "base/trace_ring.h"

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

/* A refusal here has changed nothing. */
static int
bind_message(struct kmsg *m)
{
	struct param_faults faults;
	struct param_input in = { 0 };
	int rc;

	if ((rc = json_parse(m->mem, m->m->value.p, m->m->value.n, &m->body)) < 0)
		return rc;
	if ((m->row = find_row(m)) == NULL) {
		m->reason = "type: is none of this topic's";
		return E_VALIDATION;
	}
	in.body = m->body;
	m->args = arena_zalloc(m->mem, m->row->args_bytes);
	if ((rc = param_bind(m->mem, m->row->params, &in, m->args, &faults)) < 0)
		m->reason = param_faults_text(m->mem, &faults, true);
	return rc;
}

/* The statement of several messages, as a span of each that is recorded. */
static void
record_store(const struct topic_in *row, struct kmsg *const *m, size_t n, int64_t start_us, int rc)
{
	int64_t end_us = mono_us();
	char name[96];
	struct trace t;
	struct trace_span span = { .trace = &t, .kind = TRACE_CLIENT, .step = TRACE_SQL, .name = name,
	    .start_us = start_us, .end_us = end_us, .error = rc < 0 ? err_row(rc)->code : NULL };
	size_t i;

	snprintf(name, sizeof(name), "INSERT %s", row->table);
	for (i = 0; i < n; i++) {
		if (m[i]->work.trace == NULL)
			continue;
		trace_child(&t, m[i]->work.trace);
		trace_record(&span, JS("db.system.name", "postgresql"), JS("db.operation.name", "INSERT"),
		    JS("db.collection.name", row->table), JI("db.operation.batch.size", (int64_t)n),
		    JIF(span.error != NULL, JS("error.type", span.error)));
	}
}

static int
store_row(const struct topic_in *row, struct kmsg *m, size_t n)
{
	struct kmsg **set = arena_alloc(m->mem, n * sizeof(*set));
	int64_t start_us = mono_us();
	size_t i, count = 0;
	int rc;

	for (i = 0; i < n; i++)
		if (m[i].rc == 0 && m[i].row == row)
			set[count++] = &m[i];
	if (count == 0)
		return 0;
	rc = row->store(set, count);
	record_store(row, set, count, start_us, rc);
	return rc;
}

static int
store_rows(struct kmsg *m, size_t n)
{
	const struct topic_in *const *t, *row;
	int rc;

	for (t = topics_in; *t != NULL; t++)
		for (row = *t; row->topic != NULL; row++)
			if (row->store != NULL && (rc = store_row(row, m, n)) < 0)
				return rc;
	return 0;
}

int
topics_in_apply(struct kmsg *m, size_t n)
{
	size_t i;
	int rc;

	for (i = 0; i < n; i++) {
		log_work(&m[i].work);
		m[i].reason = NULL;
		m[i].rc = bind_message(&m[i]);
	}
	log_work(NULL);
	if ((rc = store_rows(m, n)) < 0)
		return rc;
	for (i = 0; i < n; i++) {
		if (m[i].rc < 0)
			continue;
		log_work(&m[i].work);
		m[i].rc = m[i].row->handler(&m[i], m[i].args);
		log_work(NULL);
		if (m[i].rc < 0 && m[i].rc != E_CONFLICT)
			return m[i].rc;
	}
	return 0;
}
