#!/usr/bin/env t/lib/run
// 22-guard-lockout.t -- failed logins count by e-mail and client; many clients lock an e-mail for unknown devices, not for its owner's.
import { client, setCookies } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { login, password, people, wrong } from './lib/stuffing.mjs';
import { between, deep, done, is, like, ok, test } from './lib/tap.mjs';

const d = await startDure({ http: 2, env: { NODE_ENV: 'test', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0',
	TRUSTED_PROXIES: '127.0.0.1', ANALYZER: 'off', RATE_LIMIT_ENABLED: 'false', LOGIN_ATTEMPTS_EMAIL_MAX: '12' } });
const web = client(d.url);
const emails = ['kim', 'lee', 'park', 'choi', 'jung', 'kang', 'yoon'].map((n) => `${n}@example.com`);
await people(d, emails);

const codeOf = (r) => [r.status, r.body.error?.code ?? 'in'];
const locked = [429, 'ACCOUNT_LOCKED'], refused = [401, 'INVALID_CREDENTIALS'], welcome = [200, 'in'];
const withCookies = (email, pass, ip, ...cookies) => web.post('/api/auth/login', { email, password: pass },
	{ headers: { 'x-forwarded-for': ip, cookie: cookies.join('; ') } });
const cookie = (r, name) => setCookies(r).find((c) => c.startsWith(`${name}=`))?.split(';')[0];
async function fail(email, ip, times = 5) {
	for (let i = 0; i < times; i++)
		deep(codeOf(await login(web, email, `${wrong}${i}`, ip)), refused, `${email} from ${ip}: failure ${i + 1} answers 401`);
}
// Up to the limit of the e-mail alone: 5 + 5 + 2 failures from three addresses.
async function besiege(email) {
	await fail(email, '10.3.0.1');
	await fail(email, '10.3.0.2');
	await fail(email, '10.3.0.3', 2);
}

await test('a lockout of one client', async () => {
	for (const email of ['kim@example.com', 'nobody@example.com']) {
		await fail(email, '10.1.0.1');
		const r = await login(web, email, password, '10.1.0.1');
		deep(codeOf(r), locked, `${email}: the client is locked out, even with the right password`);
		between(Number(r.headers.get('retry-after')), 840, 900, `${email}: Retry-After is the rest of the lockout`);
		between(await d.redis('TTL', `lockout:${email}`), 840, 900, `${email}: lockout:{email} expires with the lockout`);
		is(await d.redis('GET', `login_attempts:${email}`), '5', `${email}: login_attempts:{email} counts five failures`);
		deep(codeOf(await login(web, email, wrong, '10.1.0.2')), refused, `${email}: another client's attempt is checked`);
	}
	deep(codeOf(await login(web, 'kim@example.com', password, '10.1.0.2')), welcome, 'another client logs in with the right password');
	deep(codeOf(await login(web, 'kim@example.com', password, '10.1.0.1')), locked, 'the login of another client does not lift the lockout');
	is(await d.redis('GET', 'login_attempts:kim@example.com'), '5', 'the login of another client removes only its own failure from the count');
	await fail('lee@example.com', '2001:db8:0:7::1', 3);
	await fail('lee@example.com', '2001:db8:0:7:ffff::2', 2);
	deep(codeOf(await login(web, 'lee@example.com', password, '2001:db8:0:7::3')), locked, 'an IPv6 client is counted by its /64');
	await d.redis('DEL', 'login_attempts:lee@example.com', 'lockout:lee@example.com');
	deep(codeOf(await login(web, 'lee@example.com', password, '2001:db8:0:7::3')), welcome, 'the lockout ends when its two keys are deleted');
});

await test('many attempts at once', async () => {
	const at = (n, ip) => Promise.all(Array.from({ length: n }, () => login(web, 'storm@example.com', wrong, ip)));
	const first = await at(20, '10.2.0.1');
	deep([401, 429].map((s) => first.filter((r) => r.status === s).length), [5, 15], '20 concurrent attempts of one client are worth five');
	const both = (await Promise.all([at(20, '10.2.0.2'), at(20, '10.2.0.3')])).flat();
	is(both.filter((r) => r.status === 401).length, 7, 'concurrent attempts of all clients are worth twelve for one e-mail');
	is(both.filter((r) => r.status === 429).length, 33, 'the other concurrent attempts are locked out');
});

