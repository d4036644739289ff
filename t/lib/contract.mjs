// contract.mjs -- holds each answer that a test receives against the OpenAPI document of the binary under test.
//
// The document is read once a process, a schema compiled when its first answer comes. Members that the document does not name are faults here, although
// clients are to ignore them; so the document is exact. t/lib/suite has it written beside the services (DURE_TEST_OPENAPI).
import fs from 'node:fs';
import Ajv from 'ajv';
import { diag, fail } from './tap.mjs';

// Those of the document; a package of all formats costs each test more than the rest of this file.
const formats = {
	'date-time': /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/,
	date: /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])$/,
	uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
	email: /^\S+@\S+$/,
};

// Of an object that names its members: no others, unless it is a part of allOf.
function closed(schema, part = false) {
	if (Array.isArray(schema))
		return schema.map((s) => closed(s, part));
	if (schema === null || typeof schema !== 'object')
		return schema;
	const { properties, example, examples, ...rest } = schema;
	const out = Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, closed(v, k === 'allOf')]));
	if (properties)
		out.properties = Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, closed(v, part)]));
	if (properties && !part && schema.additionalProperties === undefined)
		out.additionalProperties = false;
	return out;
}

const escape = (s) => s.replaceAll('~', '~0').replaceAll('/', '~1');
const deref = (doc, x) => (x?.$ref ? x.$ref.slice(2).split('/').reduce((at, k) => at[k], doc) : x);
const local = (path) => path.replace(/^\/api\/v1\//, '/api/');

// The paths of the document as a tree of segments; a fixed one is preferred to a {parameter}.
function treeOf(doc) {
	const root = {};
	for (const path of Object.keys(doc.paths)) {
		let at = root;
		for (const segment of local(path).split('/').slice(1))
			at = at[/^\{/.test(segment) ? '{}' : segment] ??= {};
		(at[''] ??= []).push(path);
	}
	return root;
}

// Which of the document's paths have this method and the form of `pathname`.
function pathOf(doc, at, segments, method) {
	if (segments.length === 0)
		return at['']?.find((path) => doc.paths[path][method]);
	const [first, ...rest] = segments;
	return (at[first] && pathOf(doc, at[first], rest, method)) ?? (at['{}'] && first !== '' ? pathOf(doc, at['{}'], rest, method) : undefined);
}

// A checker by the document: (method, pathname, status, type, body) => undefined or what is wrong. Each that it sees counts in `seen`.
export function contractOf(doc) {
	const tree = treeOf(doc), compiled = new Map(), seen = new Set();
	let ajv;
	const validatorOf = (pointer) => {
		if (!compiled.has(pointer)) {
			if (!ajv) {
				ajv = new Ajv({ strict: false, validateSchema: false, meta: false, formats });
				ajv.addSchema({ $id: 'doc', components: { schemas: closed(doc.components.schemas) } });
			}
			const schema = pointer.slice(2).split('/').reduce((at, k) => at[k.replaceAll('~1', '/').replaceAll('~0', '~')], doc);
			const inDocument = JSON.parse(JSON.stringify(closed(schema)).replaceAll('"#/', '"doc#/'));
			compiled.set(pointer, ajv.compile(inDocument));
		}
		return compiled.get(pointer);
	};
	const check = (method, pathname, status, type, body) => {
		const path = pathOf(doc, tree, local(pathname).split('/').slice(1), method);
		if (path === undefined || status === 304)
			return undefined;
		const operation = doc.paths[path][method], key = operation.responses[status] ? String(status) : 'default';
		if (key === 'default' && status < 400)
			return `${operation.operationId} documents no ${status}`;
		const answer = deref(doc, operation.responses[key]), mime = type.split(';')[0];
		seen.add(`${operation.operationId} ${status}`);
		if (!mime && !answer.content)
			return undefined;
		if (!answer.content?.[mime])
			return `${operation.operationId} documents no ${mime || 'empty body'} for ${status}`;
		if (!/json$/.test(mime) || body === undefined)
			return undefined;
		const at = operation.responses[key].$ref ?? `#/paths/${escape(path)}/${method}/responses/${key}`;
		const valid = validatorOf(`${at}/content/${escape(mime)}/schema`);
		return valid(body) ? undefined : `${operation.operationId} ${status}: ${ajv.errorsText(valid.errors, { dataVar: '' })} ${JSON.stringify(valid.errors.map((e) => e.params))}`;
	};
	return Object.assign(check, { seen });
}

let contract;
// What is wrong with an answer of a Dure; undefined for none, and for what no Dure said.
export function breach(method, url, answer, body) {
	const file = process.env.DURE_TEST_OPENAPI;
	if (!file || !answer.headers.get('x-request-id') || method === 'HEAD' || method === 'OPTIONS' || /\.bench$/.test(process.env.TEST_FILE))
		return undefined;
	contract ??= contractOf(JSON.parse(fs.readFileSync(file, 'utf8')));
	return contract(method.toLowerCase(), new URL(url).pathname, answer.status, answer.headers.get('content-type') ?? '', body);
}

// A difference between an answer or an event and its document fails the test; under the hostile scheduler, which reaches
// states at random and judges by rules of its own, it is shown.
export function judge(name, wrong) {
	if (/\bhostile\//.test(process.env.TEST_FILE ?? ''))
		diag(`${name}: no, ${wrong}`);
	else
		fail(name, wrong);
}
