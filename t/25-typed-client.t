#!/usr/bin/env t/lib/run
// 25-typed-client.t -- a client in TypeScript by the types that openapi-typescript makes of /openapi.json: compiled strictly, run against a server,
// and not compiled where it uses the API wrongly.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import ts from 'typescript';
import { root, scratchDir, startDure } from './lib/dure.mjs';
import { cheapLogin, makePerson, password } from './lib/shop.mjs';
import { deep, done, is, ok, test } from './lib/tap.mjs';

const d = await startDure({ env: { ...cheapLogin, ANALYZER: 'off' } });
const dir = scratchDir();
fs.symlinkSync(path.join(root, 't/node_modules'), path.join(dir, 'node_modules'));
fs.writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}');
const document = await (await fetch(`${d.url}/openapi.json`)).json();
fs.writeFileSync(path.join(dir, 'dure.ts'), astToString(await openapiTS(document)));

const client = `
import createClient from 'openapi-fetch';
import type { components, paths } from './dure.js';

type Order = components['schemas']['Order'];
const api = createClient<paths, 'application/json'>({ baseUrl: process.argv[2] });

export async function buy(email: string, password: string, quantity: number): Promise<string> {
	const login = await api.POST('/api/auth/login', { body: { email, password } });
	if (login.error)
		return login.error.error.code;
	const headers = { Authorization: \`Bearer \${login.data.data.accessToken}\` };
	const list = await api.GET('/api/v1/products', { params: { query: { limit: 5 } } });
	if (!list.data)
		return list.error.error.message;
	const product = list.data.data[0];
	const order = await api.POST('/api/v1/orders', { headers, body: { items: [{ productId: product.id, quantity }] } });
	if (order.error) {
		const code: components['schemas']['ErrorCode'] = order.error.error.code;
		return code === 'OUT_OF_STOCK' ? \`\${code} \${order.error.error.details?.[0].available}\` : code;
	}
	const placed: Order = order.data.data;
	const again = await api.GET('/api/v1/orders/{id}', { headers, params: { path: { id: placed.id } } });
	return \`\${placed.status} \${placed.total === product.price * quantity} \${again.data?.data.items[0].quantity.toFixed(1)}\`;
}
`;
const call = `
const [, , , email, password] = process.argv;
for (const quantity of [2, 999])
	console.log(await buy(email, password, quantity));
console.log(await buy(email, 'wrong', 1));
`;

const options = { strict: true, noEmitOnError: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
	skipLibCheck: true, outDir: dir, types: [], lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'] };
const host = ts.createCompilerHost(options), parse = host.getSourceFile, libraries = new Map();
host.getSourceFile = (file, ...how) => {
	if (!/node_modules/.test(file))
		return parse(file, ...how);
	if (!libraries.has(file))
		libraries.set(file, parse(file, ...how));
	return libraries.get(file);
};
const declared = 'declare const process: { argv: string[] };\n';
// The faults that the compiler finds in each of these sources: { name: ['TS2345 …'] }.
function compile(sources) {
	for (const [name, source] of Object.entries(sources))
		fs.writeFileSync(path.join(dir, `${name}.ts`), declared + source);
	const program = ts.createProgram(Object.keys(sources).map((name) => path.join(dir, `${name}.ts`)), options, host);
	const faults = Object.fromEntries(Object.keys(sources).map((name) => [name, []]));
	for (const fault of ts.getPreEmitDiagnostics(program))
		faults[path.basename(fault.file?.fileName ?? 'none', '.ts')]?.push(`TS${fault.code} ${ts.flattenDiagnosticMessageText(fault.messageText, ' ')}`);
	if (Object.values(faults).every((list) => list.length === 0))
		program.emit();
	return faults;
}

await test('a client', async () => {
	const seller = await makePerson(d, 'seller@example.com', 'seller');
	await makePerson(d, 'buyer@example.com');
	await seller.product('찻잔', 9900, 7);
	deep(compile({ client: client + call }).client, [], 'a client that logs in, lists, orders and reads errors compiles under strict');
	const run = spawnSync(process.execPath, [path.join(dir, 'client.js'), d.url, 'buyer@example.com', password], { encoding: 'utf8', timeout: 60000 });
	deep(run.stdout.trim().split('\n'), ['pending true 2.0', 'OUT_OF_STOCK 5', 'INVALID_CREDENTIALS'], 'it orders, and meets the errors that its types name');
	is(run.stderr, '', 'it reports nothing else');
});

await test('wrong uses', () => {
	const wrong = {
		path: client.replace("'/api/v1/products'", "'/api/v1/product'"),
		member: client.replace('product.price', 'product.cost'),
		nullable: client + "export const shipped = async (id: string) => (await api.GET('/api/v1/orders/{id}', { params: { path: { id } } })).data!.data.shippedAt.length;\n",
		body: client.replace('body: { email, password }', 'body: { email }'),
		query: client.replace('limit: 5', "limit: 'all'"),
		code: client.replace("code === 'OUT_OF_STOCK'", "code === 'SOLD_OUT'"),
		checked: client.replace('if (login.error)', 'if (!login)'),
	};
	for (const [name, faults] of Object.entries(compile(wrong)))
		ok(faults.length > 0, `a wrong use does not compile: ${name}`);
});
await done();
