// adminnav.js -- the sections' navigation: in groups beside the page, behind a button on a phone. One stop of the Tab key; arrow keys,
// Home and End move within it.
import { GROUPS, sections } from './adminsections.js';
import { initDisclosure } from './disclosure.js';
import { $, make } from './dom.js';
import { words } from './i18n.js';

const STEPS = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
let close = () => {};

const links = () => [...$('sections').querySelectorAll('a')];

function sectionLink(section, current) {
	const a = make('a', { href: `#${section.id}`, tabIndex: section.id === current ? 0 : -1 }, words().sections[section.id][0]);
	if (section.id === current)
		a.setAttribute('aria-current', 'page');
	return make('li', {}, a);
}

export function drawNav(current) {
	const held = $('sections').contains(document.activeElement) ? document.activeElement.getAttribute('href') : null;
	$('sections').replaceChildren(...GROUPS.flatMap(group => [make('h2', { id: `group-${group}` }, words().groups[group]),
		make('ul', {}, ...sections.filter(s => s.group === group).map(s => sectionLink(s, current)))]));
	$('sections-button').textContent = words().sections[current][0];
	if (held)
		links().find(a => a.getAttribute('href') === held)?.focus();
}

export function initNav() {
	close = initDisclosure($('sections-button'), $('sections'));
	$('sections').addEventListener('click', e => e.target.closest('a') && close());
	$('sections').addEventListener('keydown', e => {
		const step = STEPS[e.key], list = links();
		if (step === undefined)
			return;
		e.preventDefault();
		list[Math.max(0, Math.min(list.length - 1, list.indexOf(document.activeElement) + step))].focus();
	});
}
