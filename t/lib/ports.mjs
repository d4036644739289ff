// ports.mjs -- free loopback ports, and a TCP proxy that can be cut to play a broken network.
import fs from 'node:fs';
import net from 'node:net';

// A port that nobody listens on, below those the kernel hands to clients.
export async function freePort() {
	for (;;) {
		const port = 12000 + Math.floor(Math.random() * 8000);
		if (await isFree(port) && reserve(port))
			return port;
	}
}

function isFree(port) {
	const server = net.createServer();
	return new Promise((settle) => {
		server.once('error', () => settle(false));
		server.listen(port, '127.0.0.1', () => server.close(() => settle(true)));
	});
}

const reserved = [];
process.on('exit', () => reserved.forEach((file) => fs.rmSync(file, { force: true })));

// Between the look and the server that is to listen there, other tests look too: a file with our pid keeps them off until we end.
function reserve(port) {
	const file = `/tmp/dure-port-${process.getuid()}-${port}`;	// the machine's, for other suites too: TMPDIR is one suite's own
	for (let i = 0; i < 2; i++)
		try {
			fs.writeFileSync(file, String(process.pid), { flag: 'wx' });
			reserved.push(file);
			return true;
		} catch {
			if (fs.existsSync(`/proc/${readOr(file, '0')}`))
				return false;
			fs.rmSync(file, { force: true });	// its test is gone
		}
	return false;
}

function readOr(file, fallback) {
	try { return fs.readFileSync(file, 'utf8') || 'self'; } catch { return fallback; }	// empty: just being written
}

// Pass connections on to `target`. cut(): drop them all and refuse new ones; freeze(): hold every byte back;
// heal(): as before; aim(port): new connections go there; lag(ms): connections made from now on get all answers
// so much later; a function is asked for each connection. drop(re) and hold(re) are cut and freeze for the connections alone
// whose client has said what matches (in its first megabyte), mute(re) holds only the answers back; all return how many. Returns { port, cut, freeze, … }.
export async function startProxy(target, host = '127.0.0.1') {
	const pairs = new Set();
	let mode = 'open', late = 0;
	const server = net.createServer((near) => {
		if (mode === 'cut')
			return near.destroy();
		const far = net.connect(target, host);
		const pair = [near, far];
		pair.said = '';
		near.on('data', (bytes) => { if (pair.said.length < 1 << 20) pair.said += bytes.toString('latin1'); });
		pairs.add(pair);
		for (const [from, to, ms] of [[near, far, 0], [far, near, typeof late === 'function' ? late() : late]]) {
			from.setNoDelay(true);
			from.on('data', (bytes) => { if (ms > 0) setTimeout(() => to.write(bytes), ms); else to.write(bytes); });
			from.on('error', () => {});
			from.on('close', () => { to.destroy(); pairs.delete(pair); });
		}
		if (mode === 'frozen')
			pair.forEach((s) => s.pause());
	});
	await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
	const each = (fn) => { for (const pair of pairs) pair.forEach(fn); };
	const those = (re, fn) => {
		const hit = [...pairs].filter((pair) => re.test(pair.said));
		hit.forEach((pair) => pair.forEach(fn));
		return hit.length;
	};
	return {
		port: server.address().port,
		cut() { mode = 'cut'; each((s) => s.resetAndDestroy()); },
		freeze() { mode = 'frozen'; each((s) => s.pause()); },
		drop: (re) => those(re, (s) => s.resetAndDestroy()),
		hold: (re) => those(re, (s) => s.pause()),
		mute: (re) => those(re, (s, i) => i === 1 && s.pause()),
		aim(port) { target = port; },
		lag(ms) { late = ms; },
		heal() { mode = 'open'; each((s) => s.resume()); },
		stop() { each((s) => s.destroy()); return new Promise((settle) => server.close(settle)); },
	};
}
