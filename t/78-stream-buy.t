#!/usr/bin/env t/lib/run
// 78-stream-buy.t -- the list of streams and buying in one, in a real browser: what is live, planned and over; how many, confirmed; what became
// of it when others were quicker or the answer was lost. Each view for axe-core, in light and dark, large and small.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { audit } from './lib/axe.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { cheapLogin, makePerson, password } from './lib/shop.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const d = await startDure({ env: { ANALYZER: 'off', RATE_LIMIT_ENABLED: 'false', ...cheapLogin } });
const page = await openPage(browser, `${d.url}/live.html`, { locale: 'ko-KR' });
const orders = async () => (await d.psql('SELECT count(*)::int AS n, coalesce(sum(total), 0)::int AS total FROM orders'))[0];
const seller = await makePerson(d, 'seller@example.com', 'seller'), kim = await makePerson(d, 'kim@example.com');
const [cup, plate] = [await seller.product('청자 찻잔', 9900, 8), await seller.product('백자 접시', 15000, 0)];
const product = (name) => page.locator(`#products .product:has-text("${name}")`);
let live, planned;

await test('the list', async () => {
	await page.waitForSelector('#streams [data-status=live] >> text=지금 진행 중인 방송이 없습니다');
	is(await page.locator('#streams section').count(), 2, 'without streams the list says that nothing is live or planned');
	live = await seller.stream({ title: '저녁 찻잔 특가', description: '청자와 백자를 만나는 저녁' });
	for (const id of [cup, plate])
		await seller.pin(live, id, { highlighted: id === cup });
	await seller.post(`/api/v1/streams/${live}/start`);
	planned = await seller.stream({ title: '주말 다도 교실', scheduledAt: new Date(Date.now() + 2 * 86400000 + 60000).toISOString() });
	const over = await seller.stream({ title: '가을 햇차 모음' });
	await seller.post(`/api/v1/streams/${over}/start`);
	await seller.post(`/api/v1/streams/${over}/end`);
	await page.reload();
	await page.waitForSelector('#streams .tile');
	deep(await page.$$eval('#streams section', (all) => all.map((el) => [el.dataset.status, ...[...el.querySelectorAll('.tile b')].map((b) => b.textContent)])),
		[['live', '저녁 찻잔 특가'], ['scheduled', '주말 다도 교실'], ['ended', '가을 햇차 모음']], 'the list groups the streams by their state');
	like(await page.textContent('#streams [data-status=scheduled]'), /모레|2일 후/, 'a planned stream shows when it starts');
	await audit(page, 'live-list');
	await page.click('[data-language=en]');
	ok(!/[가-힣]/.test((await page.textContent('#streams')).replace(/저녁 찻잔 특가|청자와 백자를 만나는 저녁|주말 다도 교실|가을 햇차 모음/g, '')), 'the list follows the language');
	await page.click('[data-language=ko]');
});

await test('who has not logged in', async () => {
	await page.focus('#streams [data-status=live] .tile');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#products .product');
	await audit(page, 'live-guest');
	await product('청자 찻잔').locator('.go').click();
	await page.fill('#email', kim.email);
	await page.fill('#password', password);
	await page.click('#login-go');
	await page.waitForSelector('#buy[open]');
	is(await page.textContent('#buy-name'), '청자 찻잔', 'a guest who logs in to buy returns to the product');
	await page.keyboard.press('Escape');
	await page.waitForSelector('#connection[data-state=online]');
	await audit(page, 'live-viewer');
});

await test('how many', async () => {
	const button = product('청자 찻잔').locator('.go');
	await button.focus();
	await page.keyboard.press('Enter');
	for (const [typed, total] of [['3', '29,700원'], ['0', '–'], ['9', '–'], ['', '–'], ['1.5', '–']]) {
		await page.fill('#quantity', typed);
		is(await page.textContent('#total'), total, `the dialog shows the total for ${typed || 'nothing'}: ${total}`);
		is(await page.isDisabled('#buy-go'), total === '–', total === '–' ? 'which cannot be ordered' : 'which can be ordered');
	}
	like(await page.textContent('#buy-fault'), /1개부터 8개까지/, 'the dialog shows the quantities that can be ordered');
	await audit(page, 'live-buy');
	await seller.patch(`/api/v1/products/${cup}`, { price: 10000 });
	await page.fill('#quantity', '2');
	await until(async () => await page.textContent('#total') === '20,000원', { what: 'the new price in the dialog' });
	ok(true, 'a price that changes meanwhile is shown before the order');
});

