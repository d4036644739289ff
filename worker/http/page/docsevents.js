// docsevents.js -- the events and topics of /asyncapi.json: groups, found by a word, each with its inside when it is opened.
import { call } from './api.js';
import { formsOf, groupsOf, rowsOf, sampleOf, typeOf } from './asyncapi.js';
import { $, make, showFault } from './dom.js';
import { words } from './i18n.js';
import { socketPath } from './socketpath.js';

let doc = null, groups = [];

const KINDS = { client: 'fromClient', server: 'fromServer', read: 'read', written: 'written', both: 'both' };
const titleOf = g => g.title ?? words().topics;

const part = (title, ...children) => make('section', {}, make('h3', {}, title), ...children);
const code = text => make('pre', { tabIndex: 0 }, make('code', {}, text));

export function drawEvents() {
	const open = new Set([...$('channels').querySelectorAll('details[open]')].map(el => el.id));
	$('channels').replaceChildren(...groups.map(g => make('section', { id: `group-${g.id}` }, make('h2', {}, titleOf(g)), ...g.events.map(drawEvent))));
	$('groups').replaceChildren(...groups.map(g => {
		const jump = make('button', { type: 'button' }, make('span', {}, titleOf(g)), make('small'));
		jump.addEventListener('click', () => $(`group-${g.id}`).scrollIntoView());
		return make('li', {}, jump);
	}));
	for (const el of $('channels').querySelectorAll('details'))
		el.open = open.has(el.id);
	findEvents();
}

/* Only those whose name, kind and summary have all the words. */
function findEvents() {
	const wanted = $('find').value.toLowerCase().split(/\s+/).filter(Boolean), all = groups.flatMap(g => g.events);
	const fits = e => wanted.every(word => `${words()[KINDS[e.kind]]} ${e.name} ${e.summary} ${e.alias ?? ''}`.toLowerCase().includes(word));
	const shown = new Set(all.filter(fits).map(e => e.id));
	for (const el of $('channels').querySelectorAll('details'))
		el.hidden = !shown.has(el.id);
	groups.forEach((g, i) => {
		const n = g.events.filter(e => shown.has(e.id)).length;
		$(`group-${g.id}`).hidden = n === 0;
		$('groups').children[i].hidden = n === 0;
		$('groups').children[i].querySelector('small').textContent = n;
	});
	$('found').textContent = words().eventFound(shown.size, all.length);
	$('none').hidden = shown.size > 0 || all.length === 0;
}

function drawEvent(e) {
	const details = make('details', { id: e.id, className: 'route' }), kind = make('span', { className: 'method' }, words()[KINDS[e.kind]]);
	kind.dataset.kind = e.kind;
	details.append(make('summary', {}, kind, make('code', {}, e.name), make('span', { className: 'says', lang: 'en' }, e.summary)));
	details.addEventListener('toggle', () => {
		if (details.open && details.childElementCount === 1)
			details.append(inside(e));
	});
	return details;
}

function inside(e) {
	const w = words(), facts = ['who', 'to', 'room', 'alias', 'key'].filter(k => e[k]).map(k => make('li', {}, w[k](e[k])));
	return make('div', { className: 'inside' }, make('ul', { className: 'event-facts' }, ...facts),
		part(w.payload, ...schemaView(e.payload)), ...e.ack ? [part(w.ack, ...schemaView(e.ack))] : [],
		...e.nsp ? [part(w.use, code(usageOf(e)))] : []);
}

/* Each form of the value: an object as a table of its members, anything else as its type. */
function schemaView(schema) {
	const w = words(), forms = formsOf(doc, schema);
	return forms.flatMap((form, i) => [...i > 0 ? [make('p', { className: 'note' }, w.orElse)] : [],
		form.properties && Object.keys(form.properties).length ? table(rowsOf(doc, form)) : make('p', {}, form.type === 'null' ? w.noPayload : make('code', {}, typeOf(doc, form, w)))]);
}

function table(rows) {
	const w = words(), head = make('tr', {}, ...[w.name, w.kind].map(t => make('th', { scope: 'col' }, t)));
	return make('div', { className: 'scroll', tabIndex: 0 }, make('table', {}, make('thead', {}, head), make('tbody', {}, ...rows.map(r =>
		make('tr', {}, make('th', { scope: 'row' }, make('code', {}, r.name), r.required ? make('em', {}, w.required) : null),
			make('td', {}, make('code', {}, r.forms.map(f => typeOf(doc, f, w)).join(' | ')), r.text ? make('small', { lang: 'en' }, r.text) : null))))));
}

function usageOf(e) {
	const options = socketPath === '/socket.io/' ? '' : `, { path: '${socketPath}' }`;
	const socket = `const socket = io('${location.origin}${e.nsp === '/' ? '' : e.nsp}'${options});`;
	const argument = JSON.stringify(sampleOf(doc, e.payload));
	return `${socket}\n${e.kind === 'server' ? `socket.on('${e.name}', payload => console.log(payload));`
		: `const answer = await socket.emitWithAck('${e.name}'${argument === undefined || formsOf(doc, e.payload)[0].type === 'null' ? '' : `, ${argument}`});`}`;
}

export async function initEvents() {
	$('find').addEventListener('input', findEvents);
	try {
		doc = await call('GET', '/asyncapi.json');
		groups = groupsOf(doc);
		drawEvents();
	} catch (problem) {
		showFault($('events-fault'), problem);
	}
}
