// tap.mjs -- the Test Anything Protocol for the tests in node.
//
// A test is a module that ends with `await done()`. Whatever throws outside `test` fails it; what `atEnd` was given
// runs at the end, newest first, also after a failure or a signal. Assertions return whether they passed.
import { isDeepStrictEqual, inspect } from 'node:util';

let count = 0, failed = 0, finished = false;
const cleanups = [];

const one = (s) => String(s).replace(/\s*\n\s*/g, ' ').replace(/#/g, '\\#');
const show = (v) => inspect(v, { depth: 8, breakLength: 110, maxStringLength: 2000 });

// A remark for the reader, on standard error, which prove passes on.
export function diag(...parts) {
	const text = parts.map((p) => (typeof p === 'string' ? p : show(p))).join(' ');
	process.stderr.write(text.replace(/^/gm, '# ') + '\n');
}

// Where in the test the assertion stands: its lines, innermost first. node calls a module from standard input
// [eval1].
function caller() {
	const lines = [...new Error().stack.matchAll(/\[eval\d+\]:(\d+)/g)].map((m) => m[1]);
	return [process.env.TEST_FILE || 'test', ...lines.slice(0, 3)].join(':');
}

export function ok(pass, name, ...details) {
	process.stdout.write(`${pass ? 'ok' : 'not ok'} ${++count} - ${one(name)}\n`);
	if (!pass) {
		failed++;
		diag(`failed: ${one(name)}, at ${caller()}`);
		details.forEach((d) => diag('  ' + d));
	}
	return Boolean(pass);
}

const compare = (pass, got, want, name) => ok(pass, name, 'got  ' + show(got), 'want ' + show(want));

export const fail = (name, ...details) => ok(false, name, ...details);
export const is = (got, want, name) => compare(Object.is(got, want), got, want, name);
export const isnt = (got, other, name) => ok(!Object.is(got, other), name, 'got  ' + show(got));
export const like = (got, re, name) => compare(re.test(String(got)), got, re, name);
export const unlike = (got, re, name) => ok(!re.test(String(got)), name, `got  ${show(got)}`, `not  ${re}`);
export const deep = (got, want, name) => compare(isDeepStrictEqual(got, want), got, want, name);
// A number within bounds, both included.
export const between = (got, low, high, name) =>
	ok(got >= low && got <= high, name, `got  ${got}`, `want ${low}..${high}`);

// A step whose exception is a failure of its own, so that the next steps still run.
export async function test(name, fn) {
	try {
		await fn();
	} catch (e) {
		fail(`${name}: threw`, e.stack || String(e));
	}
}

// One assertion that cannot be made here, and why.
export function skip(why, name = '') {
	process.stdout.write(`ok ${++count} - ${one(name)} # SKIP ${one(why)}\n`);
}

// The whole test cannot be made here. Only before the first assertion.
export function skipAll(why) {
	process.stdout.write(`1..0 # SKIP ${one(why)}\n`);
	finished = true;
	process.exit(0);
}

export function atEnd(fn) {
	cleanups.push(fn);
}

async function cleanUp() {
	while (cleanups.length > 0) {
		try {
			await cleanups.pop()();
		} catch (e) {
			fail('clean up', e.stack || String(e));
		}
	}
}

// The end: cleans up, prints the plan and leaves.
export async function done() {
	await cleanUp();
	process.stdout.write(`1..${count}\n`);
	finished = true;
	process.exit(failed === 0 && count > 0 ? 0 : 1);
}

async function giveUp(what, e) {
		fail(what, e.stack || String(e));
	await cleanUp();
	process.exit(2);
}
process.on('uncaughtException', (e) => giveUp('uncaught exception', e));
process.on('unhandledRejection', (e) => giveUp('unhandled rejection', e));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
	process.on(signal, () => process.exit(130));
process.on('exit', (code) => {
	if (!finished && code === 0) {
		diag('the test ended without done(): a promise was never settled');
		process.exitCode = 3;
	}
});
