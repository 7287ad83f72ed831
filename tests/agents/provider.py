"""A scripted provider on loopback: one HTTP server, one dialect, one situation.

It answers as providers do: chunked, each event in two writes, with usage and a finish. It remembers what was asked, and
what a strict provider of the dialect would have refused; that fails the cell."""

import json
import select
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from steps import Calls, Cut, HalfCalls, Refuse, Slow, Turn, identity

KEY = "sk-the-provider-s-own"
# Between two events of a slow answer, in seconds; and the event at which somebody may interrupt.
PACE, BEGUN = 0.05, 20


class Provider:
    """`decide(asked, turn)` gives the step for a conversation with tools; `turn` counts them from 0."""

    def __init__(self, dialect, decide):
        self.dialect, self.decide = dialect, decide
        self.turns, self.complaints, self.others = [], [], []
        # Calls by what stands for their ids in a dialect that has none.
        self.issued = {}
        # A slow answer is on its way; and when its client was seen to leave.
        self.begun, self.left, self.left_at = threading.Event(), threading.Event(), None
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

    def turn(self, path, headers, model, body):
        """Understands one request and says what to do; under the lock, so that turns are in order."""
        with self.lock:
            at = time.monotonic()
            asked = self.dialect.understand(path, body)
            asked.results = {self.issued.get(id, id): text for id, text in asked.results.items()}
            self.complaints += asked.complaints + self.dialect.check_headers(headers, KEY)
            turn = Turn(at, model, {name.lower(): value for name, value in headers.items()}, asked, self.dialect.APART)
            if asked.complaints:
                turn.step = Refuse(400, "; ".join(asked.complaints))
            elif asked.tools:
                turn.step = self.decide(asked, len(self.turns))
            if isinstance(turn.step, Calls):
                self.issued |= {identity(call.tool, call.arguments): call.id for call in turn.step.calls}
            # Without tools it is a title or a summary, and not the conversation.
            self.turns += [turn] if asked.tools else []
            return turn

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
                text = self.rfile.read(int(self.headers.get("content-length") or 0))
                try:
                    body = json.loads(text)
                    model = provider.dialect.model(self.path, body)
                    if not model:
                        provider.others.append(f"POST {self.path}")
                        return self.refuse(Refuse(404, f"no such path: {self.path}"))
                    turn = provider.turn(self.path, self.headers, model, body)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    provider.complaints.append(f"a body that cannot be read: {error!r}")
                    return self.refuse(Refuse(400, "the body cannot be read"))
                if isinstance(turn.step, Refuse):
                    return self.refuse(turn.step)
                if not turn.asked.stream:
                    answer = json.dumps(provider.dialect.whole(turn.step, model, body))
                    return self.whole(200, answer.encode(), {"content-type": "application/json"})
                events = provider.dialect.events(turn.step, model, body)
                if isinstance(turn.step, HalfCalls):
                    events = list(events)[: -provider.dialect.TAIL]
                return self.stream(events, turn)

            def refuse(self, step):
                body = json.dumps(provider.dialect.error(step)).encode()
                waits = provider.dialect.waits(step.wait) if step.wait else {}
                self.whole(step.status, body, {"content-type": "application/json", **waits})

            def whole(self, status, body, headers):
                self.send_response(status)
                for name, value in {**headers, **provider.dialect.HEADERS, "content-length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def stream(self, events, turn):
                self.send_response(200)
                for name, value in provider.dialect.HEADERS.items():
                    self.send_header(name, value)
                self.send_header("content-type", "text/event-stream; charset=utf-8")
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for count, event in enumerate(events):
                    try:
                        for piece in (event[: len(event) // 2], event[len(event) // 2 :]):
                            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    except ConnectionError:
                        return self.is_left()
                    if isinstance(turn.step, Slow) and self.leaves(count):
                        return self.is_left()
                if isinstance(turn.step, (Cut, HalfCalls)):
                    turn.broken = self.close_connection = True
                else:
                    self.wfile.write(b"0\r\n\r\n")

            def leaves(self, count):
                """Waits for the next event of a slow answer, unless its client leaves before."""
                if count == BEGUN:
                    provider.begun.set()
                if not select.select([self.connection], [], [], PACE)[0]:
                    return False
                try:
                    return not self.connection.recv(1, socket.MSG_PEEK)
                except ConnectionError:
                    return True

            def is_left(self):
                provider.left_at, self.close_connection = time.monotonic(), True
                provider.left.set()

        return Handler
