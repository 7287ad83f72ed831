"""Counts the instructions, in user mode, that a relay executes for one request of each kind.

The relay runs under callgrind, on one processor and so with one worker, logs into a file as it does for its users, and
serves N requests on kept connections; and in another life, 3 N. Half the difference by N is the price of one: what
starting, warming up and stopping cost is in both. What a relay does by the clock is taken off, by the seconds.
"""

import os
import pathlib
import re
import signal
import subprocess
import time

from traffic import KINDS, Traffic

VALGRIND = ["valgrind", "--quiet", "--tool=callgrind"]
WARM_UP = 10
REQUESTS = {
    "whole answer": 200, "stream of 66 events": 40, "translated answer": 200, "translated stream": 40,
    "agent's turn": 60, "translated agent's turn": 40, "responses stream from chat": 40,
    "second channel answers": 100, "whole answer, HTTP/2": 200, "stream, HTTP/2": 40,
}
# Which of libc's copies of memcpy and its kin run, and up to which size: the plainest, whatever the processor has.
LIBC = ":".join([
    "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX2,-AVX,-BMI1,-BMI2,-LZCNT,-MOVBE,-RTM,-ERMS,-FSRM,-SSE4_2,-SSE4_1,-SSSE3",
    "glibc.cpu.x86_non_temporal_threshold=0xc0000",
    "glibc.cpu.x86_rep_movsb_threshold=0x800",
    "glibc.cpu.x86_rep_stosb_threshold=0x800",
])
CONFIGURATION = """
listen = "127.0.0.1:0"
[[channels]]
name = "openai"
provider = "custom"
base_url = "http://127.0.0.1:{port}"
models = ["gpt-*"]
[[channels]]
name = "anthropic"
provider = "custom"
dialect = "anthropic"
base_url = "http://127.0.0.1:{port}"
models = ["claude-*"]
[[channels]]
name = "http2"
provider = "custom"
base_url = "http://127.0.0.1:{port}"
http2 = true
models = ["http2"]
[[channels]]
name = "refusing"
provider = "custom"
base_url = "http://127.0.0.1:{refusing}"
models = ["failing"]
priority = 10
[[channels]]
name = "answering"
provider = "custom"
base_url = "http://127.0.0.1:{port}"
models = ["failing"]
"""


def address(log, relay):
    for _ in range(600):
        if found := re.search(r"listening on http://([0-9.]+):([0-9]+)", log.read_text()):
            return found[1], int(found[2])
        if relay.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit(f"the relay does not listen:\n{log.read_text()}")


def life(program, folder, kind, requests, idle_s=0.0):
    """A whole life of the relay: its instructions, and the seconds between its first request and its end."""
    traffic = Traffic(kind)
    (folder / "relay.toml").write_text(CONFIGURATION.format(port=traffic.port, refusing=traffic.refusing_port))
    out, log = folder / "counted", folder / "log"
    processor = min(os.sched_getaffinity(0))
    with log.open("wb") as file:
        relay = subprocess.Popen(
            [*VALGRIND, f"--callgrind-out-file={out}", program, "serve", "-c", folder / "relay.toml"],
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "GLIBC_TUNABLES": LIBC},
            stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            preexec_fn=lambda: os.sched_setaffinity(0, {processor}),
        )
        try:
            traffic.connect(address(log, relay))
            began = time.monotonic()
            traffic.run(requests)
            time.sleep(idle_s)
        finally:
            traffic.close()
            relay.send_signal(signal.SIGTERM)
        seconds = time.monotonic() - began
        try:
            code = relay.wait(60)
        except subprocess.TimeoutExpired:
            relay.kill()
            raise
    if code != 0:
        raise SystemExit(f"the relay ended with {code}:\n{log.read_text()}")
    return int(re.search(r"^(?:summary|totals): ([0-9]+)", out.read_text(), re.M)[1]), seconds


def idle(program, folder):
    """Instructions a second of a relay that is asked nothing: its clock ticks, the longer the slower the machine."""
    (few, short), (many, long) = (life(program, folder, "whole answer", WARM_UP, idle_s) for idle_s in (1, 6))
    return (many - few) / (long - short)


def price(program, folder, kind, a_second):
    few, many = WARM_UP + REQUESTS[kind], WARM_UP + 3 * REQUESTS[kind]
    (least, short), (most, long) = (life(program, folder, kind, requests) for requests in (few, many))
    return round((most - least - a_second * (long - short)) / (many - few))


def prices(program, folder):
    """Each kind, and instructions for one of it."""
    a_second = idle(program, folder)
    return {kind: price(program, folder, kind, a_second) for kind in KINDS}
