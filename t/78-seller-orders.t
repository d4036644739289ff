#!/usr/bin/env t/lib/run
// 78-seller-orders.t -- the seller's orders on his desk in a real browser: his own items of each, in which state, sending them off, and new
// ones as they come; what stands there for buyers; the video of a stream looked at before it starts.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { audit } from './lib/axe.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { cheapLogin, logIn, makePerson } from './lib/shop.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const browser = await openBrowser();
const d = await startDure({ env: { ANALYZER: 'off', RATE_LIMIT_ENABLED: 'false', ...cheapLogin } });
const [seller, rival, kim] = [await makePerson(d, 'seller@example.com', 'seller'), await makePerson(d, 'rival@example.com', 'seller'), await makePerson(d, 'kim@example.com')];
const [cup, plate, other] = [await seller.product('청자 찻잔', 9900, 50), await seller.product('백자 접시', 15000, 50), await rival.product('남의 주전자', 30000, 50)];
const key = await seller.stream({ description: '청자와 백자를 만나는 저녁', playbackUrl: `${d.url}/nothing.mp4` });
await seller.pin(key, cup);
const short = (id) => id.slice(0, 8);
const row = (page, id) => page.locator(`#orders .order[data-id="${id}"]`);

const mixed = await kim.order([[cup, 2], [other, 1]], key);
await kim.pay(mixed);
const own = await kim.order([[cup, 1], [plate, 3]]);
await kim.pay(own);
const unpaid = await kim.order([[plate, 1]]);
const page = await openPage(browser, `${d.url}/seller.html`, { locale: 'ko-KR' });

await test('whoever is no seller', async () => {
	await audit(page, 'seller-guest');
	await page.click('#guest-login');
	ok(await page.isVisible('#login'), 'the page asks a guest to log in');
	await page.click('#login-close');
	await logIn(page, kim.email);
	await page.waitForSelector('#guest-text >> text=판매자 권한이 없습니다');
	ok(await page.isHidden('#desk'), "the page tells a buyer that the account is not a seller's");
	await page.click('#user-button');
	await page.click('#log-out');
	await page.waitForSelector('#account:not([hidden])');
});

await test('the list', async () => {
	await logIn(page, seller.email);
	await page.waitForSelector('#order-count:not([hidden])');
	is(await page.textContent('#order-count'), '2', 'the tab shows how many orders are to be shipped');
	await page.focus('#tab-stream');
	await page.keyboard.press('ArrowRight');
	ok(await page.isVisible('#orders-panel') && await page.isHidden('#streams-panel'), 'the arrow keys change the tab');
	deep(await page.$$eval('#orders .order', (all) => all.map((el) => el.dataset.id)), [own, mixed], 'paid orders are listed newest first');
	const text = await row(page, mixed).textContent();
	ok(/청자 찻잔/.test(text) && /19,800원/.test(text) && !/주전자|30,000/.test(text), "an order of several sellers shows the seller's own items and total");
	like(text, /방송 “저녁 찻잔 특가”/, 'an order shows the stream it was placed in');
	await page.click('#order-filter >> text=결제 대기');
	await row(page, unpaid).waitFor();
	is(await page.locator('#orders .go').count(), 0, 'an unpaid order cannot be shipped');
	like(await row(page, unpaid).textContent(), /까지 결제를 기다립니다/, 'an unpaid order shows its deadline');
	await page.click('#order-filter >> text=보낸 것');
	await page.waitForSelector('#orders-none >> text=보낸 주문이 없습니다');
	ok(true, 'an empty list says that it is empty');
	await page.click('#order-filter >> text=보낼 것');
	await row(page, own).waitFor();
	await audit(page, 'seller-orders');
});

