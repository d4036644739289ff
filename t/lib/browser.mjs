// browser.mjs -- a headless Chromium for the tests of pages, and what went wrong in it.
import fs from 'node:fs';
import { atEnd, skipAll } from './tap.mjs';

const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync'];

// The browser, closed at the end. Where there is none the whole test is skipped, so this comes before any assertion.
export async function openBrowser() {
	if (!fs.existsSync(executablePath))
		skipAll(`no Chromium at ${executablePath}`);
	const { chromium } = await import('playwright-core').catch(() => skipAll('playwright-core is not installed'));
	const browser = await chromium.launch({ executablePath, args });
	atEnd(() => browser.close());
	return browser;
}

// A page in a context of its own. options: as of Playwright's newContext (locale, colorScheme, viewport), and
// `before(page)` to prepare it. page.faults lists console errors and warnings (CSP violations are among them),
// exceptions, and requests to any other host; page.heard(event) counts the socket's events of that name.
export async function openPage(browser, url, { before, ...options } = {}) {
	const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options });
	const page = await context.newPage();
	const { host } = new URL(url);

	page.faults = [];
	page.setDefaultTimeout(30000);
	page.on('console', (m) => /error|warning/.test(m.type()) && page.faults.push(`${m.type()}: ${m.text()}`));
	page.on('pageerror', (e) => page.faults.push(`exception: ${e.stack}`));
	page.on('request', (r) => new URL(r.url()).host === host || page.faults.push(`another host: ${r.url()}`));
	const frames = [];
	page.on('websocket', (ws) => ws.on('framereceived', ({ payload }) => frames.push(String(payload))));
	page.heard = (event) => frames.filter((f) => f.startsWith(`42["${event}"`)).length;
	await before?.(page);
	await page.goto(url);
	return page;
}
