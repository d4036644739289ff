#!/usr/bin/env t/lib/run
// 22-guard-alerts.t -- alerts reach a local receiver: coloured by level, aggregated in a burst, retried with back-off, never blocking
// other work; and the anonymised forms of addresses and names.
import http from 'node:http';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { atEnd, between, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

// A Slack that remembers, refuses or is silent.
const slack = { got: [], status: 200, headers: {}, silent: false };
const server = http.createServer((rq, answer) => {
	let text = '';
	rq.on('data', (c) => { text += c; });
	rq.on('end', () => {
		slack.got.push({ at: Date.now(), type: rq.headers['content-type'], path: rq.url, body: JSON.parse(text) });
		if (!slack.silent)
			answer.writeHead(slack.status, slack.headers).end('ok');
	});
});
await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
atEnd(() => { server.closeAllConnections(); server.close(); });

const d = await startDure({ env: { SLACK_WEBHOOK_URL: `http://127.0.0.1:${server.address().port}/services/T0/B0/s3cretpath` } });
const add = (level, title, details) =>
	d.psql('INSERT INTO alerts (level, title, details) VALUES ($1, $2, $3)', [level, title, details]);
const waiting = async () => (await d.psql('SELECT count(*)::int AS n FROM alerts'))[0].n;
const delivered = (n) => until(() => slack.got.length >= n, { ms: 15000, what: `${n} messages` });

await test('colours and texts', async () => {
	await d.psql(`INSERT INTO alerts (level, title, details) VALUES ('info', 'one', '{"a":1}'), ('warning', 'two', '{}'),
		('error', 'three', '{"why":"<a & b>"}'), ('critical', 'four', '{}')`);
	await delivered(1);
	const [m] = slack.got;
	is(m.type, 'application/json', 'alerts are posted as JSON');
	is(m.path, '/services/T0/B0/s3cretpath', 'alerts are posted to the path of the webhook');
	deep(m.body.attachments.map((a) => a.title), ['[info] one', '[warning] two', '[error] three', '[critical] four'], 'each alert has its level and title');
	is(new Set(m.body.attachments.map((a) => a.color)).size, 4, 'each level has a colour of its own');
	is(m.body.attachments[2].text, 'why: &lt;a &amp; b&gt;', 'details are escaped as Slack requires');
	await until(async () => (await waiting()) === 0, { what: 'the rows to go' });
	ok(true, 'delivered alerts are deleted');
});

await test('a burst is one message', async () => {
	const before = slack.got.length;
	await d.psql(`INSERT INTO alerts (level, title, details) SELECT 'warning', 'failed_login', jsonb_build_object('n', i)
		FROM generate_series(1, 300) i`);
	await delivered(before + 1);
	await until(async () => (await waiting()) === 0, { what: 'the rows to go' });
	is(slack.got.length, before + 1, 'a burst of 300 alerts is one message');
	is(slack.got[before].body.attachments[0].title, '[warning] failed_login ×300', 'the message of a burst has the number of alerts');
	is(slack.got[before].body.attachments[0].text, 'n: 300', 'the message of a burst has the newest details');
});

await test('a receiver that refuses first', async () => {
	const before = slack.got.length;
	slack.status = 500;
	await add('error', 'later', '{}');
	await delivered(before + 3);
	const times = slack.got.slice(before).map((g) => g.at);
	ok(times[2] - times[1] > times[1] - times[0], `the delay between attempts grows (${times[1] - times[0]}, ${times[2] - times[1]} ms)`);
	slack.status = 200;
	await until(async () => (await waiting()) === 0, { ms: 20000, what: 'delivery' });
	ok(true, 'a refused alert is delivered when the receiver accepts it');
	slack.status = 429;
	slack.headers = { 'retry-after': '100' };
	await add('error', 'politely', '{}');
	await until(async () => (await d.psql('SELECT 1 FROM alerts WHERE attempts = 1')).length === 1, { what: 'the refusal' });
	const [row] = await d.psql('SELECT extract(epoch FROM next_at - now())::int AS s FROM alerts');
	between(row.s, 90, 100, 'the next attempt waits for Retry-After');
	await d.psql('DELETE FROM alerts');
	slack.status = 200;
	slack.headers = {};
});

await test('an alert that is abandoned', async () => {
	slack.status = 404;
	await d.psql("INSERT INTO alerts (level, title, attempts) VALUES ('error', 'hopeless', 11)");
	await until(async () => (await waiting()) === 0, { what: 'the row to go' });
	like((await client(d.url).get('/metrics')).text, /^alerts_total\{result="given_up"\} 1$/m, 'an alert that fails too often is abandoned and counted');
	slack.status = 200;
});

await test('a silent receiver', async () => {
	slack.silent = true;
	const before = slack.got.length;
	await add('critical', 'data_breach', '{}');
	await delivered(before + 1);
	is((await client(d.url).get('/api/v1/health/ready')).status, 200, 'the server is ready while the receiver is silent');
	const locks = async () => (await d.psql("SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'relation' AND relation = 'alerts'::regclass AND granted AND mode LIKE '%Exclusive%'"))[0].n;
	await until(async () => await locks() === 0, { ms: 3000, what: 'who added a row to have ended' });
	is(await waiting(), 1, 'the alert stays in the table, which is not locked, while the receiver is silent');
	slack.silent = false;
	await until(async () => (await waiting()) === 0, { ms: 30000, what: 'delivery' });
	ok(!d.log().includes('s3cretpath'), 'the address of the webhook is in no log');
});

await test('anonymised forms', async () => {
	const forms = (await d.psql(`SELECT anon_email('abcdef@example.com') AS e, anon_email('a@b.c') AS e1, anon_email('x') AS e2,
		anon_name('abcdz') AS n, anon_name('a') AS n1, anon_name('김두레') AS n2, anon_name('김두') AS n3, anon_name('') AS n4, anon_ip('10.0.3.4') AS i,
		anon_ip('2001:db8:1::2') AS i6, anon_ip(NULL) AS i0`))[0];
	deep(forms, { e: 'ab****@example.com', e1: 'a****@b.c', e2: '****', n: 'a***z', n1: '**', n2: '김*레', n3: '**', n4: '**', i: '10.0.***.***',
		i6: '2001:db8:***', i0: null }, 'email addresses, names and IP addresses are anonymised');
});

await done();