await test('sending off', async () => {
	await row(page, mixed).locator('.go').click();
	await row(page, mixed).locator('text=다른 판매자의 상품을 기다립니다').waitFor();
	is(await row(page, mixed).locator('.go').count(), 0, "the seller's part of the order is shipped");
	is((await d.psql('SELECT status FROM orders WHERE id = $1', [mixed]))[0].status, 'paid', 'an order with an unshipped part stays paid');
	await row(page, own).locator('.go').click();
	await row(page, own).waitFor({ state: 'detached' });
	is((await d.psql('SELECT status FROM orders WHERE id = $1', [own]))[0].status, 'shipped', 'an order of one seller is shipped');
	ok((await page.textContent('#orders-said')).includes(short(own)), 'the shipment is announced to screen readers');
	ok(await page.isHidden('#order-count'), 'no order is left to be shipped');
	await page.click('#order-filter >> text=전체');
	await row(page, unpaid).waitFor();
	deep(await page.$$eval('#orders .status', (all) => all.map((el) => el.textContent)), ['결제 대기', '배송 중', '결제 완료'], 'every order shows its state');
	await page.click('[data-language=en]');
	deep(await page.$$eval('#orders .status', (all) => all.map((el) => el.textContent)), ['Unpaid', 'On its way', 'Paid'], 'the states are in the language of the page');
	await page.click('[data-language=ko]');
	await page.click('#order-filter >> text=보낼 것');
});

await test('as they come', async () => {
	await page.waitForSelector('#orders');
	const late = await kim.order([[plate, 2]]);
	await kim.pay(late);
	await row(page, late).waitFor();
	ok(true, 'a new order appears without a reload');
	is(await page.textContent('#order-count'), '1', 'a new order is counted');
	await kim.post(`/api/v1/orders/${late}/cancel`);
	await row(page, late).locator('.go').click();
	await page.waitForSelector('#orders-fault:not([hidden])');
	like(await page.textContent('#orders-fault'), new RegExp(`${short(late)}: 현재 주문 상태에서는 할 수 없습니다.*ORDER_STATE_CONFLICT`, 's'), 'a refusal shows the reason and the order');
	is(await row(page, late).count(), 0, 'a refused order leaves the list of orders to be shipped');
	await page.click('#order-filter >> text=전체');
	await row(page, late).locator('text=구매자가 취소했습니다').waitFor();
	ok(await page.isHidden('#orders-fault'), 'the list of all orders shows it as cancelled');
});

await test('a lost connection', async () => {
	await page.route('**/api/v1/orders**', (r) => r.abort());
	await page.click('#order-filter >> text=보낸 것');
	await page.waitForSelector('#orders-fault >> text=서버에 닿지 못했습니다');
	ok(true, 'the page says that the server cannot be reached');
	await page.unroute('**/api/v1/orders**');
	await page.click('#order-filter >> text=보낸 것');
	await row(page, own).waitFor();
	await page.waitForSelector('#orders-fault', { state: 'hidden' });
	ok(true, 'the message disappears when the server can be reached');
});

await test('the desk', async () => {
	await page.click('#tab-stream');
	await page.click(`#streams >> text=저녁 찻잔 특가`);
	await page.waitForSelector('#products .product');
	await audit(page, 'seller-desk');
	await page.click('#change');
	is(await page.inputValue('#plan-url'), `${d.url}/nothing.mp4`, 'the page can change a stream');
	await audit(page, 'seller-plan');
	await page.fill('#plan-when', '2031-02-03T19:30');
	await page.click('#plan-go');
	await page.waitForSelector('#starts >> text=2월 3일');
	const { scheduled_at: at } = (await d.psql('SELECT scheduled_at FROM streams WHERE stream_key = $1', [key]))[0];
	is(at.getTime(), new Date('2031-02-03T19:30').getTime(), "the time of a stream is in the reader's time zone");
	await page.click('#preview-toggle');
	await page.waitForSelector('#preview >> text=영상 신호를 기다리고 있습니다');
	ok(true, 'the video can be previewed before the start, and its fault is shown');
	await page.click('#preview-toggle');
	ok(await page.isHidden('#preview'), 'the preview can be closed');
	await page.click('#start');
	await page.waitForSelector('#status[data-status=live]');
	await page.fill('#products .stock', '77');
	await kim.order([[cup, 1]], key);
	await page.waitForSelector('#products .left >> text=46개 남음');
	is(await page.inputValue('#products .stock'), '77', 'a sale does not overwrite what the seller is typing');
	ok(await page.evaluate(() => document.activeElement.classList.contains('stock')), "a sale does not move the seller's focus");
	deep(page.faults.filter((f) => !/status of (4\d\d)|ERR_FAILED|exception: null/.test(f)), [], 'the browser reports no other fault');
});
await done();
