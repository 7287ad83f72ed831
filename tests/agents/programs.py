"""The relay and an agent as processes: started with a clean environment, ended by what started them."""

import fcntl
import json
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

import manual
from provider import KEY

CALLER = "sk-wt-the-caller-s-own"
CONFIG = """
[[keys]]
name = "agent"
hash = "{hash}"

[[channels]]
name = "scripted"
provider = "custom"
dialect = "{dialect}"
auth = "{auth}"
base_url = "{url}"
keys = ["env:PROVIDER_SECRET"]
models = [{models}]
"""
# How a provider of each dialect is shown its key.
AUTHS = {"anthropic": "x-api-key", "openai": "bearer", "responses": "bearer", "gemini": "x-goog-api-key"}


def clean(more):
    """This process's environment without keys, proxies and settings of what is tested."""
    unwanted = r"_API_KEY$|_proxy$|^WATERTIGHT_|^ANTHROPIC_|^OPENAI_|^CLAUDE|^GEMINI_|^GOOGLE_|^CODEX_|^RELAY_"
    return {k: v for k, v in os.environ.items() if not re.search(unwanted, k, re.I)} | more


class Relay:
    """`serve` before one provider; `url` is where it listens. A model that is asked by another name is led to `model`."""

    def __init__(self, program, dialect, url, folder, asked=None, model=None):
        file = os.path.join(folder, "relay.toml")
        hash = subprocess.run([program, "keys", "hash"], input=CALLER, capture_output=True, text=True, check=True)
        with open(file, "w", encoding="utf-8") as out:
            names = {"dialect": dialect, "auth": AUTHS[dialect], "url": url, "hash": re.search(r"sha256:\w+", hash.stdout)[0]}
            other = "" if asked == model else f'{{ name = "{asked}", upstream = "{model}" }}, '
            out.write(CONFIG.format(**names, models=f'{other}"*"'))
        self.child = subprocess.Popen(
            [program, "serve", "-c", file, "--listen", "127.0.0.1:0"],
            env=clean({"PROVIDER_SECRET": KEY}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.log, self.url, found = [], None, threading.Event()

        def read():
            for line in self.child.stderr:
                self.log.append(line)
                if match := re.search(r"listening on (http://[0-9.]+:[0-9]+)", line):
                    self.url = match[1]
                    found.set()

        self.reader = threading.Thread(target=read, daemon=True)
        self.reader.start()
        if not found.wait(30):
            self.child.kill()
            raise SystemExit(f"the relay does not listen:\n{''.join(self.log)}")

    def lines(self):
        """Its log, read: what is no JSON is a text."""
        return [json.loads(line) if line.startswith("{") else {"text": line} for line in self.log]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(PARTING)
            self.reader.join(PARTING)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise


def alone():
    """Takes loopback up, and makes sure that there is nothing else: an agent could talk to its maker."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh22x", b"lo", UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, request)
    for file in ("/proc/self/net/route", "/proc/self/net/ipv6_route"):
        if os.path.exists(file):
            with open(file, encoding="ascii") as routes:
                others = [line for line in routes if line.split()[0] != "Iface" and line.split()[-1] != "lo"]
            if others:
                raise SystemExit(f"this network reaches others ({others[0].strip()}): start it with tests/agents/run")


# As in linux/sockios.h and linux/if.h.
SIOCSIFFLAGS, UP = 0x8914, 1


# Seconds that an agent has for a task, and to go when it is interrupted. It needs a few; a machine that does much else
# makes that ten times as many, and who hangs is found all the same.
PATIENCE, PARTING = 180, 30


def ask(cell, install, url, key, task, folder, interrupt=None, server=None, model=None):
    """Sets an agent up as docs/agents.md says, in a folder of its own, and runs it there; gives its exit code, what it
    printed, when it was interrupted, and when it ended. `interrupt`: the event after which it is, as by a user's Ctrl-C.
    `server`: the name and command of an MCP server that it is to have. `model`: where it is set to another than the cell's."""
    agent, home = cell.agent, os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    lines = manual.typed(agent, url, key, model or cell.model, home)
    more = agent.serves(home, server) if server else []
    child = subprocess.Popen(
        ["sh", "-ec", f'{lines}\nexec "$@"', "sh", *agent.command(install, task), *more],
        cwd=folder,
        env=clean({"HOME": home, **agent.ENVIRONMENT}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    patience, interrupted = PATIENCE, None
    try:
        if interrupt and interrupt.wait(PATIENCE):
            patience, interrupted = PARTING, time.monotonic()
            os.killpg(child.pid, signal.SIGINT)
        out, errors = child.communicate(timeout=patience)
        return child.returncode, out, errors, interrupted, time.monotonic()
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return f"none within {patience} s", *child.communicate(), interrupted, time.monotonic()
