// watch.mjs -- an example: ask for an analysis of a product's reviews and watch it. `npm install socket.io-client`, then: node watch.mjs PRODUCT [URL]
import { io } from 'socket.io-client';

const [product = 'tea-42', url = 'http://localhost:3001'] = process.argv.slice(2);
const socket = io(url);
const answer = await fetch(`${url}/api/analyze`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ productId: product }) });
const { taskId, ...rest } = await answer.json();
if (!answer.ok) {
	console.error(answer.status, rest);
	process.exit(1);
}
socket.on('analysis-update', (u) => {
	console.log(u.status, `${u.progress} %`, u.message ?? '');
	if (/^(completed|failed)$/.test(u.status))
		socket.disconnect();
});
socket.on('sentiment-card', ({ card }) => console.log(card.sentiment, card.text));
await socket.emitWithAck('subscribe-analysis', taskId);
