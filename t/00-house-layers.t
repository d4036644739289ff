#!/usr/bin/env t/lib/run
// 00-house-layers.t -- reads every #include: a layer sees only those below it, never one beside it; each external library's
// header has one owner; no header is an umbrella that includes everything.
import path from 'node:path';
import { diag, done, ok } from './lib/tap.mjs';
import { exists, files, read } from './lib/house.mjs';

// From the bottom up. link stands on proc because the pool's budget is host-wide, in the scoreboard.
// The business areas of worker/domain: each sees core and identity, and those below it; catalog and analysis do not see each other.
// The layers of worker/ws, each with those it sees; ws.c, at the top, wires them (and hostile_ws.c breaks them).
const fanout = { wire: [], conn: ['wire'], room: ['wire'], session: ['wire', 'conn', 'room'], live: ['wire', 'conn', 'room', 'session'],
	handover: ['wire', 'conn', 'room', 'session'], on: ['wire', 'conn', 'room', 'session', 'live'] };
const areas = { core: 5, external: 6, identity: 6, catalog: 7, analysis: 7, order: 8, live: 8, curation: 8, ops: 9 };
const layers = ['common/base', 'common/run', 'common/proc', 'common/link', 'worker'];
const kinds = ['http', 'ws', 'kafka', 'cron', 'analyzer', 'broker', 'external'].map((k) => `worker/${k}`);
// The supervisor knows no links and no rules: it sees the processes' entry points. The commands (master/cmd/) are
// short-lived processes of their own, not the supervisor, so they may see whatever they command. Only main.c sees them.
const masterSees = ['common/base', 'common/run', 'common/proc', 'worker', 'master'];
const umbrella = 8;	// project headers in one header: more than that and everything includes everything

const isC = (f) => /^(common|worker|master)\/.*\.(c|h|def)$/.test(f);
const sources = files().filter(isC);

// worker/http/api/x.c -> worker/http
function layerOf(file) {
	const dir = path.dirname(file);
	return kinds.find((k) => dir === k || dir.startsWith(k + '/')) ?? dir;
}

const area = (layer) => areas[layer.replace(/^worker\/domain\//, '')];
const rank = (layer) => (kinds.includes(layer) ? 10 : layer.startsWith('worker/domain/') ? area(layer) ?? -1 : layers.indexOf(layer));
// Headers that an area keeps for its own files.
const internal = /^worker\/domain\/\w+\/(\w+_(sql|text|doc|queue|hash|impl)|attempt|refresh|password)\.h$/;

function maySee(file, from, to) {
	if (from === to)
		return true;
	if (from === 'master')
		return masterSees.includes(to) || (to === 'master/cmd' && file === 'master/main.c');
	if (from === 'master/cmd')
		return true;
	return !to.startsWith('master') && rank(to) < rank(from);
}

// Within worker/ws; true outside it, and for the files at its top.
const sublayer = (file) => file.match(/^worker\/ws\/(\w+)\//)?.[1];
function maySeeLayer(file, target) {
	const [a, b] = [sublayer(file), sublayer(target)];
	if (!/^worker\/ws\//.test(file) || !/^worker\/ws\//.test(target) || a === undefined || a === b)
		return true;
	return fanout[a]?.includes(b) ?? false;
}

// As the compiler does with -Icommon -I. : beside the file, then under common/, then under the root.
const resolve = (file, name) =>
	[path.join(path.dirname(file), name), `common/${name}`, name].find((f) => isC(f) && exists(f));

const ownersOf = new Map();
const trespass = [], above = [], wrong = [], lost = [], wide = [], unknown = [];
const libc = new RegExp('^((sys|linux|netinet|arpa|net|asm)/.*|assert|crypt|ctype|dirent|dlfcn|err|errno|fcntl|fenv|float|fnmatch|' +
	'getopt|grp|glob|inttypes|iso646|limits|locale|langinfo|malloc|math|netdb|paths|poll|pthread|pwd|regex|sched|search|' +
	'semaphore|setjmp|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings|' +
	'syslog|termios|time|ucontext|unistd|utime|wchar|wctype|iconv|uchar|execinfo|immintrin|x86intrin)\\.h$');

for (const file of sources) {
	const from = layerOf(file);
	if (!/^master(\/cmd)?$/.test(from) && rank(from) < 0)
		unknown.push(file);
	let own = 0;
	for (const [, open, name] of read(file).matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/gm)) {
		if (open === '<') {
			if (!libc.test(name))
				ownersOf.set(name, (ownersOf.get(name) ?? new Set()).add(file));
			continue;
		}
		const target = resolve(file, name);
		if (!target)
			lost.push(`${file} includes "${name}"`);
		else if (from !== layerOf(target) && internal.test(target))
			trespass.push(`${file} includes "${name}"`);
		else if (!maySee(file, from, layerOf(target)))
			wrong.push(`${file} (${from}) includes "${name}" (${layerOf(target)})`);
		else if (!maySeeLayer(file, target))
			above.push(`${file} includes "${name}"`);
		own++;
	}
	if (file.endsWith('.h') && own > umbrella)
		wide.push(`${file} includes ${own} headers`);
}

const none = (list, name) => ok(list.length === 0, name, ...list);
ok(sources.length > 0, `the test reads the project's C files (${sources.length})`);
none(unknown, 'every C file lives in a known layer');
none(lost, 'every #include names a file that exists');
none(wrong, 'no #include reaches a layer above or beside its own');
none(above, 'no layer of worker/ws includes one above or beside it');
ok(!maySeeLayer('worker/ws/room/x.c', 'worker/ws/session/x.h') && !maySeeLayer('worker/ws/wire/x.c', 'worker/ws/ws.h')
	&& maySeeLayer('worker/ws/ws.c', 'worker/ws/wire/x.h'), 'a planted include that goes up in worker/ws is found');
none(sources.filter((f) => sublayer(f) && !(sublayer(f) in fanout)), 'every folder of worker/ws is one of its layers');
none(trespass, 'no area of the domain uses a header that another keeps for its own files');
none(wide, `no header includes more than ${umbrella} others`);
none([...ownersOf].filter(([, set]) => set.size > 1).map(([name, set]) => `<${name}> in ${[...set].join(', ')}`),
	'the header of each external library is included by one file only');
// Who calls is in struct call: what the socket says of it ends with its token, at any wait.
none(sources.filter((f) => /^worker\/ws\/on\//.test(f) && /s->(user|credential)\b/.test(read(f))), 'no event handler reads the identity of its socket: it comes with the call');
none(sources.filter((f) => /^worker\/http\/(?!serve|mhd|waiting|hostile_http|req\.c)/.test(f) && /rq->conn\b/.test(read(f))), 'no request code but the transport reads the connection');
if (process.env.TEST_VERBOSE)
	[...ownersOf].sort().forEach(([name, set]) => diag(`<${name}>: ${[...set]}`));
await done();
