// sink.mjs -- what abuse.bench's attacker meets in the control: a server on loopback that answers the first bytes of each
// connection, takes all others and does nothing, at nice NICE: sink.mjs NICE. Says its port; ends with standard input.
import net from 'node:net';
import os from 'node:os';

os.setPriority(Number(process.argv[2] ?? 0));
const server = net.createServer((s) => {
	s.once('data', () => { s.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'); });
	s.resume();
	s.on('error', () => {});
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => console.log(server.address().port));
process.stdin.on('end', () => process.exit(0)).resume();
