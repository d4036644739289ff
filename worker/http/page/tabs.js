// tabs.js -- tabs and their panels: a role=tablist of buttons, each with aria-controls. Arrow keys, Home and End move; the address's hash
// names the panel that is shown.
import { $ } from './dom.js';

const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

/* shown(panel id) whenever another one is shown. */
export function initTabs(list, shown) {
	const tabs = [...list.querySelectorAll('[role=tab]')];
	const panelOf = tab => tab.getAttribute('aria-controls');

	function choose(tab) {
		for (const each of tabs) {
			each.setAttribute('aria-selected', String(each === tab));
			each.tabIndex = each === tab ? 0 : -1;
			$(panelOf(each)).hidden = each !== tab;
		}
		shown(panelOf(tab));
	}
	function pick(tab) {
		choose(tab);
		history.replaceState(null, '', `#${panelOf(tab)}`);
	}
	const named = () => tabs.find(t => `#${panelOf(t)}` === location.hash) ?? tabs[0];

	for (const tab of tabs)
		tab.addEventListener('click', () => pick(tab));
	list.addEventListener('keydown', e => {
		const step = STEPS[e.key];
		if (step === undefined)
			return;
		const to = tabs[Math.max(0, Math.min(tabs.length - 1, tabs.indexOf(document.activeElement) + step))];
		e.preventDefault();
		to.focus();
		pick(to);
	});
	addEventListener('hashchange', () => choose(named()));
	choose(named());
}
