// holder.mjs -- holder.mjs URL: holds sockets to a Dure while it is upgraded, by websocket, polling, and one upgraded to websocket. A line on standard
// input asks how they are; the answer is "held" when all have stayed connected and answer, else what happened.
import readline from 'node:readline';
import { io } from 'socket.io-client';

const url = process.argv[2];
const sockets = [['websocket'], ['polling'], ['polling', 'websocket']].map((transports) => io(url, { transports, forceNew: true, reconnection: false,
	rejectUnauthorized: process.env.NODE_TLS_REJECT_UNAUTHORIZED !== '0' }));
const troubles = [];
for (const s of sockets)
	s.on('disconnect', (why) => troubles.push(`${s.io.opts.transports}: ${why}`)).on('connect_error', (e) => troubles.push(e.message));
await Promise.all(sockets.map((s) => new Promise((settle) => s.once('connect', settle))));
const ids = sockets.map((s) => s.id).join();
console.log('held');
readline.createInterface({ input: process.stdin }).on('line', async () => {
	const answers = await Promise.all(sockets.map((s) => s.timeout(10000).emitWithAck('ping', { timestamp: 5 }).catch((e) => e.message)));
	const well = troubles.length === 0 && sockets.map((s) => s.id).join() === ids && answers.every((a) => a?.timestamp === 5);
	console.log(well ? 'held' : `lost: ${troubles} ${JSON.stringify(answers)}`);
}).on('close', () => process.exit(0));
