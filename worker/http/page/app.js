// app.js -- the demo page: a product, its reviews, an analysis, live.
//
// Wires the parts together and owns nothing but that.  Every part is a module of its own:
// picker (product), upload (reviews), analysis (the run), cards, view (the outcome), snippets, i18n (words).
import { analyse, initAnalysis, isRunning } from './analysis.js';
import { initCards } from './cards.js';
import { $, showFault } from './dom.js';
import { onLanguage, translate, words } from './i18n.js';
import { resume } from './login.js';
import { initPicker, productId, setProduct } from './picker.js';
import { sampleProduct, sampleReviews } from './samples.js';
import { initShell, showConnection } from './shell.js';
import { initSnippets, setSnippetProduct } from './snippets.js';
import { Socket } from './socket.js';
import { hasUnsent, initUpload, setText, upload } from './upload.js';

const socket = new Socket();
let busy = false;

function chosenProduct() {
	showFault($('product-fault'), productId() ? null : words().needProduct);
	if (!productId())
		$('product').focus();
	return productId();
}

function onProduct(id) {
	showFault($('product-fault'), null);
	setSnippetProduct(id);
	const url = new URL(location.href);
	if (id)
		url.searchParams.set('product', id);
	else
		url.searchParams.delete('product');
	history.replaceState(null, '', url);
}

async function uploadOnly() {
	const id = chosenProduct();
	if (id)
		await upload(id);
}

async function submit(e) {
	e.preventDefault();
	const id = !busy && !isRunning() && chosenProduct();
	if (!id)
		return;
	busy = true;
	showFault($('analyse-fault'), null);
	drawButton();
	try {
		if (!hasUnsent() || await upload(id))
			await analyse(id);
	} catch (problem) {
		showFault($('analyse-fault'), problem);
	}
	busy = false;
	drawButton();
}

function drawButton() {
	const running = busy || isRunning();
	$('analyse').disabled = running;
	$('analyse').firstElementChild.textContent = running ? words().analysing : words().analyse;
}

const drawConnection = () => showConnection(socket.state);

initShell();
initPicker(onProduct);
initUpload();
initCards(problem => showFault($('run-fault'), problem));
initAnalysis(socket, drawButton);
initSnippets();
socket.on('state', drawConnection);
onLanguage(() => { drawConnection(); drawButton(); });

$('form').addEventListener('submit', submit);
$('upload').addEventListener('click', uploadOnly);
$('sample').addEventListener('click', () => {
	setText(sampleReviews.join('\n'));
	if (!productId())
		setProduct(sampleProduct);
});

translate();
resume();
setProduct(new URLSearchParams(location.search).get('product') ?? '');
