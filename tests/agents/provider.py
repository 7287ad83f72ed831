"""A scripted provider on loopback: one HTTP server, one dialect, one situation.

It answers as providers do: chunked, each event in two writes, with usage and a finish. It remembers what was asked, and
what a strict provider of the dialect would have refused; that fails the cell."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from steps import Cut, Refuse

KEY = "sk-the-provider-s-own"


class Provider:
    """`decide(asked, turn)` gives the step for a conversation with tools; `turn` counts them from 0."""

    def __init__(self, dialect, decide):
        self.dialect, self.decide = dialect, decide
        self.asked, self.headers, self.complaints, self.others = [], [], [], []
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def step(self, path, headers, body):
        """Understands one request and says what to do; under the lock, so that turns are in order."""
        with self.lock:
            asked = self.dialect.understand(body)
            self.complaints += asked.complaints + self.dialect.check_headers(headers, KEY)
            if not asked.tools:
                # A title, a summary: not the conversation.
                return asked, self.dialect.APART
            self.asked.append(asked)
            self.headers.append({name.lower(): value for name, value in headers.items()})
            return asked, self.decide(asked, len(self.asked) - 1)

    def handler(self):
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Nagle's algorithm would hold the second write of an event back.
            disable_nagle_algorithm = True

            def log_message(self, *_):
                pass

            def do_HEAD(self):
                self.whole(200, b"", {})

            def do_GET(self):
                provider.others.append(f"GET {self.path}")
                self.whole(404, b"{}", {})

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if self.path.split("?")[0] != provider.dialect.PATH:
                    provider.others.append(f"POST {self.path}")
                    return self.refuse(Refuse(404, f"no such path: {self.path}"))
                try:
                    asked, step = provider.step(self.path, self.headers, json.loads(body))
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    provider.complaints.append(f"a body that cannot be read: {error!r}")
                    return self.refuse(Refuse(400, "the body cannot be read"))
                if asked.complaints:
                    step = Refuse(400, "; ".join(asked.complaints))
                if isinstance(step, Refuse):
                    return self.refuse(step)
                model = json.loads(body)["model"]
                if not asked.stream:
                    answer = provider.dialect.whole(step, model)
                    return self.whole(200, json.dumps(answer).encode(), {"content-type": "application/json"})
                return self.stream(provider.dialect.events(step, model, json.loads(body)), isinstance(step, Cut))

            def refuse(self, step):
                body = json.dumps(provider.dialect.error(step)).encode()
                self.whole(step.status, body, {"content-type": "application/json", **step.headers})

            def whole(self, status, body, headers):
                self.send_response(status)
                for name, value in {**headers, **provider.dialect.HEADERS, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def stream(self, events, cut):
                self.send_response(200)
                for name, value in provider.dialect.HEADERS.items():
                    self.send_header(name, value)
                self.send_header("content-type", "text/event-stream; charset=utf-8")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for event in events:
                    for piece in (event[: len(event) // 2], event[len(event) // 2 :]):
                        self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                if cut:
                    self.close_connection = True
                else:
                    self.wfile.write(b"0\r\n\r\n")

        return Handler
