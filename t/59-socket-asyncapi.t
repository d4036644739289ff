#!/usr/bin/env t/lib/run
// 59-socket-asyncapi.t -- the AsyncAPI document of sockets and topics: valid, complete, no break of what was released; and the
// TypeScript types made of it, compiled with those of the real socket.io-client and run.
//
// BASELINE=write records the document of now in etc/schemas/released/asyncapi.json, for a release.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Parser } from '@asyncapi/parser';
import ts from 'typescript';
import { breaks, print, shorten } from './lib/breaking.mjs';
import { client } from './lib/client.mjs';
import { root, runCli, scratchDir, startDure } from './lib/dure.mjs';
import { deep, done, is, like, ok, test } from './lib/tap.mjs';

const d = await startDure({ http: 1, ws: 1, env: { ANALYZER: 'off' } });
const web = client(d.url);
const env = { PATH: process.env.PATH };
const dump = (what) => runCli(env, 'dump', what).stdout.trim().split('\n').slice(1).map((line) => line.split(/\s{2,}/));
const answer = await web.get('/asyncapi.json'), spec = answer.body;
const messages = (channel) => Object.keys(spec.channels[channel].messages);
const channels = { '/': 'root', '/chat': 'chat', '/streaming': 'streaming' };

await test('the document', async () => {
	is(runCli(env, 'dump', 'asyncapi').stdout.trim(), answer.text, 'dure dump asyncapi prints what the server answers');
	like(answer.headers.get('etag'), /^W\//, 'the document has an ETag');
	is((await web.get('/asyncapi.json', { headers: { 'if-none-match': answer.headers.get('etag') } })).status, 304, 'the document is cacheable');
	is(answer.headers.get('content-encoding'), 'gzip', 'the document is compressed');
	const { document, diagnostics } = await new Parser().parse(answer.text);
	deep(diagnostics.filter((f) => f.code !== 'asyncapi-latest-version').map((f) => `${f.code} ${f.path.join('/')}: ${f.message}`), [], 'the official parser has nothing against the document');
	ok(document?.operations().length > 80, `the official parser reads ${document?.operations().length} operations`);
});

// The document against the tables that other tests hold against the sources.
await test('completeness', async () => {
	const events = dump('events').filter((e) => !/test only/.test(e.at(-1)));
	const wanted = events.flatMap(([nsp, name, , , direction]) => (nsp === '*' ? Object.keys(channels) : [nsp])
		.flatMap((n) => (direction === 'in' ? [`client.${name}`, `ack.${name}`] : [`server.${name}`]).map((m) => `${channels[n]} ${m}`)));
	const found = Object.values(channels).flatMap((c) => messages(c).map((m) => `${c} ${m}`));
	deep([...new Set(wanted)].filter((m) => !found.includes(m)), [], 'every event has a message in the document');
	deep(found.filter((m) => !wanted.includes(m)), [], 'every message of a namespace is an event');
	deep(dump('topics').map(([t]) => t).filter((t) => !spec.channels[t]?.messages[t]), [], 'every topic has a message in the document');

	// What says nothing about a payload is no schema of one.
	const vague = (s) => !s || (s.type === 'object' && !Object.keys(s.properties ?? {}).length) || !['$ref', 'type', 'anyOf', 'const'].some((k) => k in s);
	const all = Object.entries(spec.channels).flatMap(([c, { messages: list }]) => Object.entries(list).map(([m, { payload, summary }]) => ({ name: `${c} ${m}`, payload, summary })));
	deep(all.filter((m) => vague(m.payload)).map((m) => m.name), [], 'every event and every topic has a schema of its payload');
	ok(vague({}) && vague({ type: 'object' }) && vague(undefined) && !vague({ type: 'string' }), 'a planted payload without a schema is found');
	deep(all.filter((m) => !m.summary).map((m) => m.name), [], 'every event and every topic is described');
	const named = new Set([...answer.text.matchAll(/"#\/components\/schemas\/([\w-]+)/g)].map((m) => m[1]));
	deep([...named].filter((n) => !(n in spec.components.schemas)), [], 'every schema that is referred to exists');
	deep(Object.keys(spec.components.schemas).filter((n) => !named.has(n)), [], 'every schema is referred to');
	deep(Object.values(spec.operations).filter((o) => o.action === 'receive' && o.tags[0].name !== 'topics' && !o['x-who']), [], 'every event of a client says who may send it');
});

await test('what was released', async () => {
	const file = path.join(root, 'etc/schemas/released/asyncapi.json'), now = shorten(spec);
	if (process.env.BASELINE === 'write')
		fs.writeFileSync(file, print(now));
	const was = JSON.parse(fs.readFileSync(file));
	deep(breaks(was, now), [], 'no event and no topic has changed in a way that breaks clients of the released document');

	const planted = (change) => {
		const copy = structuredClone(was);
		change(copy, copy.components.schemas);
		return breaks(was, copy).join('; ');
	};
	const body = (c, name) => c.messages[name].payload;
	is(planted((c) => delete c.messages['root server.metrics']), 'root server.metrics: removed', 'a planted removal of an event is found');
	like(planted((c, s) => delete s.ChatMessage.properties.userName), /chat server\.chat:message\.userName: removed member/, 'a planted removal of a member is found, wherever it is');
	is(planted((c) => body(c, 'streaming server.stream:viewers').properties.count.type = 'string'), 'streaming server.stream:viewers.count: changed type, integer to string', 'a planted change of a type is found');
	like(planted((c, s) => s.SentimentCard.required = ['id', 'text']), /card\.sentiment: may be absent now/, 'a planted member that may be absent is found');
	like(planted((c, s) => s.StreamStatus.enum.push('paused')), /stream:state\.status: new value paused/, 'a planted new value of what is sent is found');
	is(planted((c) => body(c, 'chat client.chat:send-message').required.push('clientMessageId')), 'chat client.chat:send-message.clientMessageId: required now', 'a planted new demand is found');
	is(planted((c) => body(c, 'chat client.chat:send-message').properties.message.maxLength = 10), 'chat client.chat:send-message.message: narrower maxLength', 'a planted narrower bound is found');
	is(planted((c) => body(c, 'root client.subscribe-analysis').anyOf.splice(1)), 'root client.subscribe-analysis: changed type, string to object; root client.subscribe-analysis: changed type, number to object', 'a planted removal of a form of an argument is found');
	is(planted((c) => c.messages['root server.analysis-update'].alias = 'task:{id}'), 'root server.analysis-update: removed alias analysis:{requestId}', 'a planted change of an alias is found');
	like(planted((c, s) => delete s['order-events'].properties.total), /order-events order-events\.total: removed member/, 'a planted removal in a topic is found');
	is(planted((c, s) => {
		s.ChatMessage.properties.pinned = { type: 'boolean' };
		s.ChatMessage.required.push('pinned');
		body(c, 'chat client.chat:send-message').properties.reply = { type: 'string' };
		c.messages['root server.more'] = { goes: ['out'], payload: {} };
	}), '', 'additions break nothing');
});

const good = `import { io, type Socket } from 'socket.io-client';
import type { ServerToClientEvents, ClientToServerEvents, ChatServerToClientEvents, ChatClientToServerEvents, AnalysisUpdate } from './asyncapi';
const url = process.argv[2]!;
const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io(url, { transports: ['websocket'] });
export const chat: Socket<ChatServerToClientEvents, ChatClientToServerEvents> = io(url + '/chat', { autoConnect: false });
chat.on('chat:message', (m) => console.log(m.userName.toUpperCase(), m.role === 'seller'));
socket.on('sentiment-card', ({ card }) => console.log(card.sentiment, card.keywords?.join()));
const { taskId } = await (await fetch(url + '/api/analyze', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"productId":"typed"}' })).json() as { taskId: string };
const first = new Promise<AnalysisUpdate>((settle) => socket.on(\`analysis:\${taskId}\`, settle));
const answer = await socket.emitWithAck('subscribe-analysis', taskId);
if (!answer.ok)
	throw new Error(answer.error.code);
const refused = await socket.timeout(5000).emitWithAck('join-user-room', { userId: 'x' });
const update = await first;
console.log(JSON.stringify([answer.room === 'analysis:' + taskId, refused.ok ? refused.room : refused.error.code, update.status, update.progress.toFixed()]));
socket.disconnect();
`;
// A line a wrong use.
const wrong = `import { io, type Socket } from 'socket.io-client';
import type { ServerToClientEvents, ClientToServerEvents, ChatServerToClientEvents, ChatClientToServerEvents } from './asyncapi';
const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
const chat: Socket<ChatServerToClientEvents, ChatClientToServerEvents> = io('/chat');
socket.on('analysis-updated', () => {});
socket.on('sentiment-card', ({ card }) => card.sentimant);
socket.on('stream:viewers', () => {});
socket.on('analysis-update', (u) => u.progress.toUpperCase());
await socket.emitWithAck('subscribe-analysi', 'x');
await socket.emitWithAck('subscribe-analysis', { id: 'x' });
await chat.emitWithAck('chat:send-message', { streamKey: 'x' });
console.log((await socket.emitWithAck('subscribe-batch', 'x')).room);
`;

await test('types', async () => {
	const types = await web.get('/asyncapi.d.ts'), dir = scratchDir();
	is(types.text, runCli(env, 'dump', 'typescript').stdout, 'dure dump typescript prints what the server answers');
	fs.symlinkSync(path.join(root, 't/node_modules'), path.join(dir, 'node_modules'));
	for (const [name, text] of Object.entries({ 'asyncapi.d.ts': types.text, 'good.ts': good, 'wrong.ts': wrong, 'package.json': '{"type":"module"}' }))
		fs.writeFileSync(path.join(dir, name), text);
	const program = ts.createProgram(['good.ts', 'wrong.ts'].map((f) => path.join(dir, f)), { strict: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ES2022,
		moduleResolution: ts.ModuleResolutionKind.Bundler, skipLibCheck: true, skipDefaultLibCheck: true, types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], outDir: path.join(dir, 'out') });
	const faults = ts.getPreEmitDiagnostics(program).map((f) => ({ file: path.basename(f.file?.fileName ?? ''), line: f.file?.getLineAndCharacterOfPosition(f.start).line + 1,
		text: ts.flattenDiagnosticMessageText(f.messageText, ' ') }));
	deep(faults.filter((f) => f.file !== 'wrong.ts' && !/'process'/.test(f.text)), [], "a client of the types compiles with socket.io-client's own");
	const lines = wrong.split('\n').map((text, i) => ({ text, line: i + 1 })).filter(({ text, line }) => text && line > 4);
	deep(lines.filter(({ line }) => !faults.some((f) => f.file === 'wrong.ts' && f.line === line)).map((l) => l.text), [], `${lines.length} wrong uses do not compile`);
	program.emit();
	const run = spawnSync(process.execPath, [path.join(dir, 'out/good.js'), d.url], { encoding: 'utf8', timeout: 30000 });
	is(run.stdout.trim(), '[true,"UNAUTHORIZED","pending","0"]', 'the compiled client gets what its types say', run.stderr);
});

await done();
