"""The official SDKs from npm, asked the same cases as those from PyPI: one process of Node, a line for each case.

What they give is told in Python's names, so that one golden file serves both.
"""

import base64
import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading

import pydantic

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "..", "agents"))

import install

# What the newest of the SDKs wants.
NODE = 22
# A line that takes longer is a hang: each SDK gives up by itself before.
PATIENCE = 60


def installed(root):
    """The folder of the SDKs, in the versions of the lock file, and Node's command and environment."""
    os.makedirs(root, exist_ok=True)
    command, env = ["npm"], dict(os.environ)
    node = "node"
    if not install.machine_has(NODE):
        binaries, script = install.pypi_node(root)
        node = os.path.join(binaries, "node")
        command, env["PATH"] = [node, script], f"{binaries}:{env['PATH']}"
    files = [os.path.join(HERE, "npm", name) for name in ("package.json", "package-lock.json")]
    known = hashlib.sha256(b"".join(open(file, "rb").read() for file in files)).hexdigest()[:12]

    def fill(folder):
        for file in files:
            shutil.copy(file, folder)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--engine-strict", "--prefix", folder]
        install.run(*command, "ci", *options, env=env)

    return install.once(root, f"sdks-{known}", fill), node


class Unbearable(Exception):
    """What an SDK raised that is none of its errors: it does not bear what it was given."""


class Node:
    """A child that does what it is asked, one thing after another."""

    def __init__(self, root):
        self.folder, self.command = installed(root)
        for name in os.listdir(os.path.join(HERE, "npm")):
            # Modules find what they import beside themselves.
            shutil.copy(os.path.join(HERE, "npm", name), self.folder)
        keep = {k: v for k, v in os.environ.items() if not re.search(r"_API_KEY$|_proxy$|^NODE_|^OPENAI_|^ANTHROPIC_|^GOOGLE_", k, re.I)}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.child = subprocess.Popen([self.command, os.path.join(self.folder, "sdks.mjs")], env=keep, **pipes)

    def ask(self, **asked):
        watch = threading.Timer(PATIENCE, self.child.kill)
        watch.start()
        self.child.stdin.write(f"{json.dumps(asked)}\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        watch.cancel()
        told = json.loads(line) if line else {"fault": f"no answer within {PATIENCE} s, or the process ended"}
        if "fault" in told:
            raise Unbearable(told["fault"])
        return told

    def end(self):
        self.child.stdin.close()
        self.child.wait(10)


def camel(name):
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def snake(name):
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


def wired(value):
    """What a case asks as JSON; files as their name, bytes and type."""
    if isinstance(value, pydantic.BaseModel):
        return wired(value.model_dump(by_alias=True, exclude_none=True))
    if isinstance(value, tuple):
        return {"$file": [value[0], base64.b64encode(value[1]).decode(), value[2]]}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: wired(one) for name, one in value.items()}
    return [wired(one) for one in value] if isinstance(value, list) else value


# What is the application's own, and has its own names.
OWN = ("args", "response", "body")


def pythonic(value):
    """What Google's SDK gives, in the names of the one for Python."""
    if isinstance(value, list):
        return [pythonic(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {snake(name): one if name in OWN else pythonic(one) for name, one in value.items()}


class Remote:
    """An SDK of npm at an address: what cases are asked of."""

    def __init__(self, node, sdk, url, key, version=None):
        self.node, self.gemini = node, sdk == "gemini"
        self.at = {"sdk": sdk, "url": url, "key": key, "version": version, "retries": 0}

    def told(self, case, **more):
        """What it makes of a case, in JavaScript's names."""
        asked = [] if case.asked is None else [wired(case.asked)]
        positional = wired(list(case.positional))
        for one in (positional + asked if self.gemini else []):
            if "config" in one:
                one["config"] = {camel(name): value for name, value in one["config"].items()}
        asked = [*positional, *asked]
        return self.node.ask(**{**self.at, **more}, operation=camel(case.operation), way=case.way, arguments=asked)

    def outcome(self, case):
        """What outcomes.outcome makes something of."""
        told = self.told(case)
        if self.gemini and told.get("seen") and "raised" in told:
            # What it raises behind events depends on how they are cut into pieces.
            return {"raised": "BrokenOff", "seen": pythonic(told["seen"])}
        if self.gemini and told.get("raised") == "ApiError":
            # The body stands in the message.
            with contextlib.suppress(ValueError):
                told["body"] = json.loads(told["message"])
                del told["message"]
        return pythonic(told) if self.gemini else told

    def talk(self, name, model):
        """What one of the applications of npm/talks.mjs comes to."""
        return self.node.ask(**self.at, talk=name, model=model)["value"]
