"""The verdicts of a drill must be those that the document tells of this relay."""

import json
import sys

TOLD = {
    # A stream without an end is passed on as it came; a client that waits is given one within the deadline.
    "nginx": dict.fromkeys([0, 1, 2, 8, 14, 15], {"pass"}) | {23: {"lie"}},
    # Its pool of threads grows while it works, which may be a leak.
    "litellm": dict.fromkeys([0, 1, 2, 8], {"pass"}) | {15: {"pass", "leak"}, 23: {"lie", "leak"}},
}

file, name = sys.argv[1:]
faults = json.load(open(file, encoding="utf-8"))["faults"]
for fault in faults:
    print(f"{fault['id']:>3} {fault['name']:<28} {fault['verdict']}  {fault['text'][:150]}")
wrong = [
    f"row {fault['id']} {fault['name']}: {fault['verdict']} instead of {' or '.join(sorted(TOLD[name][fault['id']]))}"
    for fault in faults
    if fault["id"] in TOLD[name]
    and fault["verdict"] != "skipped"
    and fault["verdict"] not in TOLD[name][fault["id"]]
]
missing = TOLD[name].keys() - {fault["id"] for fault in faults if fault["verdict"] != "skipped"}
if wrong or missing:
    sys.exit(f"FAILED: {'; '.join(wrong)}{f'; not done: {sorted(missing)}' if missing else ''}")
