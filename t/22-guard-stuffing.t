#!/usr/bin/env t/lib/run
// 22-guard-stuffing.t -- credential stuffing: one address against one account, and against many; what got through, what stopped it,
// and that other users log in and read meanwhile. How fast they do is measured by t/bench/stuffing.bench.
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { against, elsewhere, login, password, people, stuff, wrong } from './lib/stuffing.mjs';
import { between, deep, done, is, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const quick = { ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0', TRUSTED_PROXIES: '127.0.0.1', ANALYZER: 'off',
	RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_MAX: '100000' };
const d = await startDure({ http: 2, env: quick });
// The same without the limit of logins an address, as for an office behind one: what is behind it must hold alone.
const bare = await startDure({ share: d, http: 2, env: { ...quick, RATE_AUTH_MAX: '100000', RATE_AUTH_IP_MAX: '1000000' } });
const web = client(d.url), victims = Array.from({ length: 60 }, (_, i) => `victim${i}@example.com`), others = ['kim@example.com', 'lee@example.com'];
await people(d, [...victims, ...others, 'park@example.com']);

// Others, from their own addresses, until `attack` is over: { logins, reads, refused }.
async function meanwhile(at, attack) {
	const seen = { logins: 0, reads: 0, refused: 0 }, them = client(at.url);
	let over = false;
	const end = attack.finally(() => { over = true; });
	do {
		const r = await login(them, others[seen.logins % 2], password, elsewhere());
		const read = await them.get('/api/auth/me', { token: r.body.data?.accessToken, headers: { 'x-forwarded-for': elsewhere() } });
		seen.logins += r.status === 200;
		seen.reads += read.status === 200;
		seen.refused += (r.status !== 200) + (read.status !== 200);
	} while (!over);
	return { ...await end, seen };
}

await test('one address, one account', async () => {
	const run = await meanwhile(d, stuff(d, against(['park@example.com'], 120, 10), '10.66.0.1'));
	is(run.through, 0, 'no right guess of a limited address gets through');
	is(run.statuses[401], 5, 'five guesses of a limited address are checked');
	is(run.tried, 120, `every guess of a limited address is answered: ${JSON.stringify(run.codes)}`);
	is(run.statuses[429], 115, 'the other guesses of a limited address answer 429');
	deep([run.seen.refused, run.seen.logins > 0, run.seen.reads > 0], [0, true, true], `other users log in (${run.seen.logins}) and read during the attack`);
});

await test('one address, one account, without the limit of the address', async () => {
	await d.redis('DEL', 'lockout:park@example.com', 'login_attempts:park@example.com', 'login_failures:10.66.0.1');
	const run = await meanwhile(bare, stuff(bare, against(['park@example.com'], 120, 10), '10.66.0.2'));
	is(run.through, 0, "no right guess gets through without the address's limit");
	deep([run.codes.INVALID_CREDENTIALS, run.codes.ACCOUNT_LOCKED], [5, 115], "the account is locked after five guesses without the address's limit");
	is(run.seen.refused, 0, 'other users are served during the attack on one account');
	is(await d.redis('EXISTS', 'ip_block:10.66.0.2'), 0, 'five failures do not block the address');
});

await test('one address, many accounts', async () => {
	const run = await meanwhile(d, stuff(d, against(victims, 120, 10), '10.66.0.3'));
	is(run.through, 0, 'no right guess against many accounts gets through');
	deep([run.statuses[401], run.statuses[429]], [5, 115], 'five guesses of the address are checked in a minute');
	is(run.seen.refused, 0, 'other users are served during the attack on many accounts');
});

await test('one address, many accounts, without the limit of the address', async () => {
	await Promise.all(victims.map((v) => d.redis('DEL', `lockout:${v}`, `login_attempts:${v}`)));
	const run = await meanwhile(bare, stuff(bare, against(victims, 300, 80), '10.66.0.4', { width: 8 }));
	is(run.through, 0, "no right guess against many accounts gets through without the address's limit");
	between(run.blockedAt, 42, 200, `the address is blocked after ${run.blockedAt} guesses`);
	between(run.statuses[401], 50, 200, 'about fifty guesses are checked before the block');
	is(run.tried, (run.statuses[401] ?? 0) + (run.statuses[403] ?? 0), `the other guesses answer 403 (${run.statuses[403]})`);
	is(run.seen.refused, 0, 'other users are served until the address is blocked');
	await until(async () => (await web.get('/health', { headers: { 'x-forwarded-for': '10.66.0.4' } })).status === 403, { what: 'the block elsewhere' });
	ok(true, 'the block holds on every host and route');
	is((await login(client(bare.url), victims[59], password, '10.66.0.5')).status, 200, 'a victim logs in from another address');
});

await test('successful logins of the attacker do not lift the count', async () => {
	// An account of the attacker's own between the guesses must not wipe out what is held against his address.
	const pairs = Array.from({ length: 200 }, (_, i) => i % 2 ? ['lee@example.com', password] : [victims[i % 60], `${wrong}${i}`]);
	const run = await stuff(bare, pairs, '10.66.0.6', { width: 2 });
	ok(run.blockedAt !== null && run.codes.INVALID_CREDENTIALS < 100, `an attacker's own logins do not prevent the block, after ${run.blockedAt}: ${JSON.stringify(run.codes)}`);
});

await done();
