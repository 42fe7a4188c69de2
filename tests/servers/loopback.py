"""Any server of tests on a free port of loopback."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    """Looks after what every server here needs; `state` is what a test looks at and sets."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    @property
    def state(self):
        return self.server.state

    def send(self, status, content, kind, headers=None, half=False):
        """Sends bytes, or promises the whole and sends a half."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if half else content)
        if half:
            self.wfile.flush()
            self.drop()

    def drop(self):
        """Closes the connection."""
        self.close_connection = True
        self.connection.close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # a client that was killed is part of the tests


@contextmanager
def serving(handler, state=None):
    """Serves by a handler until the block ends; gives ``http://127.0.0.1:PORT``."""
    http = _Http(("127.0.0.1", 0), handler)
    http.state = state
    thread = threading.Thread(
        target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
