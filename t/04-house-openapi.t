#!/usr/bin/env t/lib/run
// 04-house-openapi.t -- the OpenAPI document of this build: complete for every route, clean by Redocly's rules, and no break of what was released,
// by oasdiff, which is built once where Go is.
//
// BASELINE=write records the document of now in etc/schemas/released/openapi.json, for a release.
import fs from 'node:fs';
import path from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { call, tool } from './lib/deploy.mjs';
import { root, runCli, scratchDir } from './lib/dure.mjs';
import { deep, done, is, isnt, like, ok, skip, test } from './lib/tap.mjs';

const text = runCli({ PATH: process.env.PATH }, 'dump', 'openapi').stdout, doc = JSON.parse(text);
const operations = Object.entries(doc.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, op]) => ({ name: `${method} ${path}`, path, method, op })));
const names = (list) => list.map((o) => o.name);
const lacking = (document) => Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).filter(([, op]) =>
	!Object.entries(op.responses).some(([status, answer]) => /^2/.test(status) && (status === '204' || Object.values(answer.content ?? {}).some((c) => c.schema))))
	.map(([method]) => `${method} ${path}`));

await test('every operation', () => {
	deep(lacking(doc), [], 'every operation has a schema of its success');
	const planted = structuredClone(doc);
	delete planted.paths['/api/v1/orders'].get.responses['200'].content['application/json'].schema;
	deep(lacking(planted), ['get /api/v1/orders'], 'a planted answer without a schema is found');
	is(new Set(operations.map((o) => o.op.operationId)).size, operations.length, 'operation ids are unique');
	deep(names(operations.filter((o) => !/^[a-z]+[A-Z][A-Za-z0-9]*$/.test(o.op.operationId))), [], 'an operation id is an identifier');
	const tags = doc.tags.map((t) => t.name);
	deep(names(operations.filter((o) => o.op.tags.length !== 1 || !tags.includes(o.op.tags[0]))), [], 'every operation is in one area');
	deep(tags.filter((t) => !operations.some((o) => o.op.tags[0] === t)), [], 'every area has operations');
	deep(names(operations.filter((o) => o.op['x-codeSamples'].map((s) => s.label).join() !== 'curl,fetch' || o.op['x-codeSamples'].some((s) => /undefined|\(null\)/.test(s.source)))), [],
		'every operation has samples for a shell and for JavaScript');
	const schemas = Object.keys(doc.components.schemas);
	deep(schemas.filter((s) => !text.includes(`"#/components/schemas/${s}"`)), [], 'every named shape is used');
});

await test('rights and failures', () => {
	const at = (method, path) => doc.paths[path][method];
	const codes = (method, path, status) => at(method, path).responses[status].$ref.split('/').pop().split('.');
	deep(at('get', '/api/v1/admin/jobs').security, [{ bearer: ['admin'] }, { apiKey: ['admin'] }], "an operators' operation names the role");
	deep(at('post', '/api/v1/products').security, [{ bearer: ['seller'] }, { apiKey: ['seller'] }], "a seller's operation names the role");
	deep(at('post', '/api/auth/refresh').security, [{ refresh: [] }], 'the refresh takes its cookie');
	deep(at('post', '/api/auth/login').security, [], 'the login takes no credential');
	ok(codes('post', '/api/v1/orders', 409).includes('OUT_OF_STOCK'), 'an error of the row is listed with its status');
	ok(codes('get', '/api/v1/orders/{id}', 401).includes('TOKEN_EXPIRED'), "an error of the row's columns is listed");
	is(at('get', '/api/v1/health/live').responses['401'], undefined, 'a route without credentials lists no 401');
	const unlike = Object.keys(doc.components.examples).filter((k) => /\.ko$/.test(k)).filter((k) => {
		const [ko, en] = [k, k.replace(/ko$/, 'en')].map((n) => doc.components.examples[n].value.error);
		return !/[가-힣]/.test(ko.message) || /[가-힣]/.test(en.message) || ko.code !== en.code;
	});
	deep(unlike, [], 'every error has an example in Korean and in English');
});

