// disclosure.js -- a button that opens a panel beside it, and all the ways out: again, Escape, a click or the focus elsewhere.

export function initDisclosure(button, panel) {
	const isOpen = () => button.getAttribute('aria-expanded') === 'true';
	const open = on => {
		button.setAttribute('aria-expanded', String(on));
		panel.classList.toggle('open', on);
	};
	const outside = el => !panel.contains(el) && !button.contains(el);

	button.setAttribute('aria-controls', panel.id);
	open(false);
	button.addEventListener('click', () => open(!isOpen()));
	document.addEventListener('click', e => isOpen() && outside(e.target) && open(false));
	document.addEventListener('focusin', e => isOpen() && outside(e.target) && open(false));
	document.addEventListener('keydown', e => {
		if (e.key !== 'Escape' || !isOpen())
			return;
		open(false);
		button.focus();
	});
	return () => open(false);
}
