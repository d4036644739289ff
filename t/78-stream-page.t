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
	ok(await seller.isVisible('#guest'), 'the page asks a guest to log in');
	await logIn(seller, 'seller@example.com');
	await shot(seller, 'seller-empty-ko');
	await seller.click('#plan-new');
	await seller.fill('#plan-title', '저녁 찻잔 특가');
	await seller.fill('#plan-description', '청자와 백자를 만나는 저녁');
	await seller.fill('#plan-url', 'ftp://example.com/a');
	await seller.click('#plan-go');
	await seller.waitForSelector('#plan-fault >> text=영상 주소');
	like(await text(seller, '#plan-fault'), /http 또는 https 주소여야 합니다/, "a bad address is refused beside its field, in the page's language");
	await shot(seller, 'seller-plan-ko');
	await seller.fill('#plan-url', '');
	await seller.click('#plan-go');
	await seller.waitForSelector('#course:not([hidden])');
	key = new URL(seller.url()).searchParams.get('stream');
	like(key, /^[0-9a-f]{24}$/, 'the page plans a stream');
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
	is((await web.get(`/api/v1/streams/${key}`)).body.data.status, 'live', 'the page starts the stream');
});

let viewer;
await test('a viewer', async () => {
	viewer = await openPage(browser, `${d.url}/live.html`, { locale: 'ko-KR' });
	await viewer.waitForSelector('#streams .tile');
	await shot(viewer, 'list-ko');
	await viewer.click('#streams >> text=저녁 찻잔 특가');
	await viewer.waitForSelector('#products .product');
	is(await text(viewer, '#title'), '저녁 찻잔 특가', 'a guest sees the stream');
	ok(await viewer.isHidden('#chat-form') && await viewer.isVisible('#chat-guest'), 'a guest sees a link to log in in place of the chat');
	like(await text(viewer, '#video'), /영상 없이 진행하는 방송/, 'a poster says that there is no video');
	await shot(viewer, 'live-guest-ko');
	await viewer.click('#products .product:has-text("청자 찻잔") .go');
	ok(await viewer.isVisible('#login'), 'a guest who buys is asked to log in');
	await viewer.click('#login-close');
	await logIn(viewer, 'kim@example.com');
	await viewer.waitForSelector('#viewers >> text=1명 시청 중');
	await seller.waitForSelector('#viewers >> text=1명 시청 중');
	ok(true, 'both pages show the count, without the seller');
	is(await text(viewer, '#products .product:first-child b'), '백자 접시', 'the products are in their order');
	await say(viewer, '안녕하세요');
	await said(seller, '안녕하세요');
	await say(seller, '어서 오세요');
	await said(viewer, '어서 오세요');
	is(await viewer.locator('#chat-list .badge.seller').count(), 1, 'the chat marks the seller');
	ok(await viewer.evaluate(() => { let n = 0; document.addEventListener('dure:stream', () => n++);
		document.getElementById('video').replaceChildren(document.createElement('video')); return n === 0; }), 'the video area belongs to the embedder');
	await shot(viewer, 'live-ko');
	await shot(seller, 'seller-ko');
});

