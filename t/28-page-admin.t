#!/usr/bin/env t/lib/run
// 28-page-admin.t -- the operators' page in a real browser: who may see it, every section with real data, what each operation does, hostile
// text, an absent route; by keyboard, in both languages, light and dark, large and small.
//
// PAGE_SHOTS=DIR keeps screenshots there.
import { account } from './lib/account.mjs';
import { putResult } from './lib/answers.mjs';
import { audit, fits } from './lib/axe.mjs';
import { client, ioConnect } from './lib/client.mjs';
import { openBrowser, openPage } from './lib/browser.mjs';
import { startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';
import { until } from './lib/until.mjs';

const browser = await openBrowser();
const d = await startDure({ http: 2, ws: 1, proxied: true, env: { ANALYZER: 'off', ARGON2_MEMORY_BYTES: '65536', ARGON2_OPSLIMIT: '1', LOGIN_FAILURE_MS: '0', CACHE_WARM_COUNT: '0' } });
const web = client(d.url);
const admin = await account(d, 'admin@example.com', { role: 'admin', tier: 'admin' }), kim = await account(d, 'kim@example.com');
const text = (selector) => page.textContent(selector);
const sections = ['overview', 'processes', 'sockets', 'topics', 'dead', 'cache', 'queries', 'logs', 'traces', 'events', 'users', 'keys', 'settings', 'curation', 'jobs', 'kpi'];
const two = /light, desk|dark, phone/;
const hostile = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
await d.psql('INSERT INTO users (email, password_hash) VALUES ($1, $2)', [`${hostile}@example.com`, 'x']);
const logged = (level, msg, more = {}) => d.psql(`INSERT INTO app_logs (level, service, host, request_id, doc) VALUES ($1, 'http 1', 'a', $2, $3)`,
	[level, more.requestId ?? null, JSON.stringify({ msg, pid: 42, ...more })]);

let page, sockets = 0;
async function logIn(who) {
	await page.click('#gate-login');
	await page.fill('#email', who.email);
	await page.fill('#password', who.password);
	await page.keyboard.press('Enter');
}
const settled = (id) => page.waitForSelector(`#section[data-section=${id}]:not([aria-busy])`);
async function go(hash) {
	await page.evaluate((h) => { location.hash = h; }, hash);
	await settled(hash.split('/')[0]);
}
const sure = () => page.click('#sure-yes');
// Half a minute later: what a timer of the page does by then is done, with its requests.
async function later() {
	await page.clock.fastForward(30000);
	await page.evaluate(() => fetch('/api/v1/health/live?later').then((r) => r.text()));
}
// What stands in the bar at the bottom, once it does.
const said = (re) => until(async () => re.test(await text('#said')), { what: `${re} to be said` });

await test('who may see it', async () => {
	page = await openPage(browser, `${d.url}/admin`, { locale: 'ko-KR', before: (p) => { p.on('websocket', () => sockets++); return p.clock.install(); } });
	await page.waitForSelector('#gate');
	ok(!await page.isVisible('#desk'), 'strangers see no section');
	like(await text('#gate-text'), /운영자 계정으로 로그인/, 'and are told to log in');
	await audit(page, 'admin-gate', { only: two });
	await logIn(kim);
	await until(async () => /운영자만 볼 수 있습니다/.test(await text('#gate-text')), { what: 'the refusal' });
	ok(!await page.isVisible('#desk'), 'a user without the role is refused');
	is(await page.locator('nav [href="/admin.html"]').count(), 0, 'the navigation does not offer the page to such a user');
	await page.click('#user-button');
	await page.click('#log-out');
	await page.waitForSelector('#gate-login:not([hidden])');
	await logIn(admin);
	await page.waitForSelector('#desk:not([hidden])');
	is(await page.getAttribute('nav [href="/admin.html"]', 'aria-current'), 'page', 'the navigation offers it to an admin, as the current page under /admin too');
});

await test('overview', async () => {
	await settled('overview');
	for (const store of ['database', 'redis', 'kafka'])
		ok(await until(async () => /정상/.test(await text(`[data-store=${store}]`)) || page.click('#section-again').then(() => false), { every: 200, what: store }), `${store} is up`);
	await page.waitForSelector('[data-plot=memory] figcaption b >> text=MB');
	const first = page.heard('metrics');
	await until(() => page.heard('metrics') > first, { what: 'more figures' });
	like(await page.getAttribute('[data-plot=memory] svg', 'aria-label'), /^메모리: [\d.]+ MB\. 최근 1분: 최저 [\d.]+ MB, 최고/, 'the live figures are drawn, and said in words');
	like(await page.getAttribute('[data-plot=memory] .line', 'd'), /^M[\d.]+ [\d.]+h\.01L/, 'as a line');
	await web.patch('/api/v1/settings', { maintenance: 'read-only' }, { token: admin.token });
	await page.click('#section-again');
	await page.waitForSelector('.alerts li >> text=읽기 전용');
	ok(true, 'a read-only service is listed as needing attention');
	await audit(page, 'admin-overview');
	const followers = async () => (await web.get('/api/v1/admin/rooms', { token: admin.token })).body.data.find((r) => r.room === 'metrics')?.sockets ?? 0;
	is(await followers(), 1, 'the page follows the figures');
	await page.click('.alerts li:has-text("읽기 전용") a');
	await settled('settings');
	await until(async () => await followers() === 0, { what: 'the page to stop following' });
	ok(true, 'but not when they are not shown');
	is(await page.evaluate(() => document.activeElement.id), 'section-title', 'the alert leads to the section where it is ended, and the focus to its heading');
});

await test('settings', async () => {
	await page.waitForSelector('[data-setting=maintenance]');
	await page.click('[data-setting=maintenance] [data-focus=reset-maintenance]');
	await said(/저장했습니다/);
	is((await d.psql("SELECT count(*)::int AS n FROM system_config WHERE key = 'maintenance'"))[0].n, 0, 'a setting gets its default back');
	await page.uncheck('#set-registrationOpen');
	await page.click('[data-setting=registrationOpen] [type=submit]');
	await page.waitForSelector('[data-focus=reset-registrationOpen]');
	const values = Object.fromEntries((await web.get('/api/v1/settings', { token: admin.token })).body.data.map((s) => [s.key, s.value]));
	deep([values.registrationOpen, values.maintenance], [false, 'off'], 'a setting is changed, and no other');
	await page.selectOption('#set-maintenance', 'full');
	await page.click('[data-setting=maintenance] [type=submit]');
	await page.waitForSelector('#sure[open]');
	await page.keyboard.press('Escape');
	await page.waitForSelector('#sure', { state: 'hidden' });
	is((await d.psql("SELECT count(*)::int AS n FROM system_config WHERE key = 'maintenance'"))[0].n, 0, 'shutting users out is asked about, and Escape leaves it');
	await page.fill('#set-maintenanceRetryAfter', '0');
	await page.click('[data-setting=maintenanceRetryAfter] [type=submit]');
	await page.waitForSelector('#section-fault:not([hidden])');
	like(await text('#section-fault'), /VALIDATION_FAILED/, 'a refused value is told with its reason');
	await audit(page, 'admin-settings', { only: two });
});

await test('logs', async () => {
	await logged('error', hostile, { requestId: 'req-hostile', more: hostile });
	await logged('warn', 'a plain warning');
	await go('logs');
	await page.waitForSelector('.log-line >> text=a plain warning');
	like(await text('.log-lines'), /<img src=x onerror=/, 'a hostile line is text');
	await logged('error', 'comes by itself');
	await later();
	await page.waitForSelector('.log-line >> text=comes by itself');
	ok(true, 'a new line appears by itself');
	await page.focus('.log-line summary[tabindex="0"]');
	await page.keyboard.press('End');
	is(await page.locator('.log-lines summary[tabindex="0"]').count(), 1, 'the lines are one stop of the Tab key, and arrow keys move among them');
	await page.click('.log-line:has-text("<img") > summary');
	await page.waitForSelector('.log-line[open] pre');
	await audit(page, 'admin-logs', { only: two });
	await page.selectOption('[data-filter=level]', 'error');
	await until(async () => await page.locator('.log-line[data-level=warn]').count() === 0 && await page.locator('.log-line').count() > 0, { what: 'the level' });
	ok(true, 'the level filters');
	await page.fill('[data-filter=q]', 'comes by');
	await page.keyboard.press('Enter');
	await until(async () => await page.locator('.log-line').count() === 1, { what: 'the text' });
	ok(true, 'so does a text');
	await go('logs/req-hostile');
	await until(async () => await page.locator('.log-line').count() === 0, { what: 'the filters together' });
	await page.fill('[data-filter=q]', '');
	await page.keyboard.press('Enter');
	await until(async () => await page.locator('.log-line').count() === 1, { what: 'the request' });
	ok(true, 'the address names a request, whose lines are shown');
	await go('logs');
	await page.click('[data-focus=analyse]');
	await page.waitForSelector('.hours');
	like(await text('.stack'), /오류 \d+건/, 'the errors of the day are counted');
	await audit(page, 'admin-analysis', { only: two });
	await d.psql(`INSERT INTO app_logs (level, service, host, doc) SELECT 'error', 'http 1', 'a', '{"msg":"flood"}' FROM generate_series(1, 190)`);
	for (const n of [1, 2]) {
		await later();
		await until(async () => await page.locator('.log-line').count() >= 190 * n, { what: `flood ${n}` });
		await d.psql(`INSERT INTO app_logs (level, service, host, doc) SELECT 'error', 'http 1', 'a', '{"msg":"flood"}' FROM generate_series(1, ${n === 1 ? 190 : 250})`);
	}
	await later();
	await until(async () => await page.locator('.log-lines > li').count() === 500, { what: 'the bound' });
	ok(true, 'at most 500 lines are kept in the document');
	is(await page.locator('.log-gap').count(), 1, 'more lines than one answer has leave a gap, which is told');
	is(await page.evaluate(() => window.hacked), undefined, 'no hostile text has run');
});

await test('nothing is asked while nobody looks', async () => {
	const asked = [];
	const note = (r) => /\/api\/(?!.*later)/.test(r.url()) && asked.push(r.url());
	page.on('request', note);
	await page.evaluate(() => {
		Object.defineProperty(document, 'hidden', { value: true, configurable: true });
		document.dispatchEvent(new Event('visibilitychange'));
	});
	await page.waitForSelector('#section:not([aria-busy])');
	asked.length = 0;
	await later();
	deep(asked, [], 'a hidden tab asks nothing');
	await page.evaluate(() => { delete document.hidden; document.dispatchEvent(new Event('visibilitychange')); });
	await later();
	ok(asked.some((u) => /\/logs/.test(u)), 'and goes on when it is seen');
	await go('keys');
	asked.length = 0;
	await later();
	deep(asked, [], 'a section that is left asks nothing more');
	page.off('request', note);
});

await test('cache', async () => {
	await putResult(d, 'kettle');
	await until(async () => (await web.get('/api/analyze/result/kettle')).body.fromCache, { what: 'the answer to be kept' });
	await go('cache');
	await page.fill('#cache-ids', 'kettle, nothing');
	await page.click('[value=drop]');
	await said(/캐시 키 [1-9]\d*개를 지웠습니다/);
	ok(true, 'answers are dropped');
	await page.click('[value=warm]');
	await said(/1개를 채웠습니다. 결과가 없는 것: nothing/);
	ok(true, 'and loaded');
	await page.waitForSelector('.figures dd >> text=MB');
});

await test('sockets', async () => {
	const s = await ioConnect(d.url, { auth: { token: kim.token } }), other = await ioConnect(d.url);
	for (const each of [s, other])
		await each.ask('subscribe-analysis', 'crowded');
	const gone = new Promise((settle) => s.once('disconnect', settle));
	await go('sockets');
	await page.click('.rows a:has-text("analysis:crowded")');
	await page.waitForSelector(`[data-key="${other.id}"]`);
	is(await page.locator('.rows tbody tr').count(), 2, 'a room leads to its sockets');
	await go(`users/${kim.id}`);
	await page.click('.rows a:has-text("소켓")');
	await page.waitForSelector(`[data-key="${s.id}"]`);
	is(await page.locator('.rows tbody tr').count(), 1, 'a user to those of the user');
	await page.click(`[data-focus="end-${s.id}"]`);
	await sure();
	is(await gone, 'io server disconnect', 'a socket is disconnected');
	await page.waitForSelector(`[data-key="${s.id}"]`, { state: 'detached' });
	ok(other.connected, 'and no other');
});

await test('dead letters', async () => {
	const [{ id }] = await d.psql(`INSERT INTO dead_letters (topic, partition, "offset", key, value, reason) VALUES ('analysis-results', 0, 1, 'p1', $1, $2) RETURNING id::int`,
		[Buffer.from(JSON.stringify({ requestId: 'r', hostile })), hostile]);
	await go('overview');
	await page.waitForSelector('.alerts li >> text=데드레터');
	await page.click('.alerts li:has-text("데드레터") a');
	await page.waitForSelector(`[data-key="${id}"]`);
	like(await text('.rows'), /<img src=x/, 'a hostile reason is text');
	await page.click(`[data-key="${id}"] summary`);
	await audit(page, 'admin-dead-open', { only: two });
	await page.click(`[data-focus="retry-${id}"]`);
	await said(/다시 시도하도록/);
	const [again] = await until(async () => { const r = await d.psql('SELECT id::int FROM dead_letters WHERE id > $1', [id]); return r.length && r; }, { ms: 20000, what: 'it to come back' });
	ok(again.id > id, 'a letter is sent again, and comes back refused anew');
	await page.click('#section-again');
	await page.click(`[data-focus="remove-${again.id}"]`);
	await sure();
	await page.waitForSelector(`[data-key="${again.id}"]`, { state: 'detached' });
	is((await d.psql('SELECT count(*)::int AS n FROM dead_letters'))[0].n, 0, 'a letter is deleted');
});

await test('topics', async () => {
	await go('topics');
	await page.waitForSelector('.rows td >> text=analysis-requests');
	like(await text('.figures'), /정상 \(내장\)/, 'the broker is told, and that it is the embedded one');
});

await test('users', async () => {
	await go('users');
	await page.waitForSelector('.rows >> text=kim@example.com');
	like(await text('.rows'), /<img src=x onerror=/, 'a hostile address is text');
	await page.fill('#user-find', 'KIM@');
	await page.keyboard.press('Enter');
	await until(async () => await page.locator('.rows tbody tr').count() === 1, { what: 'the search' });
	ok(true, 'a part of the address finds an account');
	await go(`users/${kim.id}`);
	await until(async () => await page.locator('.rows tbody tr').count() === 1, { what: 'the id' });
	like(await text('.rows'), /kim@example\.com/, 'so does the id');
	await page.click(`[data-focus="change-${kim.id}"]`);
	await page.waitForSelector('#user-edit[open]');
	await audit(page, 'admin-user-edit', { only: two });
	await page.selectOption('#user-tier-pick', 'pro');
	await page.check('#user-locked');
	await page.click('#user-edit [type=submit]');
	await page.waitForSelector('.rows >> text=잠김');
	deep((await d.psql('SELECT tier, is_active, role FROM users WHERE id = $1', [kim.id]))[0], { tier: 'pro', is_active: false, role: 'user' }, 'an account is changed and locked');
	is((await web.post('/api/auth/login', { email: kim.email, password: kim.password })).status, 403, 'and cannot log in');
	await go(`users/${admin.id}`);
	await page.click(`[data-focus="change-${admin.id}"]`);
	await page.waitForSelector('#user-edit[open]');
	ok(await page.isDisabled('#user-role-pick') && await page.isDisabled('#user-locked'), 'one does not shut oneself out');
	await page.keyboard.press('Escape');
});

await test('security events and keys', async () => {
	await go(`events/${kim.id}`);
	await page.waitForSelector('.rows >> text=account_locked');
	ok(true, 'what was done to an account is on record');
	await page.fill('#event-type', 'role_changed');
	await page.keyboard.press('Enter');
	await until(async () => await page.locator('.rows tbody tr').count() === 1, { what: 'the type' });
	const key = (await web.post('/api/v1/api-keys', { name: hostile.slice(0, 60) }, { token: admin.token })).body.data;
	await go('keys');
	await page.click(`[data-focus="end-${key.id}"]`);
	await sure();
	await page.waitForSelector(`[data-focus="end-${key.id}"]`, { state: 'detached' });
	is((await web.get('/api/auth/me', { headers: { 'x-api-key': key.key } })).status, 401, 'a key is ended');
});

await test('jobs', async () => {
	await go('jobs');
	const run = await page.waitForSelector('[data-focus="run-age-searches"]');
	const before = new Date();
	await run.click();
	await said(/age-searches 작업을 시작/);
	await until(async () => (await d.psql("SELECT FROM cron_runs WHERE job = 'age-searches' AND ran_at >= $1", [before])).length, { what: 'its run' });
	ok(true, 'a job is run now');
});

await test('processes', async () => {
	await go('processes');
	const pid = () => page.textContent('[data-key=http-2] td:nth-child(3)'), first = await pid();
	await page.click('[data-focus=drain-http-2]');
	await sure();
	await until(async () => { await page.click('#section-again'); return await page.locator('[data-key=http-2]').count() === 1 && await pid() !== first; }, { ms: 20000, every: 300, what: 'the drain' });
	ok(true, 'a process is replaced');
	const opened = sockets, third = await until(() => pid(), { what: 'it' });
	await until(async () => {
		await page.click('[data-focus=reload]');
		await sure();
		return until(async () => /시작했습니다/.test(await text('#said')) || await page.isVisible('#section-fault'), { what: 'an answer' }).then(() => page.isHidden('#section-fault'));
	}, { ms: 20000, every: 500, what: 'the end of the drain' });
	await until(async () => { await page.click('#section-again'); return await page.locator('[data-key=http-2]').count() === 1 && await pid() !== third; }, { ms: 30000, every: 300, what: 'the reload' });
	deep([sockets, await page.getAttribute('#connection', 'data-state')], [opened, 'online'], 'a reload replaces all, and the page keeps its socket');
});

await test('slow queries', async () => {
	await go('queries');
	await page.waitForSelector('#section-body > *');
	like(await text('#section-body'), /pg_stat_statements|느린 쿼리가 없습니다|SELECT/, 'are listed, or it is told what is missing');
});

await test('traces', async () => {
	const headers = { 'x-request-id': 'seen-by-admin', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
	await web.post('/api/products/traced/reviews', [{ text: '정말 좋아요' }]);
	is((await web.post('/api/analyze', { productId: 'traced' }, { headers })).status, 200, 'a request is traced');
	await until(async () => (await web.get('/api/v1/trace/seen-by-admin', { token: admin.token })).body.spans?.some((s) => s.step === 'kafka'), { what: 'its spans' });
	await go('traces');
	await page.fill('#trace-route', '/api/analyze');
	await page.keyboard.press('Enter');
	await page.click('.rows a:has-text("/api/analyze")');
	await page.waitForSelector('.waterfall');
	const names = await page.locator('.waterfall tbody th').allTextContents();
	like(names[0], /^POST \/api\/analyze/, 'as a waterfall, the request above all');
	deep(['INSERT analysis_requests', 'send analysis-requests'].filter((n) => !names.some((x) => x.startsWith(n))), [], 'with what it caused');
	const bars = await page.locator('.waterfall .span-bar i').evaluateAll((all) => all.map((b) => [b.style.getPropertyValue('--at'), b.style.getPropertyValue('--long')].map(Number)));
	ok(bars.every(([at, long]) => at >= 0 && at + long <= 1.0001) && bars[0][1] > 0, 'whose bars are within the whole');
	await page.click('.waterfall summary >> nth=0');
	like(await text('.waterfall tbody tr:first-child .span-facts'), /http\.route\s*\/api\/analyze/, 'a span has its attributes');
	await audit(page, 'admin-trace', { only: two });
	await go('traces/never-was');
	await page.waitForSelector('#section-fault:not([hidden])');
	like(await text('#section-fault'), /TRACE_NOT_FOUND/, 'a request that was not traced is told so');
});

await test('routes that are absent or failing', async () => {
	await go('topics');
	for (const [status, code, told] of [[404, 'ROUTE_NOT_FOUND', /아직 이 기능이 없습니다 \(GET \/api\/v1\/admin\/slow-queries\)/], [501, 'NOT_IMPLEMENTED', /아직 이 기능이/], [500, 'INTERNAL_ERROR', /부서졌다/],
		[429, 'RATE_LIMIT_EXCEEDED', /7초 뒤에/]]) {
		await page.route('**/api/v1/admin/slow-queries*', (r) => r.fulfill({ status, headers: { 'retry-after': '7' }, contentType: 'application/json', body: JSON.stringify({ success: false, error: { code, message: '부서졌다' } }) }));
		await go('queries');
		await page.waitForSelector('#section-fault:not([hidden])');
		like(await text('#section-fault'), told, `${status} is told in plain words`);
		await page.unroute('**/api/v1/admin/slow-queries*');
		await go('topics');
		await page.waitForSelector('.figures');
	}
	ok(!await page.isVisible('#section-fault'), 'and the other sections work');
});

await test('a store is gone', async () => {
	await go('overview');
	await page.waitForSelector('[data-store=database] [data-tone=good]');
	d.pgProxy.cut();
	await page.click('#section-again');
	await until(async () => { await later(); return page.isVisible('.alerts [data-level=critical] >> text=PostgreSQL'); }, { ms: 20000, what: 'the alert' });
	like(await text('[data-store=database]'), /끊김/, 'a database that is gone is told first, and by its store');
	await audit(page, 'admin-down', { only: two });
	d.pgProxy.heal();
	await until(async () => { await later(); return page.isHidden('.alerts [data-level=critical]'); }, { ms: 20000, every: 200, what: 'the all-clear' });
	ok(true, 'until it is back');
	await d.ready();
});

await test('KPIs', async () => {
	await d.psql(`INSERT INTO kpi_daily (day, name, value, reason) SELECT current_date - i, n, v * (1 - i * 0.02), NULL FROM generate_series(0, 29) i, (VALUES ('dau', 12034), ('apiP95', 180)) k(n, v)
		ON CONFLICT (day, name) DO UPDATE SET value = EXCLUDED.value, reason = NULL`);
	const failed = { success: false, error: { code: 'DEPENDENCY_DOWN', message: 'PostgreSQL does not answer' } };
	await page.route('**/api/v1/stats/kpi?*', (r) => r.fulfill({ status: 503, contentType: 'application/json', body: JSON.stringify(failed) }), { times: 1 });
	await go('kpi');
	await page.waitForSelector('#section-fault:not([hidden])');
	await later();
	await page.waitForSelector('[data-kpi=dau]');
	ok(true, 'a section that asks once asks again after a failure');
	like(await text('[data-kpi=dau]'), /12,034.*달성.*10,000\+/s, 'a figure stands beside its target');
	like(await text('[data-kpi=apiP95]'), /180 ms.*미달.*<100 ms/s, 'and whether it is met');
	like(await page.getAttribute('[data-kpi=dau] svg', 'aria-label'), /30일의 흐름: 최저 5,054.28, 최고 12,034/, 'with its course, in words too');
	is(await page.locator('.kpi').count(), 13, 'all are there');
	await audit(page, 'admin-kpi', { only: two });
});

await test('by keyboard', async () => {
	await go('overview');
	await page.focus('#sections a[aria-current]');
	for (const key of ['End', 'ArrowUp'])
		await page.keyboard.press(key);
	is(await page.evaluate(() => document.activeElement.getAttribute('href')), '#jobs', 'arrow keys, Home and End move in the navigation');
	is(await page.locator('#sections a[tabindex="0"]').count(), 1, 'which is one stop of the Tab key');
	await page.keyboard.press('Enter');
	await settled('jobs');
	is(await page.getAttribute('#sections a[aria-current]', 'href'), '#jobs', 'Enter goes there');
	await page.evaluate(() => { location.hash = 'main'; });
	is(await page.getAttribute('#section', 'data-section'), 'jobs', 'the skip link leaves the section as it is');
	await page.setViewportSize({ width: 390, height: 844 });
	ok(!await page.isVisible('#sections'), 'a phone keeps the sections behind a button');
	await page.focus('#sections-button');
	await page.keyboard.press('Enter');
	await page.waitForSelector('#sections a');
	await page.keyboard.press('Escape');
	ok(!await page.isVisible('#sections'), 'which Escape closes');
	await page.setViewportSize({ width: 1360, height: 900 });
});

await test('every section, in English', async () => {
	await page.click('[data-language=en]');
	for (const [i, id] of sections.entries()) {
		await go(id);
		await until(async () => (await page.evaluate(() => document.querySelector('#section-body').childElementCount)) > 0 || await page.isVisible('#section-fault'), { what: id });
		const korean = await page.evaluate(() => document.querySelector('#desk').innerText.match(/[가-힣]+/g) ?? []);
		deep(korean, [], `${id}: nothing is left in Korean`);
		await audit(page, `admin-${id}-en`, { only: i % 2 ? /light, desk/ : /dark, phone/ });
		if (/overview|dead|users|settings|jobs/.test(id))
			await fits(page, id);
	}
	deep(page.faults.filter((f) => !/status of (400|401|404|409|50[013]|429)/.test(f)), [], 'no error in the browser');
});
await done();
