"""The official SDKs from PyPI and npm as judges.

Where the upstream speaks the SDK's dialect, each case runs once directly against the drill's upstream and once through
the relay, and what the SDK makes of both must be the same: objects, exceptions, status codes, messages. Where it speaks
another dialect, what the SDK makes of the answer is compared with golden.json, and what it means with what an upstream
of the SDK's own dialect answers. What the relay says of models is compared with golden.json before every upstream
(cases_beside.py). SDKs of both registries do the same cases (asking.py, node.py). Conversations that go on are in turns.py,
headers in headers.py, the programs of docs/dialects.md in programs.py.

Usage: python run.py PATH/TO/watertight            (UPDATE=1 writes golden.json and the table of
docs/dialects.md anew: read the difference)
"""

import atexit
import functools
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
from google import genai

import cases_beside
import cases_gemini
import cases_responses
import headers
import matrix
import programs
import turns
from cases import ANTHROPIC_CASES, MUST_RAISE, OPENAI_CASES, OTHER_CASES, TRANSLATED
from node import Node, Remote
from outcomes import meaning, outcome, told

GOLDEN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
# Beside the agents' own: Node is there once.
TOOLS = os.path.join(os.path.dirname(GOLDEN), "..", "..", "target", "agents")


class Program:
    """A child that prints where it listens; ended with its standard input and a signal."""

    def __init__(self, stream, *command):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        keep = {k: v for k, v in os.environ.items() if not re.search(r"_API_KEY$|^WATERTIGHT_|_proxy$", k, re.I)}
        self.child = subprocess.Popen(command, env=keep, **pipes)
        atexit.register(self.child.kill)
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


CONFIG = """
[[channels]]
name = "{dialect}"
provider = "{provider}"
dialect = "{dialect}"
base_url = "{url}"
keys = ["env:DRILL_SECRET"]
models = ["*"]
"""


def clients(url, key="sk-test", version=None):
    """The SDKs by what they speak. `version`: Google's, for upstreams; before a relay its SDK takes one of its own."""
    chat = openai.OpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=20)
    google = {"base_url": url, "api_version": version, "timeout": 20_000}
    return {
        "openai": chat,
        "responses": chat,
        "anthropic": anthropic.Anthropic(base_url=url, api_key=key, max_retries=0, timeout=20),
        "gemini": genai.Client(api_key=key, http_options=google),
    }


class Report:
    def __init__(self):
        self.passed, self.failed = 0, 0
        # The names, and whether they passed.
        self.results = []

    def __call__(self, name, problem=None):
        self.results.append((name, not problem))
        self.passed, self.failed = (self.passed, self.failed + 1) if problem else (self.passed + 1, self.failed)
        print(f"{'FAILED' if problem else 'ok':6}  {name}" + (f"\n{problem}" if problem else ""), flush=True)


def show(what):
    return json.dumps(what, indent=1)[:2000]


def remotes(node, url, key="sk-test", version=None):
    """The same from npm."""
    return {sdk: Remote(node, sdk, url, key, version) for sdk in SDKS}


def same_dialect(report, sdk, cases, direct, through):
    for name, case in cases.items():
        here, there = outcome(case, direct), outcome(case, through)
        same = "fault" not in here and json.dumps(here, sort_keys=True) == json.dumps(there, sort_keys=True)
        # Two SDKs that fail alike prove nothing: only the error cases may raise, and they must.
        same = same and ("raised" in here) == (name[0].isdigit() or "error" in name)
        report(f"{sdk}: {name}", None if same else f"directly: {show(here)}\nthrough the relay: {show(there)}")


def found(golden, title):
    """What golden.json has for a case; where it says the same as for another, what it says there."""
    there = golden.get(title)
    return found(golden, f"{there.removeprefix('as ')}: {title.split(': ', 1)[1]}") if isinstance(there, str) else there


def kept(golden, sdk, other, name, there):
    """How an outcome is kept: in words where it is the same before an earlier dialect, or with the SDK from PyPI."""
    earlier = list(PROVIDERS)[: list(PROVIDERS).index(other)]
    same = [f"{sdk} before {one}" for one in earlier]
    same += [f"{sdk.removeprefix('npm ')} before {other}"] if sdk.startswith("npm ") else []
    for one in same:
        if found(golden, f"{one}: {name}") == there:
            return f"as {one}"
    return there


