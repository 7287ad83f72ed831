"""What SDKs read from headers: whether to try again, what is left, which version and betas the upstream was asked for. And the
operations beside a conversation that an upstream has or has not. Before upstreams of both dialects, which keep what they got.
"""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai

from cases import ASK

ANSWERS = {
    "/v1/chat/completions": {
        "id": "c", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "fine"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    },
    "/v1/messages": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_sequence": None,
        "content": [{"type": "text", "text": "fine"}], "stop_reason": "end_turn",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "/v1/messages/count_tokens": {"input_tokens": 42},
    "/v1/models": {"object": "list", "data": [{"id": "listed", "object": "model", "created": 1, "owned_by": "x"}]},
}
# The status comes from the model's name: `refuse-429`. One that is refused `once` is answered the second time.
LIMITS = {
    "x-ratelimit-remaining-requests": "0",
    "anthropic-ratelimit-unified-status": "rejected",
    "anthropic-ratelimit-unified-reset": "1795000000",
    "retry-after": "287441",
    "x-should-retry": "false",
}
SOON = {"retry-after-ms": "20", "x-should-retry": "true"}
ACCOUNT = {"openai-organization": "sentinel", "anthropic-organization-id": "sentinel", "set-cookie": "sentinel"}
ID = {"x-request-id": "req_upstream", "request-id": "req_upstream"}


class Upstream(ThreadingHTTPServer):
    """Answers in both dialects and keeps the requests: method, path, headers."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.requests = []
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer(b"{}")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    def answer(self, body):
        path = self.path.split("?")[0]
        self.server.requests.append((path, self.headers))
        model = json.loads(body).get("model", "")
        status, headers = 200, {**LIMITS, **ID}
        if model.startswith("refuse-"):
            status = int(model.split("-")[1])
            headers |= ACCOUNT
        elif model == "once" and len(self.server.requests) == 1:
            status, headers = 429, {**SOON, **ID}
        answer = {"error": {"message": "no", "type": "rate_limit_error"}, "type": "error"}
        if status == 200:
            answer = ANSWERS.get(path)
            status = 200 if answer else 404
        data = json.dumps(answer or {"error": {"message": "no such path"}}).encode()
        self.send_response(status)
        for name, value in {**headers, "content-type": "application/json", "content-length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)


CONFIG = """
[[channels]]
name = "{dialect}"
provider = "custom"
dialect = "{dialect}"
base_url = "{url}"
auth = "none"
proxy = "none"
models = ["*"]
"""


def ask(client, model="m", **more):
    create = client.messages.create if isinstance(client, anthropic.Anthropic) else client.chat.completions.create
    return create(model=model, max_tokens=9, messages=ASK, **more)


def raised(call):
    try:
        return f"no error but {call()}"
    except (openai.APIStatusError, anthropic.APIStatusError) as error:
        return error


def clients(url, retries):
    more = {"api_key": "sk-test", "max_retries": retries, "timeout": 20}
    # Neither is told the version: one lacks it, the other doubles a slash.
    return {"openai": openai.OpenAI(base_url=url, **more), "anthropic": anthropic.Anthropic(base_url=f"{url}/", **more)}


def errors(sdk, client, upstream):
    """429 and 503 keep what stops an SDK; about the relay's own key the id is told and nothing else."""
    for status in (429, 503, 401):
        upstream.requests.clear()
        error = raised(lambda: ask(client.with_options(max_retries=0 if status == 401 else 2), f"refuse-{status}"))
        if isinstance(error, str) or error.status_code != (502 if status == 401 else status):
            return f"{status}: {error!r}"
        got = error.response.headers
        wanted = {} if status == 401 else LIMITS
        found = {name: got[name] for name in LIMITS if name in got}
        if found != wanted:
            return f"{status}: {found}, not {wanted}"
        if got.get("x-upstream-request-id") != "req_upstream" or "sentinel" in str(got):
            return f"{status}: {got}"
        if len(upstream.requests) != 1:
            return f"{status}: asked {len(upstream.requests)} times, although it is told not to try again"
    return None


def answers(sdk, client, upstream):
    """An answer tells what is left."""
    raw = client.messages.with_raw_response if sdk == "anthropic" else client.chat.completions.with_raw_response
    got = raw.create(model="m", max_tokens=9, messages=ASK).headers
    wanted = {**LIMITS, "x-upstream-request-id": "req_upstream"}
    found = {name: got.get(name) for name in wanted}
    return None if found == wanted else f"{found}"


def soon(sdk, client, upstream):
    """`retry-after-ms` brings the SDK back."""
    upstream.requests.clear()
    ask(client.with_options(max_retries=1), "once")
    return None if len(upstream.requests) == 2 else f"asked {len(upstream.requests)} times"


def betas(sdk, client, upstream, dialect):
    """Version and betas reach upstreams of Anthropic's dialect, whatever the provider's row, and no others."""
    ask(client, extra_headers={"anthropic-beta": "a-1,b-2"})
    sent = upstream.requests[-1][1]
    got = (sent.get_all("anthropic-version"), sent.get_all("anthropic-beta"))
    # The SDK's own version, or the relay's where a client knows none.
    version = client.default_headers["anthropic-version"] if sdk == "anthropic" else "2023-06-01"
    wanted = ([version], ["a-1,b-2"]) if dialect == "anthropic" else (None, None)
    return None if got == wanted else f"{got}, not {wanted}"


def counting(sdk, client, upstream, dialect):
    """Tokens are counted where the upstream counts; else it is a 404."""
    if sdk == "openai":
        return None
    if dialect == "anthropic":
        count = client.messages.count_tokens(model="m", messages=ASK).input_tokens
        return None if count == 42 else f"{count}"
    error = raised(lambda: client.messages.count_tokens(model="m", messages=ASK))
    return None if isinstance(error, anthropic.NotFoundError) else f"{error!r}"


def models(sdk, client, upstream):
    """Models that only the provider knows are listed."""
    names = [model.id for model in client.models.list()]
    return None if names == ["listed"] else f"{names}"


def run(report, start, folder):
    """`start`: a relay with that configuration file."""
    for dialect in ("openai", "anthropic"):
        upstream = Upstream()
        file = os.path.join(folder, f"headers-{dialect}.toml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(url=upstream.url, dialect=dialect))
        relay = start(file)
        for sdk, client in clients(relay.url, 0).items():
            title = f"{sdk} before {dialect}"
            for case in (answers, errors, soon, models):
                report(f"{title}: {case.__doc__}", case(sdk, client, upstream))
            for case in (betas, counting):
                report(f"{title}: {case.__doc__}", case(sdk, client, upstream, dialect))
        relay.end()
        upstream.shutdown()
