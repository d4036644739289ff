#!/usr/bin/env t/lib/run
// 04-house-openapi.t -- the OpenAPI document of this build: complete for every route, and clean by Redocly's rules.
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { runCli } from './lib/dure.mjs';
import { deep, done, is, isnt, ok, test } from './lib/tap.mjs';

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
	const broken = structuredClone(doc);
	broken.paths['/api/v1/orders'].get.responses['200'].content['application/json'].schema = { $ref: '#/components/schemas/None' };
	isnt((await lint(JSON.stringify(broken))).filter((p) => p.severity === 'error').length, 0, 'a planted reference to nothing is an error');
});
await done();
