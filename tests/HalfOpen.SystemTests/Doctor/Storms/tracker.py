#!/usr/bin/env python3
"""A BitTorrent tracker that knows nobody but dead peers, and a torrent that names it.

  tracker.py torrent FILE URL    writes the torrent
  tracker.py serve PORT          answers every announce with 80 silent addresses; prints "ready"; runs until killed
"""
import http.server
import socket
import struct
import sys

PEERS = b"".join(socket.inet_aton(f"20.{1 + i * 3}.{i * 7 % 250}.{1 + i * 11 % 250}") + struct.pack("!H", 6881 + i * 37) for i in range(80))


class Tracker(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"d8:intervali1800e5:peers%d:%se" % (len(PEERS), PEERS)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if sys.argv[1] == "torrent":
    url = sys.argv[3].encode()
    info = b"d6:lengthi262144e4:name8:dead.bin12:piece lengthi262144e6:pieces20:" + bytes(20) + b"e"
    with open(sys.argv[2], "wb") as torrent:
        torrent.write(b"d8:announce%d:%s4:info%se" % (len(url), url, info))
else:
    server = http.server.ThreadingHTTPServer(("", int(sys.argv[2])), Tracker)
    print("ready", flush=True)
    server.serve_forever()
