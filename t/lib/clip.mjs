// clip.mjs -- a short video for the tests of players, made in the browser itself: fragmented MP4, the same as HLS, and a server of both.
import http from 'node:http';
import { atEnd } from './tap.mjs';

const TYPE = 'video/mp4;codecs=avc1.42E01E';

// A clip of so many seconds as a Buffer; null where this browser records no MP4.
export async function recordClip(browser, seconds = 3) {
	const page = await (await browser.newContext()).newPage();
	const text = await page.evaluate(async ([type, seconds]) => {
		if (!MediaRecorder.isTypeSupported(type))
			return null;
		const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
		const ink = canvas.getContext('2d'), parts = [];
		const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: type });
		recorder.ondataavailable = (e) => parts.push(e.data);
		const stopped = new Promise((settle) => { recorder.onstop = settle; });
		recorder.start();
		for (let began = performance.now(), t = 0; t < seconds; t = (performance.now() - began) / 1000) {
			ink.fillStyle = `hsl(${t * 120} 60% 45%)`;
			ink.fillRect(0, 0, 320, 180);
			await new Promise(requestAnimationFrame);
		}
		recorder.stop();
		await stopped;
		return [...new Uint8Array(await new Blob(parts).arrayBuffer())].map((b) => String.fromCharCode(b)).join('');
	}, [TYPE, seconds]);
	await page.context().close();
	return text && Buffer.from(text, 'latin1');
}

function* boxes(file) {
	for (let at = 0, n; at + 8 <= file.length; at += n) {
		n = file.readUInt32BE(at);
		yield { type: file.toString('latin1', at + 4, at + 8), at, n };
	}
}

// A number of the first box of that name inside `part`, in the two sizes that its version says.
function field(part, name, small, large) {
	const at = part.indexOf(name, 0, 'latin1') + 4;
	return part[at] === 0 ? part.readUInt32BE(at + small) : Number(large.bytes === 8 ? part.readBigUInt64BE(at + large.at) : part.readUInt32BE(at + large.at));
}

// A playlist, what it begins with, and a segment of each fragment: { 'live.m3u8': …, 'init.mp4': …, '0.m4s': … }.
export function hlsOf(clip, seconds = 3) {
	const all = [...boxes(clip)], moov = all.find((b) => b.type === 'moov'), end = moov.at + moov.n;
	const scale = field(clip.subarray(moov.at, end), 'mdhd', 12, { at: 20, bytes: 4 });
	const moofs = all.filter((b) => b.type === 'moof');
	const starts = moofs.map((m) => field(clip.subarray(m.at, m.at + m.n), 'tfdt', 4, { at: 4, bytes: 8 }) / scale);
	const files = { 'init.mp4': clip.subarray(0, end) };
	const lines = ['#EXTM3U', '#EXT-X-VERSION:7', `#EXT-X-TARGETDURATION:${Math.ceil(seconds)}`, '#EXT-X-PLAYLIST-TYPE:VOD', '#EXT-X-MAP:URI="init.mp4"'];
	moofs.forEach((m, i) => {
		const mdat = all[all.indexOf(m) + 1];
		files[`${i}.m4s`] = clip.subarray(m.at, mdat.at + mdat.n);
		lines.push(`#EXTINF:${((starts[i + 1] ?? Math.max(seconds, starts[i] + 0.1)) - starts[i]).toFixed(3)},`, `${i}.m4s`);
	});
	return { ...files, 'live.m3u8': `${lines.join('\n')}\n#EXT-X-ENDLIST\n` };
}

const types = { m3u8: 'application/vnd.apple.mpegurl', mp4: 'video/mp4', m4s: 'video/iso.segment' };

// Serve files by their names from an origin of its own: { origin, files }, `files` to be added to at any time. Closed at the end.
export async function serveMedia(files = {}) {
	const server = http.createServer((request, response) => {
		const name = request.url.slice(1), body = files[name];
		response.setHeader('Access-Control-Allow-Origin', '*');
		if (body === undefined)
			return response.writeHead(404).end();
		response.writeHead(200, { 'Content-Type': types[name.split('.').at(-1)] }).end(body);
	});
	await new Promise((settle) => server.listen(0, '127.0.0.1', settle));
	atEnd(() => { server.closeAllConnections(); server.close(); });
	return { origin: `http://127.0.0.1:${server.address().port}`, files };
}