await test('buying until it is sold out', async () => {
	const other = await openPage(browser, `${d.url}/live.html?stream=${key}`, { locale: 'en-GB', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
	await logIn(other, 'lee@example.com');
	await said(other, '어서 오세요');
	ok(true, 'a late joiner sees the earlier messages');
	const cup = (page) => page.locator('#products .product:has-text("청자 찻잔")');
	await cup(viewer).locator('.go').click();
	ok(await viewer.isVisible('#buy') && (await d.psql('SELECT count(*)::int AS n FROM orders'))[0].n === 0, 'the button alone orders nothing');
	is(await viewer.evaluate(() => document.activeElement.id), 'quantity', 'the focus is on the quantity');
	await viewer.keyboard.type('3');
	await viewer.waitForSelector('#buy-fault >> text=2개까지');
	ok(await viewer.isDisabled('#buy-go'), 'no more than the stock can be ordered');
	await viewer.keyboard.press('Shift+Tab');
	await viewer.keyboard.press('Escape');
	ok(await viewer.isHidden('#buy'), 'Escape closes the dialog');
	await cup(viewer).locator('.go').click();
	await viewer.click('#more-pieces');
	is(await text(viewer, '#total'), '19,800원', 'the total follows the quantity');
	ok(await viewer.isDisabled('#more-pieces'), 'the quantity ends at the stock');
	await viewer.click('#fewer');
	await shot(viewer, 'buy-ko');
	await viewer.keyboard.press('Enter');
	await viewer.waitForSelector('#ordered:not([hidden])');
	like(await text(viewer, '#ordered'), /청자 찻잔 1개 · 9,900원/, 'the order is confirmed');
	is(await viewer.getAttribute('#ordered a', 'href'), '/account.html', 'the confirmation links to the orders');
	await shot(viewer, 'ordered-ko');
	await viewer.keyboard.press('Enter');
	await cup(viewer).locator('.good').waitFor();
	await until(async () => /1 left/.test(await cup(other).locator('.left').textContent()), { what: 'the stock to be told' });
	ok(true, 'other viewers see the remaining stock');
	await cup(other).locator('.go').click();
	await other.waitForSelector('#buy-go >> text=₩9,900');
	await shot(other, 'buy-en-small-dark');
	await other.click('#buy-go');
	await other.waitForSelector('#ordered:not([hidden])');
	await other.click('#ordered-close');
	for (const page of [viewer, other, seller]) {
		await page.waitForSelector('#products .product.soldout >> text=청자 찻잔');
		is(page.heard('live:product:soldout'), 1, 'each viewer is told once that the product is sold out');
	}
	ok(await cup(viewer).locator('.go').isDisabled(), 'a product that is sold out cannot be bought');
	is((await d.psql('SELECT count(*)::int AS n FROM order_items'))[0].n, 2, 'two pieces were sold');
	ok(await other.evaluate(() => document.documentElement.scrollWidth <= innerWidth), 'the page fits a small screen');
	await shot(other, 'live-en-small-dark');

	await seller.fill('#products .product:has-text("청자 찻잔") input', '5');
	await seller.click('#products .product:has-text("청자 찻잔") >> text=저장');
	await until(async () => /5 left/.test(await cup(other).locator('.left').textContent()), { what: 'the new stock' });
	ok(await cup(other).locator('.go').isEnabled(), 'a product with new stock can be bought');
	deep(other.faults, [], 'the browser reports no fault');
	await other.context().close();
});

await test('keeping order', async () => {
	await say(viewer, 'rude words');
	await seller.click('#chat-list li:has-text("rude words") >> text=지우기');
	await until(async () => await viewer.locator('#chat-list >> text=rude words').count() === 0, { what: 'the message to go' });
	ok(true, 'a deleted message disappears for everybody');
	await seller.click('#chat-list li:has-text("안녕하세요") >> text=1분 제한');
	await viewer.waitForSelector('#chat-fault:not([hidden])');
	await viewer.fill('#chat-text', 'again');
	await viewer.click('#chat-send');
	await viewer.waitForSelector('#chat-fault >> text=CHAT_MUTED');
	is(await viewer.inputValue('#chat-text'), 'again', 'a muted user is told and keeps the text being written');
	await seller.fill('#slow', '30');
	await seller.click('#slow-form button');
	await viewer.waitForSelector('#chat-note >> text=30초');
	ok(true, 'the page shows slow mode');
	await seller.click('#chat-list li:has-text("안녕하세요") >> text=차단');
	await viewer.waitForSelector('#chat-note >> text=차단되었습니다');
	ok(await viewer.isDisabled('#chat-text'), 'a banned user cannot write');
});

await test('languages, reload, a killed fanout, the end', async () => {
	await seller.click('[data-language=en]');
	is(await text(seller, '#end'), 'End', 'the page can switch its language');
	ok(!/[가-힣]/.test(await text(seller, '#products .product:first-child .row')), 'the whole page follows the language');
	await seller.reload();
	await seller.waitForSelector('#connection[data-state=online]');
	await seller.waitForSelector('#course:not([hidden])');
	is(await seller.title(), 'Dure Live · Seller', 'a reload keeps the session and the stream');
	await shot(seller, 'seller-en');
	const before = [...seller.faults, ...viewer.faults];
	deep(before.filter((f) => !/status of 400/.test(f)), [], 'the browsers report no fault');
	d.kill9(/^dure: ws/);
	await seller.waitForSelector('#connection:not([data-state=online])');
	await seller.waitForSelector('#connection[data-state=online]');
	await until(async () => { try { await say(seller, 'we are back'); return true; } catch { return false; } }, { ms: 30000, what: 'the chat to go on' });
	ok(true, 'the page reconnects by itself');
	await seller.click('#end');
	await seller.click('#sure-yes');
	await seller.waitForSelector('#status[data-status=ended]');
	await viewer.waitForSelector('#status[data-status=ended]');
	is(await viewer.evaluate(() => document.getElementById('video').firstElementChild.tagName), 'VIDEO', "the embedder's player stays");
	is(await viewer.locator('#products .go').count(), 0, 'an ended stream sells nothing');
	ok(await viewer.isVisible('#no-sale'), 'the page says that the sale is over');
	const late = await openPage(browser, `${d.url}/live.html?stream=${key}`, { locale: 'ko-KR' });
	await late.waitForSelector('#video >> text=방송이 끝났습니다');
	ok(await late.isVisible('#video a[href="/live.html"]'), 'a late visitor is shown the way to other streams');
	await shot(late, 'ended-ko');
	await late.goto(`${d.url}/live.html?stream=none`);
	await late.waitForSelector('#page-fault >> text=그런 방송이 없습니다');
	ok(true, 'the page says that a stream is unknown');
	await late.goto(`${d.url}/live.html`);
	await late.waitForSelector('#streams [data-status=ended] .tile');
	await shot(late, 'list-ended-ko');
});
await done();
