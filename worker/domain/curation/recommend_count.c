/* recommend_count.c -- metrics of recommendations. See recommend_count.h. Yields: recommend_count_accuracy. */
#include "recommend_count.h"

#include "base/metric.h"
#include "base/str.h"
#include "link/pg.h"

static const char *const types[] = { "videos", "similar", "products" };
static const char *const algorithms[] = { "hybrid-a", "hybrid-b", "trends", "sentiment" };

static size_t
find_text(const char *const *list, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n - 1 && strcmp(list[i], text) != 0; i++)
		;
	return i;
}

const char *
recommend_type_name(enum recommend_type t)
{
	return types[t];
}

void
recommend_count_made(enum recommend_type t, const char *algorithm)
{
	metric_add(
	    M_RECOMMENDED, (size_t)t * NELEM(algorithms) + find_text(algorithms, NELEM(algorithms), algorithm), 1);
}

void
recommend_count_clicked(const char *type, int64_t n)
{
	metric_add(M_RECOMMENDED_CLICKS, find_text(types, NELEM(types), type), (uint64_t)n);
}

static int
write_made(size_t cell, struct buf *out)
{
	if (cell >= NELEM(types) * NELEM(algorithms))
		return -1;
	buf_printf(out, "type=\"%s\",algorithm=\"%s\"", types[cell / NELEM(algorithms)],
	    algorithms[cell % NELEM(algorithms)]);
	return 0;
}

static int
write_accuracy(size_t cell, struct buf *out)
{
	if (cell >= NELEM(algorithms))
		return -1;
	buf_printf(out, "algorithm=\"%s\"", algorithms[cell]);
	return 0;
}

void
recommend_count_start(void)
{
	metric_labels(M_RECOMMENDED, write_made);
	metric_labels(M_RECOMMENDED_ACCURACY, write_accuracy);
}

/* Lists that had their 24 hours, of the last week. */
static struct pg_stmt measure_accuracy = PG_STMT("select", "recommendation_lists",
    "SELECT algorithm, avg((clicked_at < created_at + interval '24 hours')::int)"
    " FROM (SELECT algorithm, created_at, coalesce(clicked_at, 'infinity') AS clicked_at FROM recommendation_lists"
    "   WHERE created_at BETWEEN now() - interval '8 days' AND now() - interval '24 hours') l"
    " GROUP BY algorithm");

int
recommend_count_accuracy(int64_t *n)
{
	struct pg_rows r;
	int i, rc = pg_query(pg_shared(), &r, &measure_accuracy);

	*n = 0;
	for (i = 0; rc == 0 && i < r.n; i++)
		metric_set(M_RECOMMENDED_ACCURACY, find_text(algorithms, NELEM(algorithms), pg_string(&r, i, 0)),
		    (int64_t)(pg_number(&r, i, 1) * 1000 + 0.5));
	return rc;
}
