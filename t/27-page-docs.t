#!/usr/bin/env t/lib/run
// 27-page-docs.t -- the page of documents: the routes in Swagger UI, which calls them with the page's log-in, and the events and topics; under
// a strict policy, without another host, and where the viewer was not installed.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { account } from './lib/account.mjs';
import { audit, fits } from './lib/axe.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { client } from './lib/client.mjs';
import { scratchDir, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off' } });
const web = client(d.url), kim = await account(d, 'kim@example.com');
const { body: openapi } = await web.get('/openapi.json'), { body: asyncapi } = await web.get('/asyncapi.json');
const documented = Object.entries(openapi.paths).flatMap(([path, methods]) => Object.keys(methods).map((m) => `${m}${path}`));
const texts = (page, selector) => page.$$eval(selector, (all) => all.map((el) => el.textContent));

await test('routes', async () => {
	const answer = await web.get('/docs');
	is(answer.headers.get('content-security-policy'), "default-src 'self'; img-src 'self' data:", 'the policy allows this server alone, and data: images');
	const page = await openPage(browser, `${d.url}/docs`, { locale: 'ko-KR' });
	await page.waitForSelector('#viewer .opblock, #viewer .opblock-tag');
	is(await page.getAttribute('nav [href="/api.html"]', 'aria-current'), 'page', 'the page has the navigation of all pages');
	// The viewer draws what is near the window alone.
	const seen = new Set(), look = async () => (await page.$$eval('#viewer .opblock', (all) => all.map((el) => `${el.querySelector('.opblock-summary-method').textContent.toLowerCase()}${
		el.querySelector('[data-path]').dataset.path}`))).forEach((r) => seen.add(r));
	const scroll = (y) => page.evaluate((at) => { scrollTo(0, at); return new Promise((settle) => requestAnimationFrame(() => requestAnimationFrame(() => settle(scrollY)))); }, y);
	const unseen = () => documented.filter((r) => !seen.has(r));
	const pass = async () => {
		for (const tag of await page.$$('#viewer .opblock-tag[data-is-open=false]'))
			await tag.evaluate((el) => el.click());
		for (let y = 0; await scroll(y) === y; y += 400)
			await look();
		await look();
		return unseen().length === 0;
	};
	await until(pass, { ms: 30000 }).catch(() => {});
	deep(unseen(), [], `the viewer lists all ${documented.length} documented routes`);
	const me = '#viewer .opblock:has([data-path="/api/auth/me"])';
	for (let y = 0; !await page.isVisible(me) && await scroll(y) === y; y += 400)
		;
	like(await page.textContent('#who'), /로그인하지 않은/, 'the page says that calls are sent without a log-in');

	const call = async () => {
		await page.click(`${me} .execute`);
		await page.waitForSelector(`${me} .live-responses-table .response-col_status`);
		return (await texts(page, `${me} .live-responses-table tbody .response-col_status`))[0];
	};
	await page.click(`${me} .opblock-summary-control`);
	await page.waitForSelector(`${me} .execute`);
	like(await call(), /^401/, 'a call without a log-in is refused');
	await page.evaluate(() => scrollTo(0, 0));
	await page.click('#account');
	await page.fill('#email', kim.email);
	await page.fill('#password', kim.password);
	await page.keyboard.press('Enter');
	await page.waitForFunction((email) => document.querySelector('#who').textContent.includes(email), kim.email);
	for (let y = 0; !await page.isVisible(`${me} .btn-clear`) && await scroll(y) === y; y += 400)
		;
	await page.click(`${me} .btn-clear`);
	like(await call(), /^200/, 'a call carries the token of the page');
	deep(page.faults.filter((f) => !/status of 401/.test(f)), [], 'the viewer reports no error, breaks no policy and asks no other host');
	// The viewer's list is a <main> within the page's; no element of that name may have the role that it should have.
	await audit(page, 'docs-rest', { except: { 'aria-allowed-role': '#operations' } });
	await page.context().close();
});

await test('events', async () => {
	const page = await openPage(browser, `${d.url}/docs#events`, { locale: 'en-US' });
	await page.waitForSelector('#channels details');
	const events = Object.values(asyncapi.operations).filter((o) => o.tags[0].name !== 'topics').length, topics = Object.values(asyncapi.channels).filter((c) => c.bindings?.kafka).length;
	is(await page.locator('#channels details').count(), events + topics, 'the page lists every event and every topic');
	is(await page.textContent('#found'), `${events + topics} events and topics`, 'the page counts them');
	for (const el of await page.$$('#channels summary'))
		await el.evaluate((s) => s.click());
	is(await page.locator('#channels .inside').count(), events + topics, 'every event opens');
	deep((await texts(page, '#channels .inside :is(code, li, small)')).filter((t) => /undefined|\[object|NaN/.test(t)), [], 'no event shows undefined, [object or NaN');
	const send = page.locator('[id="/chat client.chat:send-message"]');
	like(await send.textContent(), /Who may: users in the chat who are not muted.*streamKeyrequired.*clientMessageIdstring 1–.*Acknowledgement.*message\.userName.*emitWithAck\('chat:send-message', \{"streamKey":"…","message":"…"\}\)/s, 'an event shows who may send it, its members, its acknowledgement and its use');
	like(await page.textContent('[id="topic order-events"]'), /Key: orderId.*items/s, 'a topic shows its key and its members');
	await page.fill('#find', 'chat emit');
	const hit = await page.$$eval('#channels details:not([hidden])', (all) => all.map((el) => el.id));
	ok(hit.length >= 9 && hit.every((id) => /client\.chat:/.test(id)), 'a search finds events by direction and name', ...hit);
	await audit(page, 'docs-events');
	await fits(page, 'docs-events');
	await page.fill('#find', 'nothing like that');
	ok(await page.isVisible('#none'), 'the page says that nothing was found');
	await page.focus('#tab-events');
	await page.keyboard.press('ArrowLeft');
	ok(await page.isVisible('#rest') && !await page.isVisible('#events'), 'arrow keys move between the tabs');
	await page.keyboard.press('ArrowRight');
	await page.click('[data-language=ko]');
	is(await page.textContent('#tab-events'), '소켓과 토픽', 'the page is in both languages');
	deep(page.faults, [], 'the page reports no error');
	await page.context().close();
});

await test('without the viewer', async () => {
	const bare = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off', VENDOR_DIR: scratchDir() } });
	const page = await openPage(browser, `${bare.url}/docs`, { locale: 'en-US' });
	await page.waitForSelector('#rest-fault:not([hidden])');
	like(await page.textContent('#rest-fault'), /not installed.*make vendor/, 'the page says that the viewer is not installed');
	ok(await page.isVisible('a[href="/openapi.json"]') && await page.isVisible('a[href="/api.html"]'), 'the document and the short guide are linked');
	await page.click('#tab-events');
	await page.waitForSelector('#channels details');
	ok(await page.locator('#channels details').count() > 80, 'the events are there without the viewer');
	await audit(page, 'docs-bare', { only: /light, desk/ });
	deep(page.faults.filter((f) => !/status of 404/.test(f)), [], 'the page reports no error but the missing viewer');
	await page.context().close();
});

await done();
