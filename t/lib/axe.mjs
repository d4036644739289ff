// axe.mjs -- what axe-core finds on a page, in light and dark, as wide as a desk and as a phone; and that no phone scrolls sideways.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { root } from './dure.mjs';
import { ok, skip } from './tap.mjs';

const VIEWS = [['desk', { width: 1360, height: 900 }], ['phone', { width: 390, height: 844 }]];
const SHOT_MAX = 2400;		// of a picture, pixels
const source = (() => {
	try {
		return fs.readFileSync(createRequire(`${root}/t/`).resolve('axe-core/axe.min.js'), 'utf8');
	} catch {
		return null;		/* not installed */
	}
})();

// Text that fades in has no contrast yet.
const settle = () => document.getAnimations().forEach((a) => a.effect.getComputedTiming().iterations === Infinity ? a.cancel() : a.finish());

async function violations(page, except) {
	if (!await page.evaluate(() => 'axe' in globalThis))
		await page.evaluate(source);
	const { violations } = await page.evaluate(() => globalThis.axe.run({ resultTypes: ['violations'], preload: false }));
	const kept = violations.map((v) => ({ ...v, nodes: v.nodes.filter((n) => except[v.id] !== n.target.join(' ')) })).filter((v) => v.nodes.length > 0);
	return kept.map((v) => `${v.id}: ${v.help}\n${v.nodes.slice(0, 5).map((n) => `    ${n.target.join(' ')}  ${n.any[0]?.message ?? n.all[0]?.message ?? ''}`).join('\n')}`);
}

// The page as it is now, in every view; `name` is what it shows. shots: a directory for a picture of each; only: which views,
// for instance /light, desk|dark, phone/; except: a rule and the one element of a third party's that breaks it. The viewport is put back.
export async function audit(page, name, { shots = process.env.PAGE_SHOTS, only = /./, except = {} } = {}) {
	const before = page.viewportSize();
	for (const colorScheme of ['light', 'dark'])
		for (const [view, size] of VIEWS) {
			if (!only.test(`${colorScheme}, ${view}`))
				continue;
			const what = `${name}, ${colorScheme}, ${view}`;
			await page.emulateMedia({ colorScheme });
			await page.setViewportSize(size);
			await page.evaluate(settle);
			if (source)
				ok(...((found) => [found.length === 0, `${what}: nothing for axe-core`, ...found])(await violations(page, except)));
			else
				skip('axe-core is not installed', `${what}: axe-core`);
			const [wide, inner, high] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight]);
			ok(wide <= inner, `${what}: nothing is wider than the screen`, `${wide} > ${inner}`);
			if (shots)
				await page.screenshot({ path: `${shots}/${name.replace(/\W+/g, '-')}-${colorScheme}-${view}.png`, fullPage: true,
					clip: { x: 0, y: 0, width: size.width, height: Math.min(high, SHOT_MAX) } });
		}
	await page.emulateMedia({ colorScheme: null });
	await page.setViewportSize(before);
}

// Whether the page, in widths between a small phone's and a desk's, keeps within the screen.
export async function fits(page, name) {
	const before = page.viewportSize(), wide = [];
	for (const width of [320, 400, 640, 768, 961, 1100, 1920]) {
		await page.setViewportSize({ width, height: 800 });
		const needed = await page.evaluate(() => document.documentElement.scrollWidth);
		if (needed > width)
			wide.push(`${needed} at ${width}`);
	}
	ok(wide.length === 0, `${name}: in every width nothing is wider than the screen`, ...wide);
	await page.setViewportSize(before);
}
