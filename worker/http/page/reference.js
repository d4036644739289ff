// reference.js -- the API's page: every route of /openapi.json by group, found by a word, each with its inside on demand.
//
// An address with a route behind its # (#get/api/search) opens that route.
import { GROUP_ORDER } from './referencewords.js';
import { call } from './api.js';
import { $, make, showFault } from './dom.js';
import { onLanguage, translate, words } from './i18n.js';
import { resume } from './login.js';
import { operationsOf } from './openapi.js';
import { drawOperation } from './operation.js';
import { initShell } from './shell.js';

let operations = [];

const rank = g => (GROUP_ORDER.indexOf(g) + 1) || GROUP_ORDER.length + 1;

function groups() {
	const byName = Map.groupBy(operations, op => op.group);
	return [...byName].sort(([a], [b]) => rank(a) - rank(b));
}

function draw() {
	const open = new Set([...document.querySelectorAll('details[open]')].map(el => el.id)), all = groups();
	$('routes').replaceChildren(...all.map(([name, list]) => make('section', { id: `group-${name}` },
		make('h2', {}, words().group(name)), ...list.map(drawOperation))));
	$('groups').replaceChildren(...all.map(([name]) => make('li', {}, make('a', { href: `#group-${name}` }, make('span', {}, words().group(name)), make('small')))));
	for (const el of document.querySelectorAll('details'))
		el.open = open.has(el.id);
	find();
}

/* Only those whose method, path and summary have all the words. */
function find() {
	const wanted = $('find').value.toLowerCase().split(/\s+/).filter(Boolean);
	const fits = op => wanted.every(word => `${op.method} ${op.path} ${op.summary} ${words().group(op.group)}`.toLowerCase().includes(word));
	const shown = new Set(operations.filter(fits).map(op => op.id));
	for (const el of document.querySelectorAll('.route'))
		el.hidden = !shown.has(el.id);
	groups().forEach(([name, list], i) => {
		const n = list.filter(op => shown.has(op.id)).length;
		$(`group-${name}`).hidden = n === 0;
		$('groups').children[i].hidden = n === 0;
		$('groups').children[i].querySelector('small').textContent = n;
	});
	$('found').textContent = words().found(shown.size, operations.length);
	$('none').hidden = shown.size > 0 || operations.length === 0;
}

function openNamed() {
	const el = $(decodeURIComponent(location.hash.slice(1)));
	if (el?.tagName === 'DETAILS')
		el.open = true;
	el?.scrollIntoView();
}

async function begin() {
	initShell();
	onLanguage(draw);
	$('find').addEventListener('input', find);
	addEventListener('hashchange', openNamed);
	translate();
	await resume();
	try {
		operations = operationsOf(await call('GET', '/openapi.json'));
		draw();
		openNamed();
	} catch (problem) {
		showFault($('page-fault'), problem);
	}
}

begin();
