// docs.js -- the page of documents: /openapi.json in Swagger UI, where that is installed, and the events of /asyncapi.json.
//
// What Swagger UI sends carries the token of who is logged in on this page, unless another was given to it.
import './docswords.js';
import { call } from './api.js';
import { drawEvents, initEvents } from './docsevents.js';
import { $, make, showFault } from './dom.js';
import { language, onLanguage, translate, words } from './i18n.js';
import { resume } from './login.js';
import { accessToken, me, onSession } from './session.js';
import { initShell } from './shell.js';
import { initTabs } from './tabs.js';

const VIEWER = '/vendor/swagger-ui-bundle.js', STYLE = '/vendor/swagger-ui.css';

/* The viewer is a classic script, which defines SwaggerUIBundle. */
const load = (tag, properties) => new Promise((settle, fail) => {
	const el = make(tag, properties);
	el.addEventListener('load', settle);
	el.addEventListener('error', () => fail(new Error(`${VIEWER} is not there`)));
	document.head.append(el);
});

function withSession(request) {
	if (accessToken() && !request.headers.Authorization && !request.headers['X-API-Key'])
		request.headers.Authorization = `Bearer ${accessToken()}`;
	request.headers['Accept-Language'] ??= language();
	return request;
}

/* Swagger UI has a theme of its own, by a class. */
function followTheme() {
	const dark = matchMedia('(prefers-color-scheme: dark)'), root = document.documentElement;
	const follow = () => root.classList.toggle('dark-mode', (root.dataset.theme ?? (dark.matches ? 'dark' : 'light')) === 'dark');
	dark.addEventListener('change', follow);
	new MutationObserver(follow).observe(root, { attributes: true, attributeFilter: ['data-theme'] });
	follow();
}

/* What the viewer leaves out for those who hear a page: the list is no second main part, its headings follow the page's, and its
 * choices have names. It draws them anew at any time. */
const MENDED = [['main', 'role', 'region'], ['main', 'aria-label', 'Operations'], ['.opblock-tag', 'aria-level', '2'], ['h4', 'aria-level', '2'], ['h5', 'aria-level', '3'],
	['#servers', 'aria-label', 'Server'],
	['.response-controls select, .body-param-content-type select', 'aria-label', 'Media type'], ['.parameters select', 'aria-label', 'Value'],
	['textarea.body-param__text', 'aria-label', 'Request body'], ['.parameters input', 'aria-label', 'Value']];

function mend() {
	for (const [selector, name, value] of MENDED)
		for (const el of $('viewer').querySelectorAll(selector))
			if (!el.hasAttribute(name))
				el.setAttribute(name, value);
	for (const el of $('viewer').querySelectorAll('pre:not([tabindex]), .microlight:not([tabindex])'))
		el.tabIndex = 0;	/* they scroll */
}

async function initViewer() {
	try {
		await load('script', { src: VIEWER });
		await load('link', { rel: 'stylesheet', href: STYLE });
	} catch {
		showFault($('rest-fault'), words().docsNoViewer);
		return;
	}
	followTheme();
	new MutationObserver(mend).observe($('viewer'), { childList: true, subtree: true });
	try {
		const spec = await call('GET', '/openapi.json');
		globalThis.SwaggerUIBundle({ spec, domNode: $('viewer'), docExpansion: spec.tags ? 'none' : 'list', filter: true, validatorUrl: null,
			tryItOutEnabled: true, displayRequestDuration: true, defaultModelsExpandDepth: 0, requestInterceptor: withSession });
	} catch (problem) {
		showFault($('rest-fault'), problem);
	}
}

function drawWho() {
	$('who').textContent = me() ? words().docsAs(me().email) : words().docsNobody;
}

async function begin() {
	initShell();
	initTabs($('tabs'), () => {});
	onLanguage(() => {
		drawWho();
		drawEvents();
	});
	onSession(drawWho);
	translate();
	await resume();
	await Promise.all([initViewer(), initEvents()]);
}

begin();
