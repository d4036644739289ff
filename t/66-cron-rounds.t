#!/usr/bin/env t/lib/run
// 66-cron-rounds.t -- timed work leaves the others their database connections, however many jobs are due at a time.
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, done, is, test } from './lib/tap.mjs';
import { sleep } from './lib/until.mjs';

await test('all jobs at once, on few connections', async () => {
	const d = await startDure({ env: { ANALYZER: 'off', DB_POOL_MAX: '6', DB_CONNECTION_TIMEOUT: '20000' } });
	const web = client(d.url), statuses = new Set();
	let most = 0;
	d.kill9(/^dure: cron/);		// the new one finds every job due
	for (let i = 0; i < 60; i++) {
		const [{ n }] = await d.psql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'dure cron' AND state LIKE 'idle in%'");
		most = Math.max(most, n);
		statuses.add((await web.post('/api/products/p/reviews', [{ id: `r${i}`, text: 'good' }])).status);
		await sleep(20);
	}
	between(most, 0, 2, 'two rounds at most hold a connection');
	is([...statuses].join(), '200', 'and requests find theirs');
});

await done();