await test('others were quicker', async () => {
	await page.fill('#quantity', '3');
	await d.psql('UPDATE products SET stock = 2 WHERE id = $1', [cup]);
	await page.click('#buy-go');
	await page.waitForSelector('#buy-fault >> text=지금은 2개까지');
	is(await page.inputValue('#quantity'), '2', 'the dialog shows how many pieces are left and proposes them');
	is((await orders()).n, 0, 'no order is placed');
	await d.psql('UPDATE products SET stock = 0 WHERE id = $1', [cup]);
	await page.click('#buy-go');
	await page.waitForSelector('#buy-fault >> text=그 사이 품절되었습니다');
	ok(await page.isDisabled('#buy-go'), 'a product that is sold out cannot be ordered');
	await page.keyboard.press('Escape');
	await seller.patch(`/api/v1/products/${cup}`, { stock: 8 });
});

await test('an answer that is lost', async () => {
	await until(async () => /8개 남음/.test(await product('청자 찻잔').textContent()), { what: 'the new stock' });
	await product('청자 찻잔').locator('.go').click();
	await page.fill('#quantity', '2');
	let lost = 1;
	await page.route('**/api/v1/orders', async (r) => lost-- > 0 ? (await r.fetch(), await r.abort()) : r.continue());
	await page.click('#buy-go');
	await page.waitForSelector('#buy-fault >> text=서버에 닿지 못했습니다');
	is((await orders()).n, 1, 'an order whose answer was lost is stored');
	await page.click('#buy-go');
	await page.waitForSelector('#ordered:not([hidden])');
	deep(await orders(), { n: 1, total: 20000 }, 'a retry stores one order');
	like(await page.textContent('#ordered'), /청자 찻잔 2개 · 20,000원.*까지 결제/s, 'the retry is confirmed with the deadline for the payment');
	await page.unroute('**/api/v1/orders');
	await audit(page, 'live-ordered');
	await page.click('#ordered-close');
	like(await product('청자 찻잔').textContent(), /2개 주문했습니다.*내 주문 보기/, 'the confirmation stays at the product with a link to the orders');
});

await test('a refusal in the language of the page', async () => {
	await product('청자 찻잔').locator('.go').click();
	await page.route('**/api/v1/orders', (r) => r.continue({ postData: JSON.stringify({ items: [{ productId: 'none', quantity: 1 }] }) }));
	await page.click('#buy-go');
	await page.waitForSelector('#buy-fault >> text=없는 상품입니다');
	ok(true, 'the refusal is shown in Korean');
	await page.keyboard.press('Escape');
	await page.click('[data-language=en]');
	await product('청자 찻잔').locator('.go').click();
	await page.click('#buy-go');
	await page.waitForSelector('#buy-fault >> text=no such product');
	ok(true, 'the refusal is shown in English');
	await page.unroute('**/api/v1/orders');
	await page.fill('#quantity', '1');
});

await test('the end', async () => {
	await seller.post(`/api/v1/streams/${live}/end`);
	await page.waitForSelector('#status[data-status=ended]');
	ok(await page.isHidden('#buy'), 'the dialog closes when the stream ends');
	is(await page.locator('#products button').count(), 0, 'an ended stream sells nothing');
	await audit(page, 'live-ended');
	await page.click('[data-language=ko]');
	await page.goto(`${d.url}/live.html?stream=${planned}`);
	await page.waitForSelector('#status[data-status=scheduled]');
	await page.waitForSelector('#connection[data-state=online]');
	like(await page.textContent('#video'), /시작합니다/, 'a planned stream shows when it starts');
	await audit(page, 'live-planned');
	deep(page.faults.filter((f) => !/status of (404|409)|ERR_FAILED/.test(f)), [], 'the browser reports no other fault');
});
await done();
