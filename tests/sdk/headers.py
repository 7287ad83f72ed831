"""What SDKs read from headers: whether to try again, what is left, which version and betas the upstream was asked for. And the
operations beside a conversation that an upstream has or has not. Before upstreams of every dialect, which keep what they got.
"""

import functools
import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import anthropic
import openai
from google import genai
from google.genai import errors

from asking import Case
from cases import ASK
from node import Remote

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
    "/v1/responses": {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "completed", "model": "m", "error": None,
        "output": [
            {
                "id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": "fine", "annotations": []}],
            }
        ],
        "usage": {
            "input_tokens": 1, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": 1,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2,
        },
    },
    "/v1beta/models/m:generateContent": {
        "candidates": [{"content": {"role": "model", "parts": [{"text": "fine"}]}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
    },
    "/v1/messages/count_tokens": {"input_tokens": 42},
    "/v1/responses/input_tokens": {"object": "response.input_tokens", "input_tokens": 42},
    "/v1beta/models/m:countTokens": {"totalTokens": 42},
    "/v1beta/models": {"models": [{"name": "models/listed"}]},
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
    """Answers in every dialect and keeps the requests: method, path, headers."""

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
        # Gemini's stands in the path.
        model = json.loads(body).get("model") or path.split("/")[-1].split(":")[0]
        status, headers = 200, {**LIMITS, **ID}
        if model.startswith("refuse-"):
            status = int(model.split("-")[1])
            headers |= ACCOUNT
        elif model == "once" and len(self.server.requests) == 1:
            status, headers = 429, {**SOON, **ID}
        answer = {"error": {"message": "no", "type": "rate_limit_error"}, "type": "error"}
        if status == 200:
            answer = ANSWERS.get(path.replace("/once:", "/m:"))
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


ASKED = {
    "openai": ("chat.completions.create", {"max_tokens": 9, "messages": ASK}),
    "responses": ("responses.create", {"max_output_tokens": 9, "input": ASK}),
    "anthropic": ("messages.create", {"max_tokens": 9, "messages": ASK}),
    "gemini": ("models.generate_content", {"contents": "Say something about water."}),
}
COUNTED = {
    "responses": Case("responses.input_tokens.count", "whole", {"model": "m", "input": ASK}),
    "anthropic": Case("messages.count_tokens", "whole", {"model": "m", "messages": ASK}),
    "gemini": Case("models.count_tokens", "whole", {"model": "m", "contents": "Say something about water."}),
}


class Python:
    """An SDK from PyPI at an address."""

    def __init__(self, sdk, url):
        self.sdk, self.url = sdk, url

    @functools.cache
    def client(self, retries=0):
        more = {"api_key": "sk-test", "max_retries": retries, "timeout": 20}
        # Neither is told the version: one lacks it, the other doubles a slash.
        if self.sdk == "anthropic":
            return anthropic.Anthropic(base_url=f"{self.url}/", **more)
        if self.sdk != "gemini":
            return openai.OpenAI(base_url=self.url, **more)
        again = {"attempts": retries + 1, "initial_delay": 0.02}
        return genai.Client(api_key="sk-test", http_options={"base_url": self.url, "timeout": 20_000, "retry_options": again})

    def ask(self, model="m", retries=0, headers=None):
        """The status and headers of an answer or an error."""
        path, asked = ASKED[self.sdk]
        client = self.client(retries)
        try:
            if self.sdk == "gemini":
                config = {"http_options": {"headers": headers or {}}}
                answer = client.models.generate_content(model=model, config=config, **asked)
                return 200, answer.sdk_http_response.headers
            owner = client.chat.completions if self.sdk == "openai" else getattr(client, path.split(".")[0])
            return 200, owner.with_raw_response.create(model=model, extra_headers=headers, **asked).headers
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            return error.status_code, error.response.headers
        except errors.APIError as error:
            return error.code, error.response.headers

    def count(self):
        """What it counts, or the status of the error."""
        try:
            found = COUNTED[self.sdk](self.client(), [])
        except (openai.APIStatusError, anthropic.APIStatusError) as error:
            return {"status": error.status_code}
        except errors.APIError as error:
            return {"status": error.code}
        return {"tokens": found.total_tokens if self.sdk == "gemini" else found.input_tokens}

    def models(self):
        client = self.client()
        return [model.name if self.sdk == "gemini" else model.id for model in client.models.list()]

    def version(self):
        return self.client().default_headers["anthropic-version"]


class Npm:
    """The same of an SDK from npm."""

    def __init__(self, node, sdk, url):
        self.sdk, self.remote = sdk, Remote(node, sdk, url, "sk-test")

    def ask(self, model="m", retries=0, headers=None):
        path, asked = ASKED[self.sdk]
        positional = [{"model": model, **asked}]
        if headers and self.sdk == "gemini":
            positional[0]["config"] = {"http_options": {"headers": headers}}
        elif headers:
            positional.append({"headers": headers})
        told = self.remote.told(Case(path, "headers", None, *positional), retries=retries)
        return told.get("status", 200), told.get("headers") or told.get("value") or {}

    def count(self):
        told = self.remote.told(COUNTED[self.sdk])
        value = told.get("value", {})
        return {"status": told["status"]} if "raised" in told else {"tokens": value.get("input_tokens", value.get("totalTokens"))}

    def models(self):
        told = self.remote.told(Case("models.list", "events", {}))
        return [model["name" if self.sdk == "gemini" else "id"] for model in told["seen"]]

    def version(self):
        # What this SDK says of itself, whatever it is asked.
        return "2026-10-21"


def failures(sdk, upstream):
    """429 and 503 keep what stops an SDK; about the relay's own key the id is told and nothing else."""
    for status in (429, 503, 401):
        upstream.requests.clear()
        # Google's SDKs know no header that stops them.
        found, got = sdk.ask(f"refuse-{status}", 0 if status == 401 or sdk.sdk == "gemini" else 2)
        if found != (502 if status == 401 else status):
            return f"{status}: {found} {got}"
        if sdk.sdk == "gemini" and isinstance(sdk, Npm):
            # Its errors have a status and a body alone.
            continue
        wanted = {} if status == 401 else LIMITS
        limits = {name: got[name] for name in LIMITS if name in got}
        if limits != wanted:
            return f"{status}: {limits}, not {wanted}"
        if got.get("x-upstream-request-id") != "req_upstream" or "sentinel" in str(got):
            return f"{status}: {got}"
        if len(upstream.requests) != 1:
            return f"{status}: asked {len(upstream.requests)} times, although it is told not to try again"
    return None


def answers(sdk, upstream):
    """An answer tells what is left."""
    _, got = sdk.ask()
    wanted = {**LIMITS, "x-upstream-request-id": "req_upstream"}
    found = {name: got.get(name) for name in wanted}
    return None if found == wanted else f"{found}"


def soon(sdk, upstream):
    """A refusal that says so brings the SDK back soon."""
    upstream.requests.clear()
    status, _ = sdk.ask("once", 1)
    return None if status == 200 and len(upstream.requests) == 2 else f"{status}, asked {len(upstream.requests)} times"


def betas(sdk, upstream, dialect):
    """Version and betas reach upstreams of Anthropic's dialect, whatever the provider's row, and no others."""
    sdk.ask(headers={"anthropic-beta": "a-1,b-2"})
    sent = upstream.requests[-1][1]
    got = (sent.get_all("anthropic-version"), sent.get_all("anthropic-beta"))
    # The SDK's own version, or the relay's where a client knows none.
    version = sdk.version() if sdk.sdk == "anthropic" else "2023-06-01"
    wanted = ([version], ["a-1,b-2"]) if dialect == "anthropic" else (None, None)
    return None if got == wanted else f"{got}, not {wanted}"


def counting(sdk, upstream, dialect):
    """Tokens are counted where the upstream counts, whatever it speaks; else it is a 404."""
    if sdk.sdk not in COUNTED:
        return None
    found = sdk.count()
    return None if found == ({"tokens": 42} if dialect in COUNTED else {"status": 404}) else f"{found}"


def models(sdk, upstream):
    """Models that only the provider knows are listed."""
    wanted = ["models/listed"] if sdk.sdk == "gemini" else ["listed"]
    names = sdk.models()
    return None if names == wanted else f"{names}"


def run(report, start, folder, node):
    """`start`: a relay with that configuration file."""
    for dialect in ASKED:
        upstream = Upstream()
        file = os.path.join(folder, f"headers-{dialect}.toml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(url=upstream.url, dialect=dialect))
        relay = start(file)
        sdks = {name: Python(name, relay.url) for name in ASKED}
        sdks |= {f"npm {name}": Npm(node, name, relay.url) for name in ASKED}
        for title, sdk in sdks.items():
            for case in (answers, failures, soon, models):
                report(f"{title} before {dialect}: {case.__doc__}", case(sdk, upstream))
            for case in (betas, counting):
                report(f"{title} before {dialect}: {case.__doc__}", case(sdk, upstream, dialect))
        relay.end()
        upstream.shutdown()
