#!/usr/bin/env t/lib/run
// 72-shop-payments.t -- a payment provider of the test's own sends signed events: only good signatures count, an event counts once,
// money that comes too late or is not right is told; and the caller's own account.
import { createHmac, randomUUID } from 'node:crypto';
import http from 'node:http';
import { client } from './lib/client.mjs';
import { startDure } from './lib/dure.mjs';
import { atEnd, deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';

const secrets = { new: 'whsec-new-0123456789', old: 'whsec-old-0123456789' };
const env = { ANALYZER: 'off', PAYMENT_WEBHOOK_SECRET: `${secrets.new},${secrets.old}`, ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' };
const d = await startDure({ http: 2, env });
const web = client(d.url), hook = '/api/v1/payments/webhook';
const who = (role) => { const id = randomUUID(); return { id, token: sign({ sub: id, role }) }; };
const seller = who('seller'), buyer = who('user'), admin = who('admin');
const a = (await web.post('/api/v1/products', { name: '찻잔', price: 5000, stock: 100 }, { token: seller.token })).body.data;
const order = async (quantity = 1) => (await web.post('/api/v1/orders', { items: [{ productId: a.id, quantity }] }, { token: buyer.token })).body.data;
const status = async (o) => (await web.get(`/api/v1/orders/${o.id}`, { token: buyer.token })).body.data.status;
const stock = async () => Number((await d.psql('SELECT stock FROM products WHERE id = $1', [a.id]))[0].stock);

const now = () => Math.floor(Date.now() / 1000);
const mac = (t, body, secret = secrets.new) => createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
const send = (body, signature) => web.post(hook, body, { headers: { 'content-type': 'application/json', ...(signature === undefined ? {} : { 'payment-signature': signature }) } });
function tell(event, { t = now(), secret } = {}) {
	const body = JSON.stringify({ id: `evt-${randomUUID()}`, type: 'payment.succeeded', ...event });
	return send(body, `t=${t},v1=${mac(t, body, secret)}`);
}
const outcome = (r) => `${r.status} ${r.body?.data?.outcome ?? r.body?.error?.code}${r.body?.data?.duplicate ? ' again' : ''}`;

// The provider: takes the page's order, and calls back, twice, as providers do when an answer is late.
const provider = http.createServer((rq, rs) => {
	let text = '';
	rq.on('data', (c) => { text += c; });
	rq.on('end', async () => {
		const event = { id: `evt-${randomUUID()}`, type: 'payment.succeeded', paymentId: `pay-${randomUUID()}`, ...JSON.parse(text) };
		const answers = await Promise.all([tell(event), tell(event)]);
		rs.end(JSON.stringify(answers.map(outcome).sort()));
	});
});
await new Promise((settle) => provider.listen(0, '127.0.0.1', settle));
atEnd(() => provider.close());

await test('paid by way of the provider', async () => {
	const o = await order(2), asked = await web.post(`/api/v1/orders/${o.id}/pay`, {}, { token: buyer.token });
	deep([asked.status, asked.body.data.status, asked.body.message], [202, 'pending', '결제를 기다리고 있습니다.'], "a buyer's request to pay leaves the order pending");
	const r = await fetch(`http://127.0.0.1:${provider.address().port}`, { method: 'POST', body: JSON.stringify({ orderId: asked.body.data.id, amount: asked.body.data.total }) });
	deep(await r.json(), ['200 paid', '200 paid again'], "the provider's event pays the order once");
	is(await status(o), 'paid', 'the order is paid');
	like((await web.get(`/api/v1/orders/${o.id}`, { token: buyer.token })).body.data.paymentId, /^pay-/, "the order has its payment's id");
	is((await d.psql("SELECT count(*)::int AS n FROM payment_events WHERE order_id = $1", [o.id]))[0].n, 1, 'one payment event is stored');
});

await test('signatures', async () => {
	const o = await order(), body = JSON.stringify({ id: 'evt-s', type: 'payment.succeeded', orderId: o.id, amount: o.total }), t = now(), good = mac(t, body);
	const refused = { 'no header': undefined, empty: '', rubbish: 'rubbish', 'no time': `v1=${good}`, 'no signature': `t=${t}`, 'an empty one': `t=${t},v1=`,
		'another secret': `t=${t},v1=${mac(t, body, 'whsec-other')}`, 'another body': `t=${t},v1=${mac(t, body + ' ')}`, 'another time': `t=${t + 1},v1=${good}`,
		'the body alone': `t=${t},v1=${createHmac('sha256', secrets.new).update(body).digest('hex')}`, 'cut short': `t=${t},v1=${good.slice(0, 63)}`,
		'too old': `t=${t - 301},v1=${mac(t - 301, body)}`, 'too far ahead': `t=${t + 330},v1=${mac(t + 330, body)}`, 'no number': `t=x,v1=${mac('x', body)}`,
		'a second time': `t=1,t=${t},v1=${good}`, 'an empty secret': `t=${t},v1=${mac(t, body, '')}`, 'upper case': `t=${t},v1=${good.toUpperCase()}`, 'a great number': `t=${'9'.repeat(40)},v1=${good}` };
	for (const [name, signature] of Object.entries(refused))
		is(outcome(await send(body, signature)), '401 SIGNATURE_INVALID', name);
	is(await status(o), 'pending', 'a payment with a bad signature does not pay');
	is((await d.psql("SELECT count(*)::int AS n FROM payment_events WHERE id = 'evt-s'"))[0].n, 0, 'a payment with a bad signature is not stored');
	is(outcome(await send(body, `t=${t}, v1=${mac(t, body, 'x')}, v1=${mac(t, body, secrets.old)}`)), '200 paid', 'one good signature of several is enough, even under the older secret');
	is(outcome(await send(body, `t=${t},v1=${good}`)), '200 paid again', 'the same event again changes nothing');
});

await test('what is not right', async () => {
	const o = await order();
	is(outcome(await tell({ orderId: o.id, amount: o.total - 1 })), '200 amount_mismatch', 'another amount is answered as a mismatch');
	is(await status(o), 'pending', 'another amount does not pay');
	is((await d.psql("SELECT count(*)::int AS n FROM security_logs WHERE event_type = 'suspicious_activity' AND details->>'order' = $1", [o.id]))[0].n, 1, 'another amount raises an alert');
	is(outcome(await tell({ orderId: randomUUID(), amount: 1 })), '200 unknown_order', 'the payment of an unknown order is answered as unknown');
	is((await tell({ orderId: 'x', amount: 1 })).status, 400, 'a payment without an order is refused');
	is((await tell({ orderId: o.id })).status, 400, 'a payment without an amount is refused');
	is((await tell({ orderId: o.id, amount: 1, type: 'payment.guessed' })).status, 400, 'an unknown type of event is refused');
	is(outcome(await tell({ orderId: o.id, type: 'payment.failed' })), '200 noted', 'a failed payment is stored');
	is(await status(o), 'pending', 'an order may be paid after a failed payment');
	const before = await stock();
	is(outcome(await tell({ orderId: o.id, type: 'payment.cancelled' })), '200 cancelled', 'an order given up by the provider is cancelled');
	is(await stock(), before + 1, 'an order given up by the provider returns its stock');
	is(outcome(await tell({ orderId: o.id, amount: o.total, paymentId: 'late' })), '200 refund_due', 'a payment for a cancelled order is to be refunded');
	is((await d.psql("SELECT count(*)::int AS n FROM payment_events WHERE order_id = $1 AND outcome = 'refund_due'", [o.id]))[0].n, 1, 'the refund is stored');
	const p = await order();
	is(outcome(await tell({ orderId: p.id, amount: p.total, paymentId: 'pay-1' })), '200 paid', 'a payment pays the order');
	is(outcome(await tell({ orderId: p.id, amount: p.total, paymentId: 'pay-1' })), '200 already_paid', 'the same payment under another event id changes nothing');
	is(outcome(await tell({ orderId: p.id, amount: p.total, paymentId: 'pay-2' })), '200 refund_due', 'a second payment is to be refunded');
});

await test('one event from many sides at once, and a payment against a cancellation', async () => {
	const o = await order(), event = { id: 'evt-many', orderId: o.id, amount: o.total, paymentId: 'm' };
	const answers = (await Promise.all(Array.from({ length: 16 }, () => tell(event)))).map(outcome).sort();
	deep([answers[0], new Set(answers.slice(1)).size, answers[1]], ['200 paid', 1, '200 paid again'], 'concurrent deliveries of one event apply it once');
	for (let i = 0; i < 8; i++) {
		const x = await order(), before = await stock();
		const [paid, cancelled] = await Promise.all([tell({ orderId: x.id, amount: x.total, paymentId: `r${i}` }), web.post(`/api/v1/orders/${x.id}/cancel`, {}, { token: buyer.token })]);
		const end = await status(x);
		ok(end === 'cancelled' && cancelled.status === 200 && /paid|refund_due/.test(outcome(paid)) && await stock() === before + 1, `a payment and a cancellation have one winner: ${outcome(paid)}`);
	}
});

await test('without a secret nobody is believed', async () => {
	const e = await startDure({ env: { ANALYZER: 'off', PAYMENT_MODE: 'webhook' } });
	const body = JSON.stringify({ id: 'x', type: 'payment.failed', orderId: randomUUID() }), t = now();
	for (const secret of ['', 'x'])
		is((await client(e.url).post(hook, body, { headers: { 'content-type': 'application/json', 'payment-signature': `t=${t},v1=${mac(t, body, secret)}` } })).status, 401, `without a secret every payment is refused: "${secret}"`);
});

await test('the caller\'s account', async () => {
	const password = 'Correct-horse-1', email = 'doori@example.com';
	await web.post('/api/auth/register', { email, password, confirmPassword: password });
	const token = (await web.post('/api/auth/login', { email, password })).body.data.accessToken, as = { token };
	const me = (await web.get('/api/v1/users/me', as)).body.data;
	deep([me.email, me.role, me.tier, me.displayName, me.locale, me.isActive], [email, 'user', 'free', null, 'ko', true], 'a user can read the own profile');
	const changed = await web.patch('/api/v1/users/me', { displayName: '두리', locale: 'en', role: 'admin', email: 'x@y.z' }, as);
	deep([changed.body.data.displayName, changed.body.data.locale, changed.body.data.role, changed.body.data.email], ['두리', 'en', 'user', email], "a profile is changed, except for fields that are not the user's");
	deep((await web.patch('/api/v1/users/me', { displayName: null }, as)).body.data, { ...changed.body.data, displayName: null }, 'null clears a field of the profile');
	is((await web.patch('/api/v1/users/me', { locale: 'fr' }, as)).status, 400, 'an unknown language is refused');
	is((await web.get('/api/v1/users/me', { token: sign({ sub: randomUUID() }) })).status, 401, 'a deleted account has no profile');
	is((await web.get('/api/v1/users', as)).status, 403, 'a user cannot list the accounts');
	const all = await web.get('/api/v1/users', { token: admin.token });
	deep([all.status, all.body.data[0].email, all.body.nextCursor, /hash/.test(all.text)], [200, email, null, false], 'an admin can list the accounts, without password hashes');
});
await done();
