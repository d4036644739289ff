#!/usr/bin/env t/lib/run
// 26-page-account.t -- the account page in a real browser: sign-up, login and logout, orders paid, cancelled and tracked, live
// notifications, sessions ended from another device. By keyboard, in both languages, light and dark, large and small.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { audit, fits } from './lib/axe.mjs';
import { client } from './lib/client.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { sign } from './lib/token.mjs';
import { until } from './lib/until.mjs';
import { randomUUID } from 'node:crypto';

const browser = await openBrowser();
const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0' } });
const web = client(d.url);
const password = 'Correct-horse-1';
const text = (page, selector) => page.textContent(selector);
const order = (status) => `#orders [data-status=${status}]`;

const seller = sign({ sub: randomUUID(), role: 'seller' });
const goods = [];
for (const [name, price, stock] of [['청자 찻잔', 9900, 50], ['백자 접시 세트', 154000, 50], ['Bamboo tray', 21500, 50]])
	goods.push((await web.post('/api/v1/products', { name, price, stock }, { token: seller })).body.data.id);

async function place(token, ...items) {
	const answer = await web.post('/api/v1/orders', { items: items.map(([i, quantity]) => ({ productId: goods[i], quantity })) }, { token });
	return answer.body.data.id;
}
async function tokenOf(email) {
	return (await web.post('/api/auth/login', { email, password }, { headers: { 'user-agent': 'node of the test' } })).body.data;
}

let page;
await test('signing up, by keyboard', async () => {
	page = await openPage(browser, `${d.url}/account.html`, { locale: 'ko-KR' });
	await page.waitForSelector('#gate-form #email');
	ok(!await page.isVisible('#mine'), 'the page asks a visitor to log in');
	await audit(page, 'account-guest');
	is(await page.getAttribute('nav [href="/account.html"]', 'aria-current'), 'page', 'the navigation marks the current page');

	await page.click('#login-other');
	await page.fill('#email', 'kim@example.com');
	await page.keyboard.press('Tab');
	await page.keyboard.type('simple');
	await page.keyboard.press('Tab');
	await page.keyboard.type('simple2');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#login-fault:not([hidden])');
	like(await text(page, '#login-fault'), /비밀번호.*VALIDATION_FAILED/s, 'a refused sign-up shows its reason beside the form');
	await audit(page, 'account-sign-up-fault');
	await page.fill('#password', password);
	await page.fill('#confirm', password);
	await page.keyboard.press('Enter');
	await page.waitForSelector('#mine:not([hidden])');
	is(await page.evaluate(() => document.activeElement.id), 'main', 'the focus moves to the main content after the sign-up');
	like(await text(page, '#who'), /kim@example\.com · 구매자/, 'a new account is logged in at once');
	await page.waitForSelector('#orders-none:not([hidden])');
	like(await text(page, '#orders-none'), /아직 주문한 것이 없습니다/, 'the page says that there are no orders');
	await audit(page, 'account-empty');
	deep(page.faults.filter((f) => !/status of 400/.test(f)), [], 'the sign-up reports no error in the browser');
});

