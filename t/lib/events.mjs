// events.mjs -- what socket.io clients of the tests receive, against the server's own AsyncAPI document: every event and every
// acknowledgement, unknown members included. A finding fails the test at its end.
import Ajv from 'ajv';
import formats from 'ajv-formats';
import { judge } from './contract.mjs';
import { runCli } from './dure.mjs';
import { atEnd } from './tap.mjs';

const channels = { '/': 'root', '/chat': 'chat', '/streaming': 'streaming' };
// Of the tests (WS_PROTOCOL_TEST), and what operators emit under names of their own.
const unlisted = new Set(['auth', 'message-back', 'question', 'answer']);
const findings = new Map();
let spec, ajv;

// An object has no members but the listed ones, unless its schema says that others may follow.
export function sealed(schema) {
	if (Array.isArray(schema))
		return schema.map(sealed);
	if (schema === null || typeof schema !== 'object')
		return schema;
	const out = Object.fromEntries(Object.entries(schema).map(([k, v]) => [k, sealed(v)]));
	if (schema.type === 'object' && schema.properties && Object.keys(schema.properties).length && !('additionalProperties' in schema))
		out.additionalProperties = false;
	return out;
}

export function readSpec(text) {
	spec = sealed(JSON.parse(text));
	ajv = formats(new Ajv({ strict: false, allErrors: true, validateSchema: false, schemas: { spec } }));
}

const checks = new Map();
function check(channel, message) {
	const key = `${channel} ${message}`;
	if (!spec)
		readSpec(runCli({ PATH: process.env.PATH }, 'dump', 'asyncapi').stdout);
	if (!checks.has(key)) {
		const at = ['channels', channel, 'messages', message, 'payload'].map((p) => encodeURIComponent(p.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');
		checks.set(key, spec.channels[channel].messages[message] ? ajv.compile({ $ref: `spec#/${at}` }) : null);
	}
	return checks.get(key);
}

// What is wrong with a payload: '' or a sentence. `kind`: server, ack.
export function eventFault(nsp, kind, name, payload) {
	const channel = channels[nsp], known = check(channel, `${kind}.${name}`);
	if (!known)
		return `${kind} ${nsp} ${name} is not in the document`;
	if (known(payload))
		return '';
	const text = [...new Set(known.errors.filter((e) => !/anyOf|\$ref/.test(e.keyword)).map((e) => `${e.instancePath} ${e.message} ${e.params.additionalProperty ?? ''}`.trim()))].join('; ');
	return `${kind} ${nsp} ${name}: ${text}`;
}

const aliases = /^(analysis|search|batch|error):.|^watchlist:update$/;
function note(fault, payload) {
	if (fault && !findings.has(fault)) {
		if (findings.size === 0)
			atEnd(() => findings.forEach((text, what) => judge(`the document describes what clients receive: ${what}`, text)));
		findings.set(fault, JSON.stringify(payload)?.slice(0, 600));
	}
}

// Events whose name or payload the test makes up: as operators emit them, or straight to a room (room.mjs).
export const foreignEvents = (...names) => names.forEach((name) => unlisted.add(name));

// What this socket received.
export function noteEvent(s, name, payload) {
	if (!(s.nsp in channels) || unlisted.has(name) || aliases.test(name))
		return;
	const { _trace, ...bare } = payload && typeof payload === 'object' && !Array.isArray(payload) ? payload : {};	// WS_TRACE
	note(eventFault(s.nsp, 'server', name, _trace ? bare : payload), payload);
}

export function noteAck(s, name, payload) {
	if (s.nsp in channels && check(channels[s.nsp], `ack.${name}`))
		note(eventFault(s.nsp, 'ack', name, payload), payload);
}
