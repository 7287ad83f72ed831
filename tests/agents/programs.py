"""The relay and an agent as processes: started with a clean environment, ended by what started them."""

import fcntl
import os
import re
import signal
import socket
import struct
import subprocess
import threading
import time

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
models = ["*"]
"""
# How a provider of each dialect is shown its key.
AUTHS = {"anthropic": "x-api-key", "openai": "bearer", "responses": "bearer", "gemini": "x-goog-api-key"}


def clean(more):
    """This process's environment without keys, proxies and settings of what is tested."""
    unwanted = r"_API_KEY$|_proxy$|^WATERTIGHT_|^ANTHROPIC_|^OPENAI_|^CLAUDE|^GEMINI_|^CODEX_"
    return {k: v for k, v in os.environ.items() if not re.search(unwanted, k, re.I)} | more


class Relay:
    """`serve` before one provider; `url` is where it listens."""

    def __init__(self, program, dialect, url, folder):
        file = os.path.join(folder, "relay.toml")
        hash = subprocess.run([program, "keys", "hash"], input=CALLER, capture_output=True, text=True, check=True)
        with open(file, "w", encoding="utf-8") as out:
            out.write(CONFIG.format(dialect=dialect, auth=AUTHS[dialect], url=url, hash=re.search(r"sha256:\w+", hash.stdout)[0]))
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

        threading.Thread(target=read, daemon=True).start()
        if not found.wait(30):
            self.child.kill()
            raise SystemExit(f"the relay does not listen:\n{''.join(self.log)}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(10)
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


# Seconds that an agent has for a task.
PATIENCE = 60


def ask(cell, install, url, key, task, folder, interrupt=None):
    """Runs an agent in a folder of its own; gives its exit code, what it printed, and when it ended. `interrupt`: the
    event after which it is interrupted, as by a user's Ctrl-C."""
    home = os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    child = subprocess.Popen(
        cell.agent.command(install, cell.model, task),
        cwd=folder,
        env=clean({"HOME": home, **cell.agent.environment(url, key, home)}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    patience = PATIENCE
    try:
        if interrupt and interrupt.wait(PATIENCE):
            patience = 10
            os.killpg(child.pid, signal.SIGINT)
        out, errors = child.communicate(timeout=patience)
        return child.returncode, out, errors, time.monotonic()
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return f"none within {patience} s", *child.communicate(), time.monotonic()
