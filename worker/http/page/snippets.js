// snippets.js -- the same from your own code: what the page does, for curl and for socket.io-client.
//
// Filled with the address of this server and the product chosen, quoted for the shell and for JavaScript.
import { $ } from './dom.js';
import { onLanguage, words } from './i18n.js';
import { socketPath } from './socketpath.js';

const shell = text => `'${text.replaceAll("'", "'\\''")}'`;

const curl = (origin, id) => `curl -X POST ${shell(`${origin}/api/products/${encodeURIComponent(id)}/reviews`)} \\
     -H 'Content-Type: application/x-ndjson' \\
     --data-binary @reviews.ndjson

curl -X POST ${shell(`${origin}/api/analyze`)} \\
     -H 'Content-Type: application/json' \\
     -d ${shell(JSON.stringify({ productId: id }))}

curl ${shell(`${origin}/api/analyze/result/${encodeURIComponent(id)}`)}`;

const socket = (origin, id) => `import { io } from 'socket.io-client';

const dure = ${JSON.stringify(origin)};
const socket = io(dure${socketPath === '/socket.io/' ? '' : `, { path: '${socketPath}' }`});

socket.on('analysis-update', u => console.log(u.progress, u.message));
socket.on('sentiment-card', ({ card }) => console.log(card.sentiment, card.text));

const answer = await fetch(\`\${dure}/api/analyze\`, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ productId: ${JSON.stringify(id)} }),
});
const { taskId } = await answer.json();
socket.emit('subscribe-analysis', taskId, ack => console.log(ack));`;

const makers = { 'tab-curl': curl, 'tab-socket': socket };
const tabs = Object.keys(makers).map($);
let product = '';

export function initSnippets() {
	tabs.forEach((tab, i) => {
		tab.addEventListener('click', () => select(tab));
		tab.addEventListener('keydown', e => {
			if (e.key === 'ArrowRight' || e.key === 'ArrowLeft')
				select(tabs[(i + 1) % tabs.length], true);
		});
	});
	$('copy').addEventListener('click', copy);
	onLanguage(() => { $('copy').textContent = words().copy; });
	select(tabs[0]);
}

export function setSnippetProduct(id) {
	product = id;
	draw();
}

function select(tab, focus = false) {
	for (const t of tabs) {
		t.setAttribute('aria-selected', String(t === tab));
		t.tabIndex = t === tab ? 0 : -1;
	}
	$('snippet').setAttribute('aria-labelledby', tab.id);
	if (focus)
		tab.focus();
	draw();
}

function draw() {
	$('snippet').firstElementChild.textContent = makers[$('snippet').getAttribute('aria-labelledby')](location.origin, product || 'my-product');
}

/* Where the clipboard is not to be had (plain http from another host), the text is selected instead. */
async function copy() {
	try {
		await navigator.clipboard.writeText($('snippet').textContent);
		$('copy').textContent = words().copied;
		setTimeout(() => { $('copy').textContent = words().copy; }, 1500);
	} catch {
		getSelection().selectAllChildren($('snippet'));
	}
}
