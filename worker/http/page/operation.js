// operation.js -- one route on the API's page: what it takes and answers, the line for the shell, and a way to call it.
//
// Its inside is made when it is first opened; a route that only reads can be called from here, in the name of who is logged in.
import { make } from './dom.js';
import { words } from './i18n.js';
import { curlOf, kindOf } from './openapi.js';
import { accessToken, me } from './session.js';

const SHOWN_MAX = 20000;	// characters of an answer
const ACCESS = { all: 'forAll', may: 'mayUser', user: 'needsUser', session: 'needsSession' };

export function drawOperation(op) {
	const w = words(), details = make('details', { id: op.id, className: 'route' });
	const method = make('span', { className: 'method' }, op.method);
	method.dataset.method = op.method;
	details.append(make('summary', {}, method, make('code', {}, op.path), make('span', { className: 'says', lang: 'en' }, op.summary)));
	details.addEventListener('toggle', () => {
		if (details.open && details.childElementCount === 1)
			details.append(inside(op, w));
	});
	return details;
}

function inside(op, w) {
	const parts = [make('p', { className: 'access' }, make('em', { className: op.access }, w[ACCESS[op.access]]),
		make('a', { className: 'link', href: `#${op.id}` }, w.openRoute))];
	if (op.parameters.length)
		parts.push(part(w.paramsTitle, table(op.parameters.map(p => [p.name, w.in(p.in), kindOf(p.schema, w), p.required, p.description]), w)));
	if (op.body)
		parts.push(part(w.bodyTitle, ...Object.entries(op.body).map(([type, { schema }]) => body(type, schema, w))));
	parts.push(part(w.curlTitle, code(curlOf(op, location.origin))));
	if (op.answer !== undefined)
		parts.push(part(w.answerTitle, code(JSON.stringify(op.answer, null, 2))));
	else if (op.answerType)
		parts.push(part(w.answerTitle, make('p', {}, make('code', {}, op.answerType))));
	if (op.method === 'GET')
		parts.push(trial(op, w));
	return make('div', { className: 'inside' }, ...parts);
}

const part = (title, ...children) => make('section', {}, make('h3', {}, title), ...children);
const code = text => make('pre', { tabIndex: 0 }, make('code', {}, text));

function table(rows, w) {
	const head = make('tr', {}, ...[w.name, w.where, w.kind].map(t => make('th', { scope: 'col' }, t)));
	return make('div', { className: 'scroll', tabIndex: 0 }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows.map(([name, where, kind, required, text]) =>
		make('tr', {}, make('th', { scope: 'row' }, make('code', {}, name), required ? make('em', {}, w.required) : null),
			make('td', {}, where), make('td', {}, make('code', {}, kind), text ? make('small', { lang: 'en' }, text) : null))))));
}

function body(type, schema, w) {
	const needed = new Set(schema.required ?? []), members = Object.entries(schema.properties ?? {});
	return make('div', {}, make('p', {}, make('code', {}, type)),
		members.length ? table(members.map(([name, s]) => [name, w.in('body'), kindOf(s, w), needed.has(name)]), w) : null);
}

/* --- Calling it --- */

function trial(op, w) {
	const given = op.parameters.filter(p => p.in === 'path' || p.in === 'query');
	const inputs = new Map(given.map(p => [p, make('input', { type: 'text', name: p.name, required: p.required, autocomplete: 'off', spellcheck: false,
		placeholder: p.schema.default ?? p.schema.enum?.join(' | ') ?? '' })]));
	const send = make('button', { type: 'submit', className: 'button go' }, w.send), line = make('p', { className: 'note', role: 'status' });
	const out = make('pre', { tabIndex: 0, hidden: true }, make('code'));
	const form = make('form', { className: 'trial' }, ...given.map(p => make('label', {}, make('code', {}, p.name), inputs.get(p))), send);
	form.addEventListener('submit', async e => {
		e.preventDefault();
		send.disabled = true;
		line.textContent = words().sending;
		const answer = await ask(addressOf(op, inputs));
		line.textContent = answer.line;
		out.dataset.status = String(answer.status)[0];
		out.firstElementChild.textContent = answer.text;
		out.hidden = !answer.text;
		send.disabled = false;
	});
	return part(w.tryTitle, make('p', { className: 'note' }, me() ? w.tryAs(me().email) : w.tryNobody), form, line, out);
}

function addressOf(op, inputs) {
	const query = new URLSearchParams();
	let path = op.path;
	for (const [p, input] of inputs) {
		if (p.in === 'path')
			path = path.replace(`{${p.name}}`, () => encodeURIComponent(input.value));
		else if (input.value !== '')
			query.set(p.name, input.value);
	}
	return query.size ? `${path}?${query}` : path;
}

async function ask(address) {
	const began = performance.now(), w = words();
	try {
		const res = await fetch(address, { headers: { Accept: '*/*', 'Accept-Language': document.documentElement.lang,
			...(accessToken() && { Authorization: `Bearer ${accessToken()}` }) } });
		const raw = await res.text(), text = pretty(raw);
		return { status: res.status, line: w.answered(res.status, Math.round(performance.now() - began), new Blob([raw]).size),
			text: text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}\n${w.cut}` : text };
	} catch {
		return { status: 0, line: w.errNetwork, text: '' };
	}
}

function pretty(text) {
	try {
		return JSON.stringify(JSON.parse(text), null, 2);
	} catch {
		return text;
	}
}
