"""Runs a command at a terminal of 30 lines and 100 columns, and types: console.py SEEN=KEYS... -- COMMAND...

KEYS are typed once the text SEEN has come, or so many seconds after the keys before. Prints what came to the terminal,
and ends as the command does. Texts are looked for, and printed, without the ends of lines: Wine's console begins a new
one after so many bytes, in the middle of a word or of an escape sequence.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time

LIMIT = 120

cut = sys.argv.index("--")
typed = [argument.split("=", 1) for argument in sys.argv[1:cut]]
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    os.execvp(sys.argv[cut + 1], sys.argv[cut + 1 :])
begun = last = time.monotonic()
seen = b""


def is_due(when):
    try:
        return time.monotonic() - last >= float(when)
    except ValueError:
        return when.encode() in seen


while time.monotonic() - begun < LIMIT:
    if typed and is_due(typed[0][0]):
        os.write(terminal, typed.pop(0)[1].encode().decode("unicode_escape").encode())
        last = time.monotonic()
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            data = os.read(terminal, 65536)
        except OSError:
            data = b""
        if not data:
            break
        seen += data.translate(None, b"\r\n")
else:
    waited = f" before {typed[0][0]!r} was seen" if typed else ", though all keys were typed"
    sys.stderr.write(f"ended after {LIMIT} s{waited}\n")
    os.kill(pid, 9)
status = os.waitpid(pid, 0)[1]
sys.stdout.buffer.write(seen)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