await test('orders', async () => {
	const { accessToken: token, user } = await tokenOf('kim@example.com');
	const paid = await place(token, [1, 1], [2, 3]), shipped = await place(token, [0, 2]), gone = await place(token, [2, 1]);
	for (const id of [paid, shipped])
		is((await web.post(`/api/v1/orders/${id}/pay`, {}, { token })).status, 200, 'the payment succeeds');
	is((await web.post(`/api/v1/orders/${shipped}/ship`, {}, { token: seller })).status, 200, 'the shipment succeeds');
	await d.psql("UPDATE orders SET status = 'cancelled', cancelled_at = now(), cancel_reason = 'expired' WHERE id = $1", [gone]);
	const waiting = await place(token, [0, 1]), unwanted = await place(token, [2, 2]);
	await page.reload();
	await page.waitForSelector(`[data-order="${waiting}"]`);
	is(await page.locator('#orders > li').count(), 5, 'the page shows every order');
	for (const what of [/백자 접시 세트154,000원 × 1154,000원/, /Bamboo tray21,500원 × 364,500원/, /합계218,500원/])
		like(await text(page, `[data-order="${paid}"]`), what, 'an order shows its items, prices and total');
	like(await text(page, `[data-order="${gone}"] .gone`), /기한이 지나/, 'a cancelled order shows its reason');
	is(await page.locator(`[data-order="${shipped}"] .track .done`).count(), 3, 'a shipped order shows its progress');
	like(await text(page, `[data-order="${waiting}"] .hint`), /까지 결제하지 않으면/, 'a pending order shows its payment deadline');

	await page.click(`[data-order="${waiting}"] [data-do=pay]`);
	await page.waitForSelector(`[data-order="${waiting}"]${order('paid').replace('#orders ', '')}`);
	is((await d.psql('SELECT status FROM orders WHERE id = $1', [waiting]))[0].status, 'paid', 'the pay button pays the order');
	like(await text(page, '#order-news'), /결제 완료/, 'a payment is announced to screen readers');
	is(await page.evaluate(() => document.activeElement.dataset.order), waiting, 'the focus stays at the paid order');

	await page.click(`[data-order="${unwanted}"] [data-do=cancel]`);
	like(await text(page, '#sure'), /43,000원/, 'the page asks for confirmation of a cancellation');
	await page.keyboard.press('Escape');
	is((await d.psql('SELECT status FROM orders WHERE id = $1', [unwanted]))[0].status, 'pending', 'Escape leaves the order uncancelled');
	await page.click(`[data-order="${unwanted}"] [data-do=cancel]`);
	await page.click('#sure-yes');
	await page.waitForSelector(`[data-order="${unwanted}"][data-status=cancelled]`);
	like(await text(page, `[data-order="${unwanted}"] .gone`), /직접 취소/, 'a confirmed cancellation cancels the order');
	await page.click(`[data-order="${shipped}"] [data-do=deliver]`);
	await page.waitForSelector(`[data-order="${shipped}"][data-status=delivered]`);
	ok(true, 'the deliver button confirms the delivery');

	await web.post(`/api/v1/orders/${paid}/ship`, {}, { token: seller });
	await page.click(`[data-order="${paid}"] [data-do=cancel]`);
	await page.click('#sure-yes');
	await page.waitForSelector(`[data-order="${paid}"] .fault:not([hidden])`);
	like(await text(page, `[data-order="${paid}"]`), /배송 중/, 'an order shipped meanwhile is not cancelled and shows its state');
	await page.click('#order-filter [data-state=cancelled]');
	await until(async () => await page.locator('#orders > li').count() === 2, { what: 'the filter' });
	await page.click('#order-filter [data-state=pending]');
	await page.waitForSelector('#orders-none:not([hidden])');
	like(await text(page, '#orders-none'), /결제 대기/, "the empty list names the filter's state");
	await page.click('#order-filter [data-state=""]');
	await page.waitForSelector(`[data-order="${paid}"]`);

	for (let i = 0; i < 9; i++)
		await place(token, [0, 1]);
	await page.reload();
	await page.waitForSelector('#orders-more:not([hidden])');
	await page.click('#orders-more');
	await until(async () => await page.locator('#orders > li').count() === 14, { what: 'the second page' });
	ok(true, 'the more button loads older orders');
	is(user.email, 'kim@example.com', 'the orders belong to the user who signed up');
});

await test('notifications', async () => {
	const { user } = await tokenOf('kim@example.com');
	await page.waitForSelector('#connection[data-state=online]');
	await d.psql("INSERT INTO notifications (user_id, type, title, message, data) VALUES ($1, 'analysis', '분석 완료', 'kettle 상품의 …', $2)",
		[user.id, JSON.stringify({ productId: 'kettle', status: 'completed' })]);
	await page.reload();
	await page.waitForSelector('#notices .notice.new');
	like(await text(page, '#notices'), /kettle 상품의 리뷰 분석이 완료/, 'the page shows a stored notification');
	is(await text(page, '#unread'), '읽지 않은 알림 1개', 'the page shows the number of unread notifications');
	await d.redis('PUBLISH', `user_notifications:${user.id}`, JSON.stringify({ type: 'price-alert', title: '가격 알림', message: '청자 찻잔 가격이 9,000원이 되었습니다.' }));
	await page.waitForSelector('#notices .notice:first-child >> text=9,000원');
	is(await text(page, '#unread'), '읽지 않은 알림 2개', 'the page shows a new notification at once');
	await audit(page, 'account-orders');
	await page.click('#notices .notice:first-child >> text=/^지우기$/');
	await until(async () => await page.locator('#notices .notice').count() === 1, { what: 'it to go' });
	await page.click('#notices .notice.new >> text=/^읽음$/');
	await page.waitForSelector('#unread', { state: 'hidden' });
	is((await d.psql('SELECT count(*)::int AS n FROM notifications WHERE read_at IS NULL'))[0].n, 0, 'the read button marks a notification as read');
	await page.click('#notices >> text=/^지우기$/');
	await page.waitForSelector('#notices-none:not([hidden])');
	ok(true, 'the delete button deletes a notification');
});