await test('a remembered device', async () => {
	const before = await login(web, 'park@example.com', password, '10.1.0.9'), device = cookie(before, 'device');
	like(setCookies(before).join('\n'), /\bdevice=[^;]+; Max-Age=\d{7,}; Path=\/api; HttpOnly; SameSite=Strict/, 'a login sets a device cookie');
	const foreign = cookie(await login(web, 'choi@example.com', password, '10.1.0.9'), 'device');
	await besiege('park@example.com');
	const r = await login(web, 'park@example.com', password, '10.4.0.1');
	deep(codeOf(r), locked, 'twelve failures from any addresses lock the e-mail for unknown devices');
	between(Number(r.headers.get('retry-after')), 840, 900, "Retry-After is the rest of the e-mail's lockout");
	await besiege('nobody2@example.com');
	deep(codeOf(await login(web, 'nobody2@example.com', password, '10.4.0.1')), locked, 'an unknown e-mail is locked in the same way');
	deep(codeOf(await withCookies('park@example.com', password, '10.4.0.2', foreign)), locked, 'the device cookie of another user does not lift the lockout');
	for (const bad of [device.slice(0, -1) + (device.endsWith('A') ? 'B' : 'A'), device.replace(/\.(\d+)\./, (_, n) => `.${Number(n) + 1}.`), 'device=', 'device=..',
		`device=${'x'.repeat(3000)}`])
		deep(codeOf(await withCookies('park@example.com', password, '10.4.0.3', bad)), locked, `a forged device cookie does not lift the lockout: ${bad.slice(0, 20)}`);
	deep(codeOf(await withCookies('park@example.com', password, '10.4.0.4', device)), welcome, "the user's own device logs in from any address");
	deep(codeOf(await login(web, 'park@example.com', password, '10.4.0.1')), locked, 'the login of a known device does not lift the lockout for others');
	for (let i = 0; i < 5; i++)
		deep(codeOf(await withCookies('park@example.com', wrong, `10.4.1.${i}`, device)), refused, `a wrong password with a known device answers 401: attempt ${i + 1}`);
	deep(codeOf(await withCookies('park@example.com', password, '10.4.2.1', device)), locked, 'a known device is locked out after five failures, whatever its address');
});

await test('a live session', async () => {
	const before = await login(web, 'jung@example.com', password, '10.1.0.9'), token = before.body.data.accessToken;
	const session = cookie(before, 'refreshToken'), ended = await login(web, 'jung@example.com', password, '10.1.0.9');
	is((await web.post('/api/auth/logout', undefined, { token: ended.body.data.accessToken })).status, 200, 'another session of the user ends');
	await besiege('jung@example.com');
	deep(codeOf(await withCookies('jung@example.com', password, '10.4.0.1', cookie(ended, 'refreshToken'))), locked, 'a refresh cookie of an ended session does not lift the lockout');
	deep(codeOf(await withCookies('jung@example.com', password, '10.4.0.1', session)), welcome, 'a refresh cookie of a live session lifts the lockout');
	const change = (current, next) => web.post('/api/auth/password', { currentPassword: current, newPassword: next },
		{ token, headers: { 'x-forwarded-for': '10.3.0.1' } });
	is((await change(wrong, 'Newer-horse-1')).status, 401, 'a password change under a lockout checks the current password');
	is((await change(password, 'Newer-horse-1')).status, 200, 'a password change under a lockout succeeds');
	deep(codeOf(await withCookies('jung@example.com', 'Newer-horse-1', '10.4.0.2', cookie(before, 'device'))), locked, 'a password change forgets the remembered devices');
	deep(codeOf(await withCookies('jung@example.com', 'Newer-horse-1', '10.4.0.2', session)), welcome, 'a password change keeps the session that asked for it');
});

await test('a lockout set by hand', async () => {
	await d.redis('SET', 'lockout:kang@example.com', '1', 'EX', 500);
	const r = await login(web, 'kang@example.com', password, '10.5.0.1');
	deep(codeOf(r), locked, 'lockout:{email} with any value locks the e-mail');
	between(Number(r.headers.get('retry-after')), 490, 500, 'Retry-After is the time to live of the key');
	await d.redis('DEL', 'lockout:kang@example.com');
	deep(codeOf(await login(web, 'kang@example.com', password, '10.5.0.1')), welcome, 'a login succeeds when the key is deleted');
	is(await d.redis('EXISTS', 'login_attempts:kang@example.com'), 0, 'a login leaves no count of attempts');
});

await test('the count after a lockout', async () => {
	await fail('yoon@example.com', '10.6.0.1');
	await d.redis('SET', 'lockout:yoon@example.com', '10.6.0.1=1', 'EX', 500);		// as if it had lapsed while others fail
	deep(codeOf(await login(web, 'yoon@example.com', wrong, '10.6.0.1')), refused, 'a client whose lockout has ended is checked again');
	ok(Number(await d.redis('GET', 'login_attempts:yoon@example.com')) === 6, "the count of the e-mail goes on after a client's lockout");
});

await done();
