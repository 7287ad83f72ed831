"""A program under load: started on its own core, weighed by the kernel's own accounts, and ended."""

import os
import pathlib
import resource
import signal
import socket
import subprocess
import time

LOCAL = "127.0.0.1"
UPSTREAM, DEAD = f"{LOCAL}:19920", f"{LOCAL}:19929"


def cores():
    """The relay's core, and that of load and upstream."""
    usable = sorted(os.sched_getaffinity(0))
    if len(usable) < 2:
        raise SystemExit("two cores are needed: one for the relay, one for load and upstream")
    return usable[0], usable[1]


def descriptors():
    """As many open files as the system lets this user have, up to what the largest crowd needs."""
    wanted, hard = 60_000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for most in (max(wanted, hard), hard):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            return most
        except (OSError, ValueError):
            continue
    return hard


def start(command, core, log, **more):
    def pin():
        os.sched_setaffinity(0, {core})

    out = open(log, "ab")
    return subprocess.Popen(
        [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=out, stderr=out, preexec_fn=pin, **more
    )


def answers(address, process, log, patience=30):
    host, port = address.split(":")
    until = time.monotonic() + patience
    while time.monotonic() < until:
        try:
            socket.create_connection((host, int(port)), 1).close()
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.02)
    raise SystemExit(f"{address} does not answer: {pathlib.Path(log).read_text(errors='replace')[-2000:]}")


def tree(pid):
    """A process and all below it."""
    found, ahead = [], [pid]
    while ahead:
        one = ahead.pop()
        found.append(one)
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            try:
                ahead += [int(child) for child in task.read_text().split()]
            except OSError:
                pass
    return found


class Side:
    """One of those that are compared."""

    def __init__(self, name, process, plain, secure=None):
        self.name, self.process, self.plain, self.secure = name, process, plain, secure

    def cpu(self):
        """Seconds of a core that it has used, system and user, from the scheduler's nanoseconds."""
        spent = 0
        for pid in tree(self.process.pid):
            for account in pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat"):
                try:
                    spent += int(account.read_text().split()[0])
                except OSError:
                    pass
        return spent / 1e9

    def status(self, field):
        """A line of its status, in bytes: its processes together."""
        total = 0
        for pid in tree(self.process.pid):
            for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith(field + ":"):
                    total += int(line.split()[1]) * 1024
        return total

    def rss(self):
        return self.status("VmRSS")

    def peak(self):
        return self.status("VmHWM")

    def forget_peak(self):
        for pid in tree(self.process.pid):
            pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")

    def end(self):
        for pid in reversed(tree(self.process.pid)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
