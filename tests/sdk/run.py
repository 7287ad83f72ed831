"""The official SDKs as judges.

Where the upstream speaks the SDK's dialect, each case runs once directly against the drill's upstream and once through
the relay, and what the SDK makes of both must be the same: objects, exceptions, status codes, messages. Where it speaks
the other dialect, what the SDK makes of the answer is compared with golden.json, and what it means with what an upstream
of the SDK's own dialect answers.

Usage: python run.py PATH/TO/watertight            (UPDATE=1 writes golden.json anew: read the difference)
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

import headers
from cases import ANTHROPIC_CASES, MUST_RAISE, OPENAI_CASES, OTHER_CASES, TRANSLATED

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")

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


CONFIG = """
[[channels]]
name = "{dialect}"
provider = "{provider}"
dialect = "{dialect}"
base_url = "{url}"
keys = ["env:DRILL_SECRET"]
models = ["*"]
"""


def clients(url):
    return {
        "openai": openai.OpenAI(base_url=f"{url}/v1", api_key="sk-test", max_retries=0, timeout=20),
        "anthropic": anthropic.Anthropic(base_url=url, api_key="sk-test", max_retries=0, timeout=20),
    }


# Events that the SDK makes up from those that came.
DERIVED = ("text", "input_json")


def told(value):
    """What golden.json keeps: without what is not there, what the SDK makes up, and the request's id."""
    if isinstance(value, dict):
        if "raised" in value and value.get("body"):
            value = {k: v for k, v in value.items() if k != "message"}
        return {k: told(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [told(v) for v in value if not (isinstance(v, dict) and v.get("type") in DERIVED and "snapshot" in v)]
    return re.sub(r"request id: [0-9a-f]{32}", "request id: …", value) if isinstance(value, str) else value


def meaning(outcome):
    """What an outcome means to an application, in no dialect."""
    if "raised" in outcome:
        return {"raised": outcome["raised"], "status": outcome.get("status")}
    value, seen = outcome["value"], outcome["seen"]
    if value == "ended":
        deltas = [choice for chunk in seen for choice in chunk["choices"]]
        calls = [call["function"] for choice in deltas for call in choice["delta"].get("tool_calls") or []]
        texts = [choice["delta"].get("content") or "" for choice in deltas]
        names = [call.get("name") or "" for call in calls]
        arguments = [call.get("arguments") or "" for call in calls]
        last = [choice["finish_reason"] for choice in deltas if choice.get("finish_reason")]
        call = ["".join(names), json.loads("".join(arguments))] if calls else None
        return {"text": "".join(texts), "call": call, "stop": last}
    if "choices" in value:
        (choice,) = value["choices"]
        calls = choice["message"].get("tool_calls")
        call = calls and [calls[0]["function"]["name"], json.loads(calls[0]["function"]["arguments"])]
        return {"text": choice["message"].get("content") or "", "call": call or None, "stop": choice["finish_reason"]}
    blocks = value["content"]
    calls = [[block["name"], block["input"]] for block in blocks if block["type"] == "tool_use"]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    return {"text": "".join(texts), "call": calls[0] if calls else None, "stop": value["stop_reason"]}


class Report:
    def __init__(self):
        self.passed, self.failed = 0, 0

    def __call__(self, name, problem=None):
        self.passed, self.failed = (self.passed, self.failed + 1) if problem else (self.passed + 1, self.failed)
        print(f"{'FAILED' if problem else 'ok':6}  {name}" + (f"\n{problem}" if problem else ""), flush=True)


def show(what):
    return json.dumps(what, indent=1)[:2000]


def same_dialect(report, sdk, cases, direct, through):
    for name, case in cases.items():
        here, there = outcome(case, direct), outcome(case, through)
        same = json.dumps(here, sort_keys=True) == json.dumps(there, sort_keys=True)
        # Two SDKs that fail alike prove nothing: only the error cases may raise, and they must.
        same = same and ("raised" in here) == (name[0].isdigit() or "error" in name)
        report(f"{sdk}: {name}", None if same else f"directly: {show(here)}\nthrough the relay: {show(there)}")


def other_dialect(report, sdk, cases, direct, through, golden):
    for name, case in cases.items():
        title = f"{sdk} before the other dialect: {name}"
        there = told(outcome(case, through))
        must_raise = name[0].isdigit() or "error" in name or "cannot" in name
        if ("raised" in there) != must_raise:
            report(title, f"it {'must' if must_raise else 'must not'} raise: {show(there)}")
            continue
        if "cannot" not in name:
            means, meant = meaning(outcome(case, direct)), meaning(there)
            if means != meant:
                report(title, f"an upstream of its own dialect means {show(means)}\nthe relay's answer means {show(meant)}")
                continue
        if os.environ.get("UPDATE"):
            golden[title] = there
        elif golden.get(title) != there:
            report(title, f"golden: {show(golden.get(title))}\nnow: {show(there)}")
            continue
        report(title)


def broken(report, sdk, through, what):
    """A broken answer raises; it is never taken for a complete one."""
    for name, case in MUST_RAISE[sdk].items():
        there = outcome(case, through)
        report(f"{sdk}{what}: {name} raises", None if "raised" in there else f"taken for whole: {there}")


def main(program):
    report = Report()
    with open(GOLDEN, encoding="utf-8") as file:
        golden = json.load(file)
    os.environ["DRILL_SECRET"] = "sk-sentinel"
    with tempfile.TemporaryDirectory() as folder:
        upstream = Program("stdout", program, "drill", "upstream", "--listen", "127.0.0.1:0", "--until-stdin-closes")
        relays = {}
        for dialect, provider in (("openai", "custom"), ("anthropic", "custom-anthropic")):
            file = os.path.join(folder, f"{dialect}.toml")
            with open(file, "w", encoding="utf-8") as out:
                out.write(CONFIG.format(url=upstream.url, dialect=dialect, provider=provider))
            relays[dialect] = Program("stderr", program, "serve", "-c", file, "--listen", "127.0.0.1:0")
        direct = clients(upstream.url)
        through = {dialect: clients(relay.url) for dialect, relay in relays.items()}
        for sdk, other, cases in (("openai", "anthropic", OPENAI_CASES), ("anthropic", "openai", ANTHROPIC_CASES)):
            same_dialect(report, sdk, cases, direct[sdk], through[sdk][sdk])
            broken(report, sdk, through[sdk][sdk], "")
            other_dialect(report, sdk, TRANSLATED[sdk], direct[sdk], through[other][sdk], golden)
            broken(report, sdk, through[other][sdk], " before the other dialect")
        same_dialect(report, "openai", OTHER_CASES, direct["openai"], through["openai"]["openai"])
        headers.run(report, lambda file: Program("stderr", program, "serve", "-c", file, "--listen", "127.0.0.1:0"), folder)
        for dialect, relay in relays.items():
            relay.end()
            report(f"{dialect}: a clean stop", relay.child.returncode and f"serve exited {relay.child.returncode}")
            log = "".join(relay.log)
            report(f"{dialect}: the provider's key stays out of the log", "sk-sentinel" in log and "it is in it")
            report(f"{dialect}: nothing panicked", "panic" in log and log[-2000:])
        upstream.end()
    if os.environ.get("UPDATE"):
        with open(GOLDEN, "w", encoding="utf-8") as file:
            json.dump(golden, file, indent=1, sort_keys=True, ensure_ascii=False)
            file.write("\n")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed or not report.passed else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]))
