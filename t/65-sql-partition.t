#!/usr/bin/env t/lib/run
// 65-sql-partition.t -- tables by month: partitions are made ahead and when they come late, and go with retention, reviews with their keys.
import { startDure } from './lib/dure.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ env: { ANALYZER: 'off', ANALYSIS_STALL_MS: '600000', CACHE_WARM_COUNT: '0', RESTART_BACKOFF_MAX_MS: '500', RETENTION_REVIEW_DAYS: '400', RETENTION_CARD_DAYS: '400' } });
const tables = ['raw_reviews', 'emotion_cards', 'keyword_details', 'security_logs'];
const month = (ahead) => d.psql(`SELECT to_char(date_trunc('month', now()) + $1 * interval '1 month', 'YYYYMM') AS m`, [ahead]).then((r) => r[0].m);
const exists = async (table) => (await d.psql('SELECT to_regclass($1) AS t', [table]))[0].t !== null;
const count = async (sql) => (await d.psql(`SELECT count(*)::int AS n FROM ${sql}`))[0].n;
// A round of the timed work, which cron does first of all when it starts.
async function round(done) {
	d.kill9(/cron/);
	await until(done, { ms: 60000, what: done.toString() });
}

await test('made ahead', async () => {
	for (const table of tables)
		for (let i = 0; i <= 2; i++)
			ok(await exists(`${table}_${await month(i)}`), `${table} has a partition for month ${i} ahead`);
	const last = await month(2);
	await d.psql(`DROP TABLE raw_reviews_${last}; DROP TABLE emotion_cards_${last}`);
	await round(async () => await exists(`raw_reviews_${last}`) && await exists(`emotion_cards_${last}`));
	ok(true, 'cron creates missing partitions');
});

await test('made late', async () => {
	const here = await month(0), next = await month(1);
	await d.psql(`DROP TABLE raw_reviews_${here}; DROP TABLE raw_reviews_${next};
		INSERT INTO raw_reviews (product_id, review_key, doc, ingested_at)
		SELECT 'late', 'k' || i, '{"text":"x"}', now() FROM generate_series(1, 500) i;
		INSERT INTO raw_reviews (product_id, review_key, doc, ingested_at) VALUES ('late', 'next', '{}', date_trunc('month', now()) + interval '40 days');
		INSERT INTO raw_reviews (product_id, review_key, doc, ingested_at) VALUES ('late', 'past', '{}', now() - interval '100 days')`);
	is(await count('raw_reviews_default'), 502, 'rows without a partition go to the default partition');
	await round(() => exists(`raw_reviews_${next}`));
	is(await count(`raw_reviews_${here}`), 500, 'rows move into their partition when it is created');
	is(await count('raw_reviews_default'), 1, 'rows of no month stay in the default partition');
	is(await count("raw_reviews WHERE product_id = 'late'"), 502, 'no row is lost');
	is(await count(`pg_indexes WHERE tablename = 'raw_reviews_${here}'`), await count("pg_indexes WHERE tablename = 'raw_reviews_default'"), 'a new partition has its indexes');
});

await test('retention', async () => {
	const old = '2021-03-15';
	const months = ['raw_reviews', 'emotion_cards', 'keyword_details']
		.map((table) => `CREATE TABLE ${table}_202103 PARTITION OF ${table} FOR VALUES FROM ('2021-03-01') TO ('2021-04-01');`);
	// In one transaction: the round before may still be at it.
	await d.psql(`${months.join('\n')}
		INSERT INTO products (id, name, review_count) VALUES ('aged', 'aged', 5003);
		INSERT INTO raw_reviews (product_id, review_key, doc, ingested_at) SELECT 'aged', 'o' || i, '{}', '${old}' FROM generate_series(1, 5000) i;
		INSERT INTO raw_reviews (product_id, review_key, doc) SELECT 'aged', 'n' || i, '{}' FROM generate_series(1, 3) i;
		INSERT INTO raw_review_keys (product_id, review_key) SELECT product_id, review_key FROM raw_reviews WHERE product_id = 'aged';
		INSERT INTO emotion_cards (product_id, task_id, card_id, doc, created_at) VALUES ('aged', 't', 'old', '{}', '${old}'), ('aged', 't', 'older', '{}', '2019-01-01'), ('aged', 't', 'new', '{}', now());
		INSERT INTO keyword_details (product_id, task_id, keyword, doc, created_at) VALUES ('aged', 't', 'old', '{}', '${old}'), ('aged', 't', 'new', '{}', now())`);
	await round(async () => !await exists('raw_reviews_202103') && !await exists('emotion_cards_202103') && !await exists('keyword_details_202103'));
	ok(true, 'retention drops old months');
	await until(async () => await count('emotion_cards') === 1, { what: 'old rows of the default partition to go' });
	deep((await d.psql("SELECT review_key FROM raw_review_keys WHERE product_id = 'aged' ORDER BY 1")).map((r) => r.review_key), ['n1', 'n2', 'n3'],
		'a review that was dropped may be imported again, a recent one is still a duplicate');
	is((await d.psql("SELECT review_count::int AS n FROM products WHERE id = 'aged'"))[0].n, 3, 'the number of held reviews is right');
	is(await count("raw_reviews WHERE product_id = 'late'"), 502, 'recent rows stay');
	is((await d.psql('SELECT keyword FROM keyword_details'))[0].keyword, 'new', 'recent keywords stay');
});

await done();
