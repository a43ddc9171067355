"""An HTTPS server of the test's own: keeps what comes, octet by octet, and answers as it is told."""
import http.server
import ssl
import threading
import urllib.parse


class Receiver:
    """received: (path, headers in lower case, body) of each request. answer(path, headers, body) gives (status, body)."""

    def __init__(self, certificate, key, answer=lambda path, headers, body: (200, b"")):
        self.received, self.answer = [], answer
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.received.append((self.path, headers, body))
                status, text = receiver.answer(self.path, headers, body)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def url(self, path="/"):
        return urllib.parse.urlunsplit(("https", f"127.0.0.1:{self.port}", path, "", ""))

    def close(self):
        self.server.shutdown()
        self.server.server_close()
