// theme.js -- light or dark as the reader chose it, before anything is painted; the system's choice where he did not.
//
// A plain script in the head, so that it runs first. The control is in shell.js.
try {
	const chosen = localStorage.getItem('dure-theme');
	if (chosen === 'light' || chosen === 'dark')
		document.documentElement.dataset.theme = chosen;
} catch { /* storage may be forbidden: then the system's choice it is */ }
