#!/usr/bin/env t/lib/run
// 24-identity-mail.t -- password resets and verified addresses by mail, over a real SMTP server and a webhook: the contents of the mails, links
// that work once, a mail server that is down or refuses, and that no answer reveals an account.
import http from 'node:http';
import { SMTPServer } from 'smtp-server';
import { account } from './lib/account.mjs';
import { audit } from './lib/axe.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
import { freePort } from './lib/ports.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const smtp = { port: await freePort(), got: [], server: null };
smtp.start = (refuse) => new Promise((settle) => {
	smtp.server = new SMTPServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true, closeTimeout: 50,
		onAuth: (auth, _, done) => done(auth.username === 'dure' && auth.password === 'p@ss' ? null : new Error('no'), { user: auth.username }),
		onRcptTo: (to, _, done) => done(refuse ? Object.assign(new Error('no'), { responseCode: refuse }) : null),
		onData: (stream, session, done) => {
			let raw = '';
			stream.setEncoding('utf8').on('data', (c) => { raw += c; }).on('end', () => {
				const [head, body] = raw.split('\r\n\r\n'), subject = head.match(/Subject: ((?:.*\r\n )*.*)/)[1];
				smtp.got.push({ head, to: session.envelope.rcptTo[0].address, from: session.envelope.mailFrom.address, user: session.user,
					subject: subject.split('\r\n ').map((w) => Buffer.from(w.match(/^=\?UTF-8\?B\?(.*)\?=$/)[1], 'base64')).join(''), text: Buffer.from(body, 'base64').toString().replaceAll('\r\n', '\n') });
				done();
			});
		} });
	smtp.server.on('error', () => {});
	smtp.server.listen(smtp.port, '127.0.0.1', settle);
});
smtp.stop = () => new Promise((settle) => smtp.server.close(settle));
await smtp.start();
atEnd(() => smtp.stop());