await test("Redocly's rules", async () => {
	const config = await createConfig({ extends: ['recommended'], rules: { 'info-license': 'off',
		'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: true } } });	// a part of allOf does not name the members of the other
	const lint = (source) => lintFromString({ source, config });
	const found = await lint(text), errors = found.filter((p) => p.severity === 'error');
	deep(errors.map((p) => `${p.ruleId}: ${p.message} ${p.location?.[0]?.pointer}`).slice(0, 20), [], 'the document has no error');
	// What takes no input and no credential has no 4xx of its own; `default` describes what any request may meet.
	deep(found.filter((p) => p.severity !== 'error').map((p) => `${p.ruleId} ${p.location[0].pointer.split('/')[2].replaceAll('~1', '/')}`).sort(),
		['/api/v1/health', '/api/v1/health/live', '/api/v1/health/ready', '/asyncapi.d.ts', '/asyncapi.json', '/health', '/openapi.json'].map((path) => `operation-4xx-response ${path}`),
		'the only warnings are of operations without a 4xx of their own');
	const broken = { openapi: '3.1.0', info: doc.info, servers: doc.servers, paths: { '/x': { get: { summary: 'x', operationId: 'x', security: [],
		responses: { 200: { description: 'x', content: { 'application/json': { schema: { $ref: '#/components/schemas/None' } } } } } } } } };
	isnt((await lint(JSON.stringify(broken))).filter((p) => p.severity === 'error').length, 0, 'a planted reference to nothing is an error');
});

// What binds clients: neither words nor samples. The codes of errors may become more, as clients are told.
function contractOf(document) {
	const strip = (x) => (Array.isArray(x) ? x.map(strip) : x === null || typeof x !== 'object' ? x : Object.fromEntries(Object.entries(x)
		.filter(([k, v]) => !['x-codeSamples', 'example', 'examples'].includes(k) && !(k === 'summary' && typeof v === 'string')).map(([k, v]) => [k, strip(v)])));
	const out = strip(document);
	out.components.schemas.ErrorCode = { type: 'string' };
	return out;
}
// One path, one component a line.
const printed = ({ paths, components, ...rest }) => {
	const lines = (object) => `{\n${Object.entries(object).map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',\n')}\n}`;
	return `${JSON.stringify(rest).slice(0, -1)},\n"paths":${lines(paths)},\n"components":{${Object.entries(components).map(([k, v]) => `${JSON.stringify(k)}:${lines(v)}`).join(',\n')}}}\n`;
};

const { path: oasdiff, why } = tool('oasdiff', { build: true });
if (!oasdiff) skip(why, 'no operation breaks clients of the released document');
else await test('what was released', () => {
	const file = path.join(root, 'etc/schemas/released/openapi.json'), next = path.join(scratchDir(), 'next.json');
	if (process.env.BASELINE === 'write')
		fs.writeFileSync(file, printed(contractOf(doc)));
	const breaks = (document) => {
		fs.writeFileSync(next, JSON.stringify(document));
		const { code, stdout, stderr } = call(oasdiff, ['breaking', '--fail-on', 'ERR', '--format', 'singleline', file, next]);
		return { code, text: (stdout + stderr).split('\n').filter((l) => /^error|^Error/.test(l)).map((l) => l.replace(/^error at \S+ /, '')).join('\n') };
	};
	const now = breaks(contractOf(doc));
	deep([now.code, now.text], [0, ''], 'no operation breaks clients of the released document');

	const broken = JSON.parse(fs.readFileSync(file)), { schemas } = broken.components, at = (p, method) => broken.paths[p][method];
	delete broken.paths['/api/v1/users/me'].patch;
	delete schemas.Order.properties.total;
	schemas.Product.properties.price = { type: 'string' };
	schemas.Watch.required = schemas.Watch.required.filter((m) => m !== 'productId');
	schemas.Tier.enum.push('gold');
	at('/api/v1/orders', 'post').requestBody.content['application/json'].schema.required.push('streamKey');
	at('/api/v1/streams', 'get').parameters.push({ name: 'shop', in: 'query', required: true, schema: { type: 'string' } });
	at('/api/v1/products', 'get').parameters.find((p) => p.name === 'limit').schema.maximum = 50;
	at('/api/v1/categories', 'get').security = [{ bearer: [] }];
	at('/api/auth/login', 'post').responses['201'] = at('/api/auth/login', 'post').responses['200'];
	delete at('/api/auth/login', 'post').responses['200'];
	const { code, text: found } = breaks(broken);
	is(code, 1, 'planted breaks fail');
	for (const [what, re] of Object.entries({
		'a removed operation': /PATCH \/api\/v1\/users\/me api removed|PATCH \/api\/v1\/users\/me .*removed-without-deprecation/i,
		'a removed member': /GET \/api\/v1\/orders removed the required property `data\/items\/total`/,
		'another type': /`data\/price` response's property `type` changed from `integer` to `string`/,
		'a member that may be absent': /property `data\/items\/productId` became optional/,
		'a new value of what is answered': /added the new `gold` enum value/,
		'a new demand on the body': /POST \/api\/v1\/orders the request property `streamKey` became required/,
		'a new demand on the query': /added the new required `query` request parameter `shop`/,
		'a narrower bound': /parameter `limit`, the max was decreased/,
		'a login where none was needed': /GET \/api\/v1\/categories .*no longer allows anonymous access/,
		'another status': /POST \/api\/auth\/login removed the success response with the status `200`/,
	}))
		like(found, re, `a planted break is found: ${what}`);

	const more = JSON.parse(fs.readFileSync(file));
	more.components.schemas.Product.properties.color = { type: 'string' };
	more.components.schemas.Product.required.push('color');
	more.paths['/api/v1/products'].get.parameters.push({ name: 'color', in: 'query', required: false, schema: { type: 'string' } });
	more.paths['/api/v1/colors'] = structuredClone(more.paths['/api/v1/products']);
	more.paths['/api/v1/colors'].get.operationId = 'getColors';
	more.paths['/api/v1/colors'].post.operationId = 'postColors';
	is(breaks(more).text, '', 'additions break nothing');
});
await done();
