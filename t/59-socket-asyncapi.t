#!/usr/bin/env t/lib/run
// 59-socket-asyncapi.t -- the AsyncAPI document of sockets and topics: valid, complete, the same from the server and the command line.
import { Parser } from '@asyncapi/parser';
import { client } from './lib/client.mjs';
import { runCli, startDure } from './lib/dure.mjs';
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

await done();
