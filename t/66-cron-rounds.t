#!/usr/bin/env t/lib/run
// 66-cron-rounds.t -- timed work is done by one host at a time, and leaves the others their database connections, however many jobs are due.
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { between, deep, done, is, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const leads = (d) => d.log().split('\n').filter((line) => /"msg":"leads the timed work"/.test(line)).length;

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
	between(most, 0, 2, 'few rounds have a transaction open');
	is([...statuses].join(), '200', 'requests get connections while all jobs run');
	await d.stop();
});

await test('two hosts', async () => {
	const env = { ANALYZER: 'off' }, hosts = [await startDure({ env })];
	await until(() => leads(hosts[0]) === 1, { what: 'the first to lead' });
	hosts.push(await startDure({ env, share: hosts[0] }));
	await sleep(2500);
	deep(hosts.map(leads), [1, 0], 'one of two hosts is the leader');

	hosts[0].kill9(/^dure: cron/);
	await until(() => hosts.map(leads).reduce((a, b) => a + b) === 2, { what: 'one to lead again' });
	await hosts[0].cli('reload');
	await until(() => hosts.map(leads).reduce((a, b) => a + b) >= 2, { what: 'one to lead after a reload' });
	await hosts[0].stop();
	await until(() => leads(hosts[1]) >= 1, { what: 'the second to lead' });
	is((await client(hosts[1].url).get('/health')).status, 200, 'the second host leads when the first has ended');
});

await test('the session is lost', async () => {
	const d = await startDure({ env: { ANALYZER: 'off' } });
	await until(() => leads(d) === 1, { what: 'it to lead' });
	const [{ n }] = await d.psql(`SELECT count(pg_terminate_backend(pid))::int AS n FROM pg_locks
		WHERE locktype = 'advisory' AND classid = x'63726f6e'::int AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
	is(n, 1, "one session holds the lock after the leader's session is lost");
	await until(() => leads(d) === 2, { what: 'it to lead again, in another' });
});

await done();
