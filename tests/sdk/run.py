"""The official SDKs as judges: each case once directly against the drill's upstream and once through the relay.
What the SDK makes of both must be the same: objects, exceptions, status codes, messages.

Usage: python run.py PATH/TO/watertight
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading

import anthropic
import openai

ASK = [{"role": "user", "content": "Say something about water."}]
OPENAI_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
ANTHROPIC_TOOLS = [
    {"name": "get_weather", "description": "The weather in a city", "input_schema": OPENAI_TOOLS[0]["function"]["parameters"]}
]


class Program:
    """A child that prints where it listens; ended with its standard input and a signal."""

    def __init__(self, stream, *command):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        keep = {k: v for k, v in os.environ.items() if not re.search(r"_API_KEY$|^WATERTIGHT_|_proxy$", k, re.I)}
        self.child = subprocess.Popen(command, env=keep, **pipes)
        self.log = []
        found = threading.Event()

        def read(pipe, wanted):
            for line in pipe:
                text = line.decode(errors="replace")
                self.log.append(text)
                match = re.search(r"listening on (http://[0-9.]+:[0-9]+)", text)
                if wanted and match:
                    self.url = match.group(1)
                    found.set()

        for name in ("stdout", "stderr"):
            pipe = getattr(self.child, name)
            threading.Thread(target=read, args=(pipe, name == stream), daemon=True).start()
        if not found.wait(30):
            self.child.kill()
            raise SystemExit(f"{' '.join(command)} does not listen:\n{''.join(self.log)}")

    def end(self):
        self.child.stdin.close()
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(10)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise SystemExit("a program did not stop within 10 s of SIGTERM")


# What differs from call to call by nature: ids, times. Nothing else is let through.
VOLATILE = re.compile(r"^(id|created|_request_id|request_id|system_fingerprint|created_at)$")


def plain(value):
    """An SDK object as data, without what differs from call to call."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", warnings=False)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in sorted(value.items()) if not VOLATILE.match(k)}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def outcome(case, client):
    """What a case gives: its value, or what it raised and what it had seen before."""
    seen = []
    try:
        return {"value": plain(case(client, seen)), "seen": plain(seen)}
    except (openai.OpenAIError, anthropic.AnthropicError) as error:
        body = getattr(error, "body", None)
        return {
            "raised": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "message": re.sub(r"req_[0-9a-f]+", "req", str(error)),
            "body": plain(body) if isinstance(body, (dict, list)) else body,
            "seen": plain(seen),
        }
    except Exception as error:
        # An SDK lets the transport errors of a broken stream through as they are; anything else is a fault here.
        if not type(error).__module__.startswith("http"):
            raise
        return {"raised": type(error).__name__, "seen": plain(seen)}


def chat(model, **more):
    return lambda client, seen: client.chat.completions.create(model=model, messages=ASK, max_tokens=20, **more)


def chat_stream(model, **more):
    def run(client, seen):
        for chunk in client.chat.completions.create(model=model, messages=ASK, max_tokens=20, stream=True, **more):
            seen.append(chunk)
        return "ended"

    return run


def message(model, **more):
    return lambda client, seen: client.messages.create(model=model, messages=ASK, max_tokens=20, **more)


def message_stream(model, **more):
    def run(client, seen):
        with client.messages.stream(model=model, messages=ASK, max_tokens=20, **more) as stream:
            for event in stream:
                seen.append(event)
            return stream.get_final_message()

    return run


