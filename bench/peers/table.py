"""Tables of what the drill found, from its JSON: `table.py FOLDER PEER` for one relay, with what was wrong;
`table.py FOLDER PEER PEER…` for the verdicts of several, side by side, and with `--into PAGE` before the peers, between
the page's two marks."""

import contextlib
import datetime
import io
import json
import pathlib
import sys


BEGIN, END = "<!-- peers: begin -->\n", "<!-- peers: end -->"


def load(folder, peer):
    results = pathlib.Path(folder) / peer
    paths = sorted(results.glob("*.json"), key=lambda path: path.stat().st_mtime)
    rows = [json.loads(path.read_text()) for path in paths]
    faults = [fault for row in rows for fault in row["faults"]]
    for path, fault in zip(paths, faults):
        fault["died"] = path.with_suffix(".died").exists()
    return {
        **rows[0],
        "faults": faults,
        "version": (results / "version").read_text().strip(),
        "day": max(datetime.date.fromtimestamp(path.stat().st_mtime) for path in paths).isoformat(),
    }


def verdict(fault):
    """A dagger where the relay's process ended."""
    return fault["verdict"] + (" †" if fault["died"] else "")


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def row(cells):
    return "| " + " | ".join(cells) + " |"


def one(report):
    print(f"### {report['version']}\n")
    print(row(["row", "requests", "client saw", "open", "fds", "quiet", "verdict"]))
    print("|" + "---|" * 7)
    for fault in report["faults"]:
        saw = ", ".join(f"{key.replace('_', ' ')} {count}" for key, count in fault["client"].items())
        fds = " → ".join(map(str, fault["fds"])) if fault["fds"] else "–"
        quiet = "never" if fault["quiet_s"] is None else f"{fault['quiet_s']:.1f} s"
        name = f"{fault['id']} {fault['name']}"
        ran = [str(fault["requests"]), saw, str(fault["upstream_open_after"]), fds, quiet]
        print(row([name, *ran, verdict(fault)]))
    print()
    for fault in report["faults"]:
        if fault["verdict"] != "pass":
            print(f"- {fault['id']} {fault['name']}: {verdict(fault)}: {cell(fault['text'])}")
    print()


def several(reports):
    first = reports[0]
    print(f"{max(report['day'] for report in reports)}, `--requests {first['requests']} --concurrency {first['concurrency']}`, "
          f"clients wait {first['patience_s']:.0f} s.\n")
    print(row(["row", *(report["version"] for report in reports)]))
    print("|" + "---|" * (len(reports) + 1))
    verdicts = [{(f["id"], f["name"]): verdict(f) for f in report["faults"]} for report in reports]
    for key in dict.fromkeys(key for report in verdicts for key in report):
        print(row([f"{key[0]} {key[1]}", *(report.get(key, "–") for report in verdicts)]))
    passed = [sum(v == "pass" for v in report.values()) for report in verdicts]
    print(row(["passed", *(f"{count} of {len(all)}" for count, all in zip(passed, verdicts))]))
    if any("†" in v for report in verdicts for v in report.values()):
        print("\n† its process ended")


def main():
    folder, *peers = sys.argv[1:]
    page = None
    if peers[0] == "--into":
        page, peers = pathlib.Path(peers[1]), peers[2:]
    # What was not measured is left out.
    there = [peer for peer in peers if any((pathlib.Path(folder) / peer).glob("*.json"))]
    reports = [load(folder, peer) for peer in there]
    if len(reports) == 1:
        one(reports[0])
    elif page is None:
        several(reports)
    else:
        table = io.StringIO()
        with contextlib.redirect_stdout(table):
            several(reports)
        before, rest = page.read_text().split(BEGIN)
        page.write_text(before + BEGIN + table.getvalue() + END + rest.split(END)[1])


main()