def other_dialect(report, sdk, other, cases, meant, through, golden):
    """`meant`: what the cases mean to the SDK at an upstream of its own dialect, as far as that is known."""
    for name, case in cases.items():
        title = f"{sdk} before {other}: {name}"
        there = told(outcome(case, through))
        if "asked for again" in name:
            # In whose words it is refused depends on who may know it.
            there = {field: there.get(field) for field in ("raised", "status")}
        must_raise = name[0].isdigit() or "error" in name or "cannot" in name
        if "fault" in there or bool(there.get("raised")) != must_raise:
            report(title, f"it {'must' if must_raise else 'must not'} raise: {show(there)}")
            continue
        wanted = meant.get(name)
        if wanted and meaning(there) != wanted:
            means = show(meaning(there))
            report(title, f"an upstream of its own dialect means {show(wanted)}\nthe relay's answer means {means}")
            continue
        if os.environ.get("UPDATE"):
            golden[title] = kept(golden, sdk, other, name, there)
        wanted = found(golden, title)
        report(title, None if wanted == there else f"golden: {show(wanted)}\nnow: {show(there)}")


def broken(report, sdk, dialect, cases, through):
    """A broken answer raises; it is never taken for a complete one."""
    for name, case in cases.items():
        there = outcome(case, through)
        report(f"{sdk} before {dialect}: {name} raises", None if "raised" in there else f"taken for whole: {there}")


# By SDK: what it does before its own dialect and before others, and what breaks.
SDKS = {
    "openai": (OPENAI_CASES, TRANSLATED["openai"], MUST_RAISE["openai"]),
    "anthropic": (ANTHROPIC_CASES, TRANSLATED["anthropic"], MUST_RAISE["anthropic"]),
    "gemini": (cases_gemini.OWN, cases_gemini.OTHER, cases_gemini.MUST_RAISE),
    "responses": (cases_responses.OWN, cases_responses.OTHER, cases_responses.MUST_RAISE),
}
# By dialect, the provider of a channel that speaks it.
PROVIDERS = {"openai": "custom", "anthropic": "custom-anthropic", "gemini": "gemini", "responses": "custom"}


def drilled(report, registry, direct, through, golden):
    """Each SDK before the drill's upstream in each dialect. `registry`: where they come from, as their names begin."""
    for sdk, (own, others, breaking) in SDKS.items():
        name = f"{registry}{sdk}"
        # What cannot be had means nothing; an error behind tokens comes with a status of its own in each dialect.
        known = [case for case in others if "cannot" not in case and "behind" not in case]
        meant = {case: meaning(outcome(others[case], direct[sdk])) for case in known}
        for dialect, relayed in through.items():
            if dialect == sdk:
                same_dialect(report, name, {**own, **cases_beside.own(sdk)}, direct[sdk], relayed[sdk])
            else:
                cases = {**others, **cases_beside.other(sdk, dialect)}
                other_dialect(report, name, dialect, cases, meant, relayed[sdk], golden)
            other_dialect(report, name, dialect, cases_beside.MODELS.get(sdk, {}), {}, relayed[sdk], golden)
            broken(report, name, dialect, breaking, relayed[sdk])
    same_dialect(report, f"{registry}openai", OTHER_CASES, direct["openai"], through["openai"]["openai"])


def main(program):
    report = Report()
    golden = {}
    if not os.environ.get("UPDATE"):
        with open(GOLDEN, encoding="utf-8") as file:
            golden = json.load(file)
    os.environ["DRILL_SECRET"] = "sk-sentinel"
    with tempfile.TemporaryDirectory() as folder:
        upstream = Program("stdout", program, "drill", "upstream", "--listen", "127.0.0.1:0", "--until-stdin-closes")
        relays = {}
        for dialect, provider in PROVIDERS.items():
            file = os.path.join(folder, f"{dialect}.toml")
            with open(file, "w", encoding="utf-8") as out:
                out.write(CONFIG.format(url=upstream.url, dialect=dialect, provider=provider))
            relays[dialect] = Program("stderr", program, "serve", "-c", file, "--listen", "127.0.0.1:0")
        node = Node(TOOLS)
        registries = {"": clients, "npm ": functools.partial(remotes, node)}
        for registry, made in registries.items():
            direct = made(upstream.url, version="v1beta")
            through = {dialect: made(relay.url) for dialect, relay in relays.items()}
            drilled(report, registry, direct, through, golden)

        def start(file):
            return Program("stderr", program, "serve", "-c", file, "--listen", "127.0.0.1:0")

        headers.run(report, start, folder, node)
        turns.run(report, start, registries, folder)
        programs.run(report, relays["anthropic"].url, node)
        for dialect, relay in relays.items():
            relay.end()
            report(f"{dialect}: a clean stop", relay.child.returncode and f"serve exited {relay.child.returncode}")
            log = "".join(relay.log)
            report(f"{dialect}: the provider's key stays out of the log", "sk-sentinel" in log and "it is in it")
            report(f"{dialect}: nothing panicked", "panic" in log and log[-2000:])
        upstream.end()
    matrix.check(report)
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
