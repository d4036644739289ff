#!/usr/bin/env t/lib/run
// 11-master-reload.t -- HUP under load: no request fails, no socket is cut off, no event is lost or comes twice, whatever transport,
// namespace and state a socket is in.
import { command, steadyRequests, startCrowd } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, diag, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const d = await startDure({ http: 2, ws: 1, env: { ANALYZER: 'off' } });
const count = Number(process.env.SOCKETS || 300), rounds = Number(process.env.ROUNDS || 2);
const pidOf = (title) => d.pids().find((p) => p.title === title)?.pid;

await test('a crowd under load', async () => {
	const crowd = await startCrowd(d, count, { polling: Math.ceil(count / 10) });
	const requests = steadyRequests(d);
	crowd.start();
	for (let i = 0; i < rounds; i++) {
		const before = pidOf('dure: ws 1');
		const r = await command(d, 'reload');
		is(r.code, 0, 'reload', r.stderr);
		await until(() => pidOf('dure: ws 1') !== before, { what: 'another ws' });
	}
	await crowd.finish();
	const tally = await requests.stop();
	deep(crowd.faults.slice(0, 10), [], `every event reached every socket once (${crowd.sent} to ${count})`);
	deep(tally.failed.slice(0, 10), [], `no request failed (of ${tally.sent})`);
	diag(d.log().split('\n').filter((l) => /clients|successor/.test(l)).join('\n'));
});

await done();