USAGE = {"stream_options": {"include_usage": True}}
OPENAI_CASES = {
    "plain": chat("gpt-5-mini"),
    "stream": chat_stream("gpt-5-mini"),
    "stream with usage": chat_stream("gpt-5-mini", **USAGE),
    "tool call": chat("gpt-5-mini", tools=OPENAI_TOOLS),
    "tool call, streamed": chat_stream("gpt-5-mini", tools=OPENAI_TOOLS),
    "embeddings": lambda client, seen: client.embeddings.create(model="text-embedding-3-small", input=["a", "b"]),
    "400": chat("fault-status-400"),
    "404": chat("fault-status-404"),
    "422": chat("fault-status-422"),
    "429": chat("fault-status-429"),
    "500": chat("fault-status-500"),
    "503 for a stream": chat_stream("fault-status-503"),
    "error event after tokens": chat_stream("fault-error-after-5"),
}
ANTHROPIC_CASES = {
    "plain": message("claude-test"),
    "stream": message_stream("claude-test"),
    "tool call": message("claude-test", tools=ANTHROPIC_TOOLS),
    "tool call, streamed": message_stream("claude-test", tools=ANTHROPIC_TOOLS),
    "400": message("fault-status-400"),
    "404": message("fault-status-404"),
    "413": message("fault-status-413"),
    "429": message("fault-status-429"),
    "500": message("fault-status-500"),
    "529 for a stream": message_stream("fault-status-529"),
    "error event after tokens": message_stream("fault-error-after-5"),
}
# Here the relay does better than the upstream: what breaks off silently there must raise here.
MUST_RAISE = {
    "openai": {
        "a stream that stops without an end": chat_stream("fault-truncate-5"),
        "a stream that is cut": chat_stream("fault-cut-5"),
        "a stream without an event": chat_stream("fault-no-event"),
        "a stream that is an error": chat_stream("fault-first-error"),
        "an error with status 200": chat("fault-json-error"),
        "an error with status 200 for a stream": chat_stream("fault-json-error"),
        "half an answer": chat("fault-length-short"),
        "a page": chat("fault-html"),
        "nothing": chat("fault-empty"),
    },
    "anthropic": {
        "a stream that stops without an end": message_stream("fault-truncate-5"),
        "a stream that is cut": message_stream("fault-cut-5"),
        "a stream without an event": message_stream("fault-no-event"),
        "a stream that is an error": message_stream("fault-first-error"),
        "an error with status 200": message("fault-json-error"),
        "half an answer": message("fault-length-short"),
        "a page": message("fault-html"),
        "nothing": message("fault-empty"),
    },
}

CONFIG = """
[[channels]]
name = "openai"
provider = "custom"
dialect = "openai"
base_url = "{url}"
keys = ["env:DRILL_SECRET"]
models = ["*"]

[[channels]]
name = "anthropic"
provider = "anthropic"
base_url = "{url}"
keys = ["env:DRILL_SECRET"]
models = ["*"]
"""


def clients(url):
    return {
        "openai": openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0, timeout=20),
        "anthropic": anthropic.Anthropic(base_url=url, api_key="sk-test", max_retries=0, timeout=20),
    }


def main(program):
    passed, failed = 0, 0

    def report(name, problem):
        nonlocal passed, failed
        passed, failed = (passed, failed + 1) if problem else (passed + 1, failed)
        print(f"{'FAILED' if problem else 'ok':6}  {name}" + (f"\n{problem}" if problem else ""), flush=True)

    os.environ["DRILL_SECRET"] = "sk-sentinel"
    with tempfile.TemporaryDirectory() as folder:
        upstream = Program("stdout", program, "drill", "upstream", "--listen", "127.0.0.1:0", "--until-stdin-closes")
        file = os.path.join(folder, "watertight.toml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(url=upstream.url))
        relay = Program("stderr", program, "serve", "-c", file, "--listen", "127.0.0.1:0")
        direct, through = clients(upstream.url), clients(relay.url)
        for sdk, cases in (("openai", OPENAI_CASES), ("anthropic", ANTHROPIC_CASES)):
            for name, case in cases.items():
                here, there = outcome(case, direct[sdk]), outcome(case, through[sdk])
                same = json.dumps(here, sort_keys=True) == json.dumps(there, sort_keys=True)
                # Two SDKs that fail alike prove nothing: only the error cases may raise, and they must.
                same = same and ("raised" in here) == (name[0].isdigit() or "error" in name)
                show = lambda what: json.dumps(what, indent=1)[:2000]
                report(f"{sdk}: {name}", None if same else f"directly: {show(here)}\nthrough the relay: {show(there)}")
            for name, case in MUST_RAISE[sdk].items():
                there = outcome(case, through[sdk])
                report(f"{sdk}: {name} raises", None if "raised" in there else f"taken for whole: {there}")
        relay.end()
        upstream.end()
        if relay.child.returncode != 0:
            report("a clean stop", f"serve exited {relay.child.returncode}")
        if "sk-sentinel" in "".join(relay.log):
            report("the provider's key stays out of the log", "it is in it")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
