#!/usr/bin/env t/lib/run
// 16-master-faults.t -- the master where something about it is wrong: a new master that fails late, a child that dies as soon as it serves.
import fs from 'node:fs';
import path from 'node:path';
import { ioConnect } from './lib/client.mjs';
import { command } from './lib/crowd.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sleep, until } from './lib/until.mjs';

const confFile = path.join('/tmp', `dure-faults-${process.pid}.conf`);
process.on('exit', () => fs.rmSync(confFile, { force: true }));
const configure = (lines) => fs.writeFileSync(confFile, Object.entries(lines).map(([k, v]) => `${k}=${v}\n`).join(''));
configure({ UPGRADE_TIMEOUT_MS: '1000', ANALYZER: 'off' });
const d = await startDure({ http: 2, ws: 1, env: { ANALYZER: undefined, DURE_CONF: confFile } });
const status = () => JSON.parse(d.cli('status', '--json').stdout);
const pidOf = (title) => d.pids().find((p) => p.title === title)?.pid;
const running = (what) => until(() => d.cli('status', '--json').code === 0, { ms: 40000, every: 100, what });
const files = () => fs.readdirSync(d.dir).filter((n) => /^(dure\.|ws|master)/.test(n) && n !== 'dure.log').sort();

await test('a new master that runs but is never ready', async () => {
	const s = await ioConnect(d.url), id = s.id, before = files();
	const children = fs.readFileSync(path.join(d.dir, 'dure.children'), 'utf8');
	configure({ UPGRADE_TIMEOUT_MS: '1000', ANALYZER: 'embedded', ANALYZER_MODEL: `${d.dir}/no-such-model` });
	const r = await command(d, 'upgrade');
	is(r.code, 1, 'fails');
	like(r.stderr, /not ready in time/, 'which is said');
	await running('all to be ready');
	deep(files(), before, 'every file is there');
	is(fs.readFileSync(path.join(d.dir, 'dure.children'), 'utf8'), children, 'which names the right children');
	deep([s.connected, s.id], [true, id], 'no socket was cut off');
	const worker = pidOf('dure: http 1');
	await d.kill9(/^dure: http/);
	await until(() => ![undefined, worker].includes(pidOf('dure: http 1')), { what: 'other HTTP workers' });
	await running('them to be ready');
	const late = await ioConnect(d.url);
	ok(late.connected, 'an HTTP worker that is started later finds the fanout');
	const first = pidOf('dure: ws 1');
	configure({ UPGRADE_TIMEOUT_MS: '60000', ANALYZER: 'off' });
	is((await command(d, 'reload')).code, 0, 'a reload');
	ok(pidOf('dure: ws 1') !== first && s.connected && s.id === id, 'hands the sockets on');
	s.disconnect();
	late.disconnect();
});

await done();
