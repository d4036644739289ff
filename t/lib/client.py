#!/usr/bin/python3
"""client.py -- Debian's python3-socketio as the client of a test, driven by lines of JSON on standard input.

["connect", URL, {"transports": [...], "namespaces": [...], "auth": {...}, "patience": S}]	["emit", NSP, EVENT, [ARG...]]
["call", NSP, EVENT, [ARG...]]		["transport"]		["leave", NSP]		["disconnect"]
Each is answered by ["done", VALUE] or ["failed", TEXT]; what comes unasked is ["event", NSP, NAME, [ARG...]], also for connect,
connect_error and disconnect. Bytes are {"bytes": BASE64} either way. An event "question" is acknowledged with its argument.
Exits 77 where the library is missing.
"""
import base64
import json
import sys
import threading

try:
    import requests  # noqa: F401 -- polling
    import socketio
    import websocket  # noqa: F401
except ImportError as e:
    sys.stderr.write(f"{e}\n")
    sys.exit(77)

lock = threading.Lock()


def put(*line):
    def known(v):
        return {"bytes": base64.b64encode(v).decode()} if isinstance(v, (bytes, bytearray)) else str(v)
    with lock:
        sys.stdout.write(json.dumps(line, default=known) + "\n")
        sys.stdout.flush()


def with_bytes(o):
    return base64.b64decode(o["bytes"]) if set(o) == {"bytes"} else o


class Client:
    def __init__(self):
        self.sio = socketio.Client(reconnection=False)

    def listen(self, nsp):
        self.sio.on("*", lambda name, *args: self.heard(nsp, name, args), namespace=nsp)
        for name in ("connect", "connect_error", "disconnect"):
            self.sio.on(name, lambda *args, name=name: put("event", nsp, name, args), namespace=nsp)

    def heard(self, nsp, name, args):
        put("event", nsp, name, args)
        return args[0] if name == "question" else None

    def connect(self, url, options):
        for nsp in options.get("namespaces", ["/"]):
            self.listen(nsp)
        self.sio.connect(url, auth=options.get("auth"), transports=options.get("transports"),
                         namespaces=options.get("namespaces", ["/"]), wait_timeout=options.get("patience", 30))
        return self.sio.sid

    def emit(self, nsp, event, args):
        self.sio.emit(event, tuple(args), namespace=nsp)

    def call(self, nsp, event, args):
        return self.sio.call(event, tuple(args), namespace=nsp, timeout=20)

    def transport(self):
        return self.sio.transport()

    def leave(self, nsp):
        # The library has no call for one namespace alone; this is what its disconnect() sends for each.
        self.sio._send_packet(socketio.packet.Packet(socketio.packet.DISCONNECT, namespace=nsp))

    def disconnect(self):
        self.sio.disconnect()


def main():
    client = Client()
    for line in sys.stdin:
        what, *args = json.loads(line, object_hook=with_bytes)
        try:
            put("done", getattr(client, what)(*args))
        except Exception as e:  # noqa: BLE001 -- the test decides
            put("failed", f"{type(e).__name__}: {e}")
    client.sio.disconnect()


main()
