// dom.js -- the few helpers with which the page touches its document.
//
// Text always enters as text: no markup is ever built from data.
import { words } from './i18n.js';

const SVG = 'http://www.w3.org/2000/svg';

export const $ = id => document.getElementById(id);

/* make('li', {className: 'card'}, 'text', child): properties, then children. */
export function make(tag, props = {}, ...children) {
	const el = Object.assign(document.createElement(tag), props);
	el.append(...children.filter(c => c !== null && c !== undefined));
	return el;
}

/* A sign drawn in the colour of the text, on a grid of 24; what it means is said beside it. */
export function icon(d) {
	const svg = document.createElementNS(SVG, 'svg'), path = document.createElementNS(SVG, 'path');
	svg.setAttribute('viewBox', '0 0 24 24');
	svg.setAttribute('class', 'icon');
	svg.setAttribute('aria-hidden', 'true');
	path.setAttribute('d', d);
	svg.append(path);
	return svg;
}

export function setBar(el, percent) {
	el.setAttribute('aria-valuenow', String(Math.round(percent)));
	el.firstElementChild.style.transform = `scaleX(${percent / 100})`;
}

/* Show what went wrong beside the control it belongs to; null takes it away.  problem: ApiError, {code,message} or a string. */
export function showFault(el, problem) {
	el.replaceChildren();
	el.hidden = !problem;
	if (!problem)
		return;
	const { message, code, details, requestId, retryAfter } = typeof problem === 'string' ? { message: problem } : problem;
	el.append(make('p', {}, message || code));
	if (retryAfter)
		el.append(make('p', {}, words().errRetry(retryAfter)));
	if (Array.isArray(details) && details.length)
		el.append(make('ul', {}, ...details.map(d =>
			make('li', {}, d.field ? make('b', {}, `${words().fieldName(d.field)} `) : null, d.reason ?? String(d.message ?? d)))));
	if (code)
		el.append(make('small', {}, requestId ? `${code} · ${words().requestId(requestId)}` : code));
}
