// answers.mjs -- analysed products straight in the tables, and what the metrics say of reads.
export async function putResult(d, product, summary = 'stored', { status = 'completed', users = 1 } = {}) {
	await d.psql(`WITH q AS (INSERT INTO analysis_requests (task_id, kind, product_id, payload, status, progress, user_count)
		VALUES ($1 || '-' || gen_random_uuid(), 'analysis', $1, '{}', $3, 100, $4) RETURNING task_id)
		INSERT INTO analysis_results (product_id, task_id, status, sentiment_positive, sentiment_negative, sentiment_neutral, summary, total_reviews)
		SELECT $1, task_id, $3, 60, 30, 10, $2, 5 FROM q`, [product, summary, status, users]);
}

// The sum of a metric's cells whose labels match.
export async function metric(http, name, labels = /./) {
	const { text } = await http.get('/metrics');
	return [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (-?[\\d.]+)$`, 'gm'))]
		.filter((m) => labels.test(m[1] ?? ' ')).reduce((n, m) => n + Number(m[2]), 0);
}

// How many queries the results were asked for with, by all processes.
export const resultQueries = (http) =>
	metric(http, 'db_query_duration_seconds_count', /operation="select",table="analysis_results"/);

// A result as another service writes it into the cache: JSON.
export const wholeResult = (product, summary) => JSON.stringify({ productId: product, summary, sentiment: { positive: 60, negative: 30, neutral: 10 }, keywords: [],
	totalReviews: 5, createdAt: null, updatedAt: null });
