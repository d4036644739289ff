#!/usr/bin/env t/lib/run
// 78-stream-page.t -- the pages of a live stream in a real browser: a seller plans, shows and starts; a viewer watches, talks and buys until
// the product is sold out; order is kept. In Korean and English, large and small, without an error on the console.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { client } from './lib/client.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' } });
const web = client(d.url);
const password = 'Correct-horse-1';
async function account(email, role = 'user') {
	await web.post('/api/auth/register', { email, password, confirmPassword: password });
	await d.psql('UPDATE users SET role = $2 WHERE email = $1', [email, role]);
	return (await d.psql('SELECT id FROM users WHERE email = $1', [email]))[0].id;
}
await account('seller@example.com', 'seller');
await account('kim@example.com');
await account('lee@example.com');

const text = (page, selector) => page.textContent(selector);
const shot = (page, name) => process.env.PAGE_SHOTS && page.screenshot({ path: `${process.env.PAGE_SHOTS}/${name}.png`, fullPage: true });
async function logIn(page, email) {
	await page.click('#account');
	await page.fill('#email', email);
	await page.fill('#password', password);
	await page.click('#login-go');
	await page.waitForSelector('#connection[data-state=online]');
}
const said = (page, words) => page.waitForSelector(`#chat-list li >> text=${words}`);
async function say(page, words) {
	await page.fill('#chat-text', words);
	await page.click('#chat-send');
	await said(page, words);
}

let key;
const seller = await openPage(browser, `${d.url}/seller.html`, { locale: 'ko-KR' });

await test('the desk of a seller', async () => {
	ok(await seller.isVisible('#guest'), 'strangers are asked to log in');
	await logIn(seller, 'seller@example.com');
	await seller.fill('#plan-title', '저녁 찻잔 특가');
	await seller.click('#plan-form button');
	await seller.waitForSelector('#course:not([hidden])');
	key = new URL(seller.url()).searchParams.get('stream');
	like(key, /^[0-9a-f]{24}$/, 'a stream is planned');
	for (const [name, price, stock] of [['청자 찻잔', '9900', '2'], ['백자 접시', '15000', '30']]) {
		await seller.fill('#product-name', name);
		await seller.fill('#product-price', price);
		await seller.fill('#product-stock', stock);
		await seller.click('#product-form button');
		await seller.waitForSelector(`#mine >> text=${name}`);
	}
	for (const name of ['청자 찻잔', '백자 접시']) {
		await seller.click(`#mine .product:has-text("${name}") >> text=올리기`);
		await seller.waitForSelector(`#products >> text=${name}`);
	}
	await seller.click('#products .product:has-text("백자 접시") >> text=위로');
	await seller.waitForSelector('#products .product:first-child >> text=백자 접시');
	await seller.click('#products .product:has-text("청자 찻잔") >> text=앞에 보이기');
	await seller.waitForSelector('#products .product.highlighted >> text=청자 찻잔');
	await seller.click('#start');
	await seller.waitForSelector('#status[data-status=live]');
	is((await web.get(`/api/v1/streams/${key}`)).body.data.status, 'live', 'it is live');
});

let viewer;
await test('a viewer', async () => {
	viewer = await openPage(browser, `${d.url}/live.html`, { locale: 'ko-KR' });
	await viewer.click('#streams >> text=저녁 찻잔 특가');
	await viewer.waitForSelector('#products .product');
	is(await text(viewer, '#title'), '저녁 찻잔 특가', 'who has not logged in sees the stream');
	ok(await viewer.isDisabled('#chat-text'), 'but does not speak');
	await viewer.click('#products .product:has-text("청자 찻잔") .go');
	ok(await viewer.isVisible('#login'), 'and is asked to log in to buy');
	await viewer.click('#login-close');
	await logIn(viewer, 'kim@example.com');
	await viewer.waitForSelector('#viewers >> text=1명 시청 중');
	await seller.waitForSelector('#viewers >> text=1명 시청 중');
	ok(true, 'the count is seen by both, the seller is none of them');
	is(await text(viewer, '#products .product:first-child b'), '백자 접시', 'the products are in their order');
	await say(viewer, '안녕하세요');
	await said(seller, '안녕하세요');
	await say(seller, '어서 오세요');
	await said(viewer, '어서 오세요');
	is(await viewer.locator('#chat-list .badge.seller').count(), 1, 'the seller is shown as such');
	ok(await viewer.evaluate(() => { let n = 0; document.addEventListener('dure:stream', () => n++);
		document.getElementById('video').replaceChildren(document.createElement('video')); return n === 0; }), 'the video area is the embedder\'s');
	await shot(viewer, 'live-ko');
	await shot(seller, 'seller-ko');
});

