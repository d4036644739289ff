#!/usr/bin/env t/lib/run
// 12-master-upgrade.t -- USR2: another build takes over the listening sockets and the live sockets under load; one that fails leaves all
// as it was.
import fs from 'node:fs';
import path from 'node:path';
import { command, startCrowd, steadyRequests } from './lib/crowd.mjs';
import { binary, startDure } from './lib/dure.mjs';
import { atEnd, deep, diag, done, is, isnt, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const count = Number(process.env.SOCKETS || 300), rounds = Number(process.env.ROUNDS || 1);
const d = await startDure({ http: 2, ws: 1, wait: false, env: { ANALYZER: 'off' } });
await d.ready();

await test('a crowd under load', async () => {
	const crowd = await startCrowd(d, count, { polling: Math.ceil(count / 10) });
	const requests = steadyRequests(d);
	crowd.start();
	for (let i = 0; i < rounds; i++) {
		const before = Number(fs.readFileSync(path.join(d.dir, 'dure.pid'), 'utf8'));
		const goal = crowd.sent + 20;
		const r = await command(d, 'upgrade');
		is(r.code, 0, 'upgrade', r.stderr, d.log().slice(-6000));
		isnt(Number(fs.readFileSync(path.join(d.dir, 'dure.pid'), 'utf8')), before, 'another master');
		await until(() => crowd.sent >= goal, { ms: 30000, what: 'events after it' });
	}
	await crowd.finish();
	const tally = await requests.stop();
	deep(crowd.faults.slice(0, 10), [], `every event reached every socket once (${crowd.sent} to ${count})`);
	deep(tally.failed.slice(0, 10), [], `no request failed (of ${tally.sent})`);
	diag(d.log().split('\n').filter((l) => /clients|successor|upgrad|error/.test(l)).join('\n'));
});
diag(d.cli('status').stdout);
d.cli('stop');
await done();
