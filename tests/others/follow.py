"""Does what a section of docs/drill-others.md says: writes the file that it shows, and runs its commands (`sh` blocks)
in order, each in a shell of its own, here."""

import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

document, name = sys.argv[1:]
text = open(document, encoding="utf-8").read()
section = re.search(rf"^## {re.escape(name)}$(.*?)(?=^## |\Z)", text, re.M | re.S | re.I)
if not section:
    sys.exit(f"FAILED: the document has no section {name}")

# A file's name is the last word in backquotes before its block.
blocks = re.findall(r"(?:`([\w.-]+)`:\n\n)?^```(\w+)\n(.*?)^```$", section[1], re.M | re.S)
files = [(file, body) for file, _, body in blocks if file]
commands = [body for _, language, body in blocks if language == "sh"]
if not files or len(commands) < 2:
    sys.exit(f"FAILED: the section {name} has {len(files)} files and {len(commands)} commands")
for file, body in files:
    with open(file, "w", encoding="utf-8") as out:
        out.write(body)


def until_it_answers(url, seconds=180):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5)
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"FAILED: nobody answers at {url}")


for command in commands:
    print(f"$ {command.strip()}", flush=True)
    target = re.search(r"--target (\S+)", command)
    if target:
        until_it_answers(target[1])
    log = open("commands.log", "ab")
    # The drill's exit code is its verdict, which is judged by its rows.
    done = subprocess.run(["sh", "-c", command], stdout=log, stderr=log, timeout=900)
    if done.returncode not in (0, 2 if target else 0):
        sys.stdout.write(open("commands.log", encoding="utf-8", errors="replace").read())
        sys.exit(f"FAILED: it ended with {done.returncode}")
