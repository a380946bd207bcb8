"""A place that web hooks are sent to, for the scripts that play a platform. It may go away; what it has taken it keeps."""

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class HookServer:
    """Serves on a port of its own, the same after each absence; by HTTPS with the certificate in the folder `certificate`, where there is one.
    Whoever inherits it says in `take(headers, body)` what is answered."""

    def __init__(self, certificate=None):
        self.port, self.server, self.connections, self.tls = 0, None, [], None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(f"{certificate}/server.pem", f"{certificate}/server.key")
        self.events, self.faults, self.lock = [], [], threading.Lock()
        self.come_back()

    def come_back(self):
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                platform.connections.append(self.connection)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {key.lower(): value for key, value in self.headers.items()}
                self.send_response(platform.take(headers, body))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        if self.tls:
            # Each connection shakes hands in its own thread, when it is first read.
            self.server.socket = self.tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        # A sender that is killed in the middle of a request is part of the play.
        self.server.handle_error = lambda *_: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def go_away(self):
        self.server.shutdown()
        self.server.server_close()
        # Those that are kept open would be served on.
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.connections.clear()