const quick = { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' };
const d = await startDure({ env: { ...quick, SECCOMP: 'true', SMTP_URL: `smtp://dure:p%40ss@127.0.0.1:${smtp.port}`, MAIL_FROM: 'no-reply@dure.example', PUBLIC_URL: 'https://shop.example/',
	EMAIL_VERIFICATION: 'true', MAIL_TIMEOUT_MS: '3000' } });
const web = client(d.url), password = 'Correct-horse-1', fresh = 'Another-horse-2';
// The link of a mail works when cron has recorded the mail as sent, a moment after it has arrived.
const mailTo = async (to, n = 1) => {
	const mail = await until(() => smtp.got.filter((m) => m.to === to)[n - 1], { ms: 20000, what: `mail ${n} to ${to}` });
	await until(async () => (await d.psql('SELECT FROM account_mails WHERE email = $1 AND sent_at IS NULL', [to])).length === 0, { ms: 20000, what: `mail ${n} to ${to} to be recorded` });
	return mail;
};
const link = (mail, kind) => mail.text.match(new RegExp(`https://shop\\.example/reset\\.html#${kind}=(\\S+)\n`))?.[1];
const forgot = (email, options) => web.post('/api/auth/password/forgot', { email }, options);
const reset = (token, newPassword = fresh) => web.post('/api/auth/password/reset', { token, newPassword });
const verify = (token) => web.post('/api/auth/verify', { token });
const login = async (email, pass) => (await web.post('/api/auth/login', { email, password: pass })).status;
const register = (email, options) => web.post('/api/auth/register', { email, password, confirmPassword: password }, options);
const kim = await account(d, 'kim@example.com');

await test('a password is reset', async () => {
	const r = await forgot(' Kim@Example.com ');
	deep([r.status, r.body], [202, { success: true, message: '계정이 있으면 비밀번호 재설정 메일이 전송됩니다.' }], 'a password reset is answered 202');
	const m = await mailTo('kim@example.com');
	deep([m.from, m.user, m.subject], ['no-reply@dure.example', 'dure', '비밀번호 재설정'], 'the reset mail is in Korean, from MAIL_FROM');
	like(m.text, /^비밀번호를 다시 정하려면.*\n\nhttps:\/\/shop\.example\/reset\.html#reset=.*30분/s, 'the reset mail has a link below PUBLIC_URL with the token in the fragment');
	like(m.head, /To: <kim@example.com>[^]*Message-ID: <[0-9a-f-]{36}@dure.example>[^]*Auto-Submitted: auto-generated/, 'the reset mail has To, Message-ID and Auto-Submitted');
	const token = link(m, 'reset'), session = (await web.post('/api/auth/login', { email: kim.email, password })).body.data.accessToken;
	is((await reset(token, 'weak')).status, 400, 'a weak password is refused and leaves the link valid');
	for (const [name, bad] of [['another mac', `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`], ['another row', token.replace(/^./, (c) => c === '0' ? '1' : '0')], ['no mac', token.split('.')[0]], ['rubbish', 'x']])
		deep([(await reset(bad)).status, (await reset(bad)).body.error.code], [400, 'LINK_INVALID'], `a reset link with ${name} answers LINK_INVALID`);
	is((await verify(token)).status, 400, 'a reset link does not verify an address');
	const both = await Promise.all([reset(token), reset(token), reset(token)]);
	deep(both.map((x) => x.status).sort(), [200, 400, 400], 'one of three concurrent resets with a link succeeds');
	deep([await login(kim.email, password), await login(kim.email, fresh)], [401, 200], 'login accepts the new password only');
	await until(async () => (await web.get('/api/auth/me', { token: session })).status === 401, { what: 'the sessions to have ended' });
	await until(async () => (await d.psql("SELECT FROM security_logs WHERE event_type = 'password_reset' AND user_id = $1", [kim.id])).length === 1, { what: 'the security log to say so' });
	await forgot(kim.email, { language: 'en' });
	const second = await mailTo('kim@example.com', 2);
	is(second.subject, 'Reset your password', 'the reset mail is in English when asked for in English');
	await d.psql("UPDATE account_mails SET sent_at = sent_at - interval '31 min'");
	is((await reset(link(second, 'reset'))).body.error.code, 'LINK_INVALID', 'a reset link expires');
});

await test('no answer reveals an account', async () => {
	const known = [], unknown = [], time = async (list, fn) => { const at = performance.now(); const r = await fn(); list.push(performance.now() - at); return r; };
	let same = 0;
	for (let i = 0; i < 8; i++) {
		const [{ email }] = await d.psql("INSERT INTO users (email, password_hash) VALUES ($1, 'x') RETURNING email", [`user${i}@example.com`]);
		const a = await time(known, () => forgot(email)), b = await time(unknown, () => forgot(`nobody${i}@example.com`));
		const [c, e] = [await register(email), await register(`nobody${i}@example.com`)];
		same += a.status === 202 && c.status === 202 && a.text === b.text && c.text === e.text && Object.keys(a.headers).join() === Object.keys(b.headers).join();
	}
	is(same, 8, 'the answers for known and unknown addresses are equal');
	const median = (list) => list.sort((a, b) => a - b)[4];
	ok(median(known) < 2 * median(unknown) + 5 && median(unknown) < 2 * median(known) + 5, `the answers for known and unknown addresses take about the same time (${median(known).toFixed(1)} and ${median(unknown).toFixed(1)} ms)`);
	await until(async () => (await d.psql('SELECT FROM account_mails WHERE sent_at IS NULL')).length === 0, { ms: 30000, what: 'the mails to go out' });
	is(smtp.got.filter((m) => /^nobody/.test(m.to) && m.subject === '비밀번호 재설정').length, 0, 'no reset mail goes to an address without an account');
	deep([(await mailTo('user3@example.com', 2)).subject, link(await mailTo('user3@example.com', 2), 'verify')], ['이미 가입된 이메일입니다', undefined], 'registering a known address sends its owner a mail without a link');
	for (let i = 0; i < 4; i++)
		await forgot('often@example.com');
	const r = [await forgot('often@example.com'), await forgot('often@example.com')];
	deep(r.map((x) => x.status), [202, 429], 'an address gets at most five mails an hour');
	ok(Number(r[1].headers.get('retry-after')) > 3000, 'the sixth request in an hour has Retry-After');
});

await test('address verification', async () => {
	const r = await register('lee@example.com');
	deep([r.status, r.body], [202, { success: true, message: '확인 메일을 보냈습니다. 메일의 링크를 열면 가입이 완료됩니다.' }], 'registration is answered 202 with EMAIL_VERIFICATION');
	is(await login('lee@example.com', password), 401, 'there is no account before the address is verified');
	const token = link(await mailTo('lee@example.com'), 'verify');
	is((await reset(token)).status, 400, 'a verification link does not reset a password');
	const made = await verify(token);
	deep([made.status, made.body.data.user.email, made.body.data.message], [201, 'lee@example.com', '회원가입이 완료되었습니다.'], 'a verification link creates the account');
	deep([await login('lee@example.com', password), (await verify(token)).status], [200, 400], 'a verification link works once');
	is((await d.psql("SELECT FROM account_mails WHERE password_hash IS NOT NULL AND email = 'lee@example.com'")).length, 0, 'the password hash is deleted from account_mails');
	is((await web.del('/api/v1/privacy/account', { password }, { token: (await web.post('/api/auth/login', { email: 'lee@example.com', password })).body.data.accessToken })).status, 200, 'a verified account is erased');
	is((await d.psql("SELECT FROM account_mails WHERE email = 'lee@example.com'")).length, 0, "an erasure deletes the account's mails");
});

await test('the pages for resets and verification', async () => {
	const browser = await openBrowser(), page = await openPage(browser, `${d.url}/account.html`, { locale: 'ko-KR' });
	await page.click('#login-forgot a');
	await page.waitForSelector('#address-field:not([hidden])');
	await audit(page, 'reset-ask');
	await page.fill('#address', kim.email);
	await page.keyboard.press('Enter');
	await page.waitForSelector('#reset-done:not([hidden])');
	like(await page.textContent('#reset-text'), /계정이 있으면/, 'the page confirms that a reset mail is sent');
	const token = link(await mailTo(kim.email, 3), 'reset');
	await page.goto('about:blank');
	await page.goto(`${d.url}/reset.html#reset=${token}`);
	await page.waitForSelector('#fresh-field:not([hidden])');
	is(await page.evaluate(() => location.hash), '', 'the page removes the token from its address');
	await audit(page, 'reset-password');
	await page.fill('#fresh', 'Third-horse-33');
	await page.fill('#again', 'Other-horse-33');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#reset-fault:not([hidden])');
	await page.fill('#again', 'Third-horse-33');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#reset-done:not([hidden])');
	is(await login(kim.email, 'Third-horse-33'), 200, 'the page sets the new password');
	await page.goto(`${d.url}/account.html`);
	await page.waitForSelector('#gate-form #email');
	await page.click('#login-other');
	await page.fill('#email', 'choi@example.com');
	await page.fill('#password', password);
	await page.fill('#confirm', password);
	await page.keyboard.press('Enter');
	await page.waitForFunction(() => /확인 메일/.test(document.getElementById('login-lead').textContent));
	await page.goto(`${d.url}/reset.html#verify=${link(await mailTo('choi@example.com'), 'verify')}`);
	await page.click('#reset-go');
	await page.waitForSelector('#reset-done:not([hidden])');
	is(await login('choi@example.com', password), 200, 'the page completes a registration by its link');
	await audit(page, 'reset-done');
	deep(page.faults.filter((f) => !/status of 40[01]/.test(f)), [], 'the pages report no error in the browser');
	await browser.close();
});

await test('a mail server that is down', async () => {
	await smtp.stop();
	await register('park@example.com');
	await until(async () => (await d.psql("SELECT FROM account_mails WHERE email = 'park@example.com' AND attempts >= 1")).length === 1, { ms: 20000, what: 'a try' });
	d.kill9(/cron/);
	await smtp.start(451);
	await until(async () => (await d.psql("SELECT FROM account_mails WHERE email = 'park@example.com' AND attempts >= 2")).length === 1, { ms: 40000, what: 'a server that says later' });
	await smtp.stop();
	await smtp.start();
	await d.psql('UPDATE account_mails SET next_at = now()');
	is((await verify(link(await mailTo('park@example.com'), 'verify'))).status, 201, 'a mail is delivered when the server is back');
	await smtp.stop();
	await smtp.start(550);
	await register('gone@example.com');
	await until(async () => (await d.psql("SELECT FROM account_mails WHERE email = 'gone@example.com'")).length === 0, { ms: 20000, what: 'an address that is refused for good to be dropped' });
	like((await web.get('/metrics')).text, /mails_total\{result="given_up"\} 1/, 'a mail refused for good is counted as given_up');
	await smtp.stop();
	await smtp.start();
});

await test('a webhook, and no mail at all', async () => {
	const got = [];
	const hook = http.createServer(async (q, r) => {
		let body = '';
		for await (const c of q)
			body += c;
		got.push({ ...JSON.parse(body), key: q.headers['idempotency-key'] });
		r.statusCode = got.length === 1 ? 503 : 204;
		r.end();
	});
	await new Promise((settle) => hook.listen(0, '127.0.0.1', settle));
	atEnd(() => hook.close());
	const e = await startDure({ env: { ...quick, MAIL_WEBHOOK_URL: `http://127.0.0.1:${hook.address().port}/mail` } }), at = client(e.url);
	const lee = await account(e, 'lee@example.com');
	await at.post('/api/auth/password/forgot', { email: lee.email });
	const m = await until(() => got[1], { ms: 20000, what: 'a mail that was refused once' });
	deep([m.to, m.kind, m.language, m.subject, m.id === m.key, m.id === got[0].id], ['lee@example.com', 'reset', 'ko', '비밀번호 재설정', true, true], 'a mail is posted as JSON, and again under the same id');
	ok(m.text.includes(m.link) && m.link.startsWith(`http://localhost:${e.port}/reset.html#reset=`), 'a posted mail has its link in the text and in a member');
	is((await at.post('/api/auth/register', { email: 'new@example.com', password, confirmPassword: password })).status, 201, 'registration without EMAIL_VERIFICATION answers 201');
	await e.stop();
	delete e.env.MAIL_WEBHOOK_URL;
	await e.start();
	const off = await at.post('/api/auth/password/forgot', { email: lee.email });
	deep([off.status, off.body.error.code], [501, 'MAIL_NOT_CONFIGURED'], 'a reset without SMTP_URL and MAIL_WEBHOOK_URL answers MAIL_NOT_CONFIGURED');
	const check = (env) => runCli({ ...e.env, ...env }, 'config', 'check').stderr;
	like(check({ EMAIL_VERIFICATION: 'true' }), /EMAIL_VERIFICATION.*needs/, 'config check refuses EMAIL_VERIFICATION without mail');
	like(check({ SMTP_URL: 'smtp://x', MAIL_WEBHOOK_URL: 'http://x' }), /SMTP_URL/, 'config check refuses SMTP_URL beside MAIL_WEBHOOK_URL');
	like(check({ SMTP_URL: 'smtp://x', NODE_ENV: 'production', JWT_SECRET: 'x'.repeat(32) }), /PUBLIC_URL/, 'config check requires PUBLIC_URL for mail in production');
});

await done();