await test('buying until it is sold out', async () => {
	const other = await openPage(browser, `${d.url}/live.html?stream=${key}`, { locale: 'en-GB', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
	await logIn(other, 'lee@example.com');
	await said(other, '어서 오세요');
	ok(true, 'who comes late reads what was said');
	const cup = (page) => page.locator('#products .product:has-text("청자 찻잔")');
	await cup(viewer).locator('.go').click();
	await cup(viewer).locator('.good').waitFor();
	await until(async () => /1 left/.test(await cup(other).locator('.left').textContent()), { what: 'the stock to be told' });
	ok(true, 'what is left is told to others');
	await cup(other).locator('.go').click();
	for (const page of [viewer, other, seller]) {
		await page.waitForSelector('#products .product.soldout >> text=청자 찻잔');
		is(page.heard('live:product:soldout'), 1, 'everybody hears once that it is sold out');
	}
	ok(await cup(viewer).locator('.go').isDisabled(), 'and cannot buy it any more');
	is((await d.psql('SELECT count(*)::int AS n FROM order_items'))[0].n, 2, 'two were sold');
	ok(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'nothing is wider than a small screen');
	await shot(other, 'live-en-small-dark');

	await seller.fill('#products .product:has-text("청자 찻잔") input', '5');
	await seller.click('#products .product:has-text("청자 찻잔") >> text=저장');
	await until(async () => /5 left/.test(await cup(other).locator('.left').textContent()), { what: 'the new stock' });
	ok(await cup(other).locator('.go').isEnabled(), 'there is stock again');
	deep(other.faults, [], 'no fault in the browser');
	await other.context().close();
});

await test('keeping order', async () => {
	await say(viewer, 'rude words');
	await seller.click('#chat-list li:has-text("rude words") >> text=지우기');
	await until(async () => await viewer.locator('#chat-list >> text=rude words').count() === 0, { what: 'the message to go' });
	ok(true, 'a message is taken away everywhere');
	await seller.click('#chat-list li:has-text("안녕하세요") >> text=1분 제한');
	await viewer.waitForSelector('#chat-fault:not([hidden])');
	await viewer.fill('#chat-text', 'again');
	await viewer.click('#chat-send');
	await viewer.waitForSelector('#chat-fault >> text=CHAT_MUTED');
	is(await viewer.inputValue('#chat-text'), 'again', 'who is muted is told, and keeps his words');
	await seller.fill('#slow', '30');
	await seller.click('#slow-form button');
	await viewer.waitForSelector('#chat-note >> text=30초');
	ok(true, 'slow mode is shown');
	await seller.click('#chat-list li:has-text("안녕하세요") >> text=차단');
	await viewer.waitForSelector('#chat-note >> text=차단되었습니다');
	ok(await viewer.isDisabled('#chat-text'), 'who is banned is out');
});

await test('languages, reload, a killed fanout, the end', async () => {
	await seller.click('[data-language=en]');
	is(await text(seller, '#end'), 'End', 'the language can be switched');
	ok(!/[가-힣]/.test(await text(seller, '#products .product:first-child .row')), 'everything follows');
	await seller.reload();
	await seller.waitForSelector('#connection[data-state=online]');
	await seller.waitForSelector('#course:not([hidden])');
	is(await seller.title(), 'Dure Live · Seller', 'after a reload the session and the stream are there again');
	await shot(seller, 'seller-en');
	const before = [...seller.faults, ...viewer.faults];
	deep(before, [], 'no fault in the browsers');
	d.kill9(/^dure: ws/);
	await seller.waitForSelector('#connection:not([data-state=online])');
	await seller.waitForSelector('#connection[data-state=online]');
	await until(async () => { try { await say(seller, 'we are back'); return true; } catch { return false; } }, { ms: 30000, what: 'the chat to go on' });
	ok(true, 'the page comes back by itself');
	await seller.click('#end');
	await seller.click('#sure-yes');
	await seller.waitForSelector('#status[data-status=ended]');
	await viewer.waitForSelector('#status[data-status=ended]');
	ok(true, 'the end is seen by all');
});
await done();