await test('languages, theme, menus, other devices', async () => {
	await page.click('[data-language=en]');
	const korean = await page.evaluate(() => document.querySelector('main').innerText.match(/[가-힣]+/g) ?? []);
	deep([...new Set(korean)].filter((w) => !'청자 찻잔 백자 접시 세트'.includes(w)), [], 'everything but the names of products follows the language');
	is(await page.title(), 'Dure · Account', 'the title follows the language');
	const dark = () => page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches ? 'system' : getComputedStyle(document.body).backgroundColor);
	const before = await dark();
	for (const theme of ['light', 'dark'])
		await page.click('#theme').then(async () => is(await page.getAttribute('html', 'data-theme'), theme, `the theme switches to ${theme}`));
	ok(await dark() !== before, 'the theme changes the background');
	await page.reload();
	is(await page.getAttribute('html', 'data-theme'), 'dark', 'the theme survives a reload');
	await page.waitForSelector('#sessions li');
	await page.click('#theme');
	is(await page.getAttribute('html', 'data-theme'), null, "the theme returns to the system's");

	await page.click('#user-button');
	await page.waitForSelector('#user-menu.open');
	await audit(page, 'account-menu');
	await fits(page, 'account');
	await page.focus('#user-button');
	await page.keyboard.press('Escape');
	ok(!await page.isVisible('#user-menu'), 'Escape closes the user menu');
	await page.setViewportSize({ width: 390, height: 844 });
	ok(!await page.isVisible('#menu nav'), 'the navigation is in a menu on a phone');
	await page.focus('#menu-button');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#menu nav');
	await audit(page, 'account-navigation');
	await page.setViewportSize({ width: 390, height: 844 });
	await page.focus('#orders-title ~ * button');
	ok(!await page.isVisible('#menu nav'), 'the menu closes when the focus leaves it');
	await page.setViewportSize({ width: 1360, height: 900 });

	const n = await page.locator('#sessions li').count();
	ok(n > 1, 'the page lists several sessions', `${n}`);
	await page.click('#sessions li:has-text("node") >> text=Log out');
	await until(async () => await page.locator('#sessions li').count() === n - 1, { what: 'it to go' });
	ok(true, 'a session is ended from another device');
	await page.click('#user-button');
	await page.click('#log-out');
	await page.waitForSelector('#gate-form #email');
	ok(!await page.isVisible('#user'), 'logging out returns to the start');
	is(await page.evaluate(() => document.activeElement.id), 'account', 'the focus moves to the login after logging out');
});

await test('the login dialog on another page', async () => {
	const other = await openPage(browser, d.url, { locale: 'en-US' });
	await other.keyboard.press('Tab');
	is(await other.evaluate(() => document.activeElement.className), 'skip', 'the first tab stop skips to the content');
	await other.keyboard.press('Enter');
	is(await other.evaluate(() => document.activeElement.id), 'main', 'the skip link moves the focus to the content');
	await other.click('#account');
	await other.fill('#email', 'kim@example.com');
	await other.fill('#password', 'Wrong-horse-1');
	await other.keyboard.press('Enter');
	await other.waitForSelector('#login-fault:not([hidden])');
	like(await text(other, '#login-fault'), /^(?!.*[가-힣]).*INVALID_CREDENTIALS/s, 'a wrong password is reported in the language of the page');
	await audit(other, 'log-in-dialog');
	await other.fill('#password', password);
	await other.keyboard.press('Enter');
	await other.waitForSelector('#user-button');
	ok(!await other.isVisible('#login'), 'the right password closes the dialog');
	is(await other.evaluate(() => document.activeElement.id), 'user-button', 'the focus moves to the user button');
	deep(other.faults.filter((f) => !/status of 401/.test(f)), [], 'the login dialog reports no error in the browser');
});
await done();
