"""Asks a real Prometheus every query of the dashboard and every rule, while it scrapes a real relay that has traffic.

Usage: ask.py WATERTIGHT DEPLOY. Prints one line a query with what Prometheus answered; exits with 1 where a panel would
stay empty, a query is refused, or a metric that a rule names does not exist."""

import http.server
import json
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

WATERTIGHT, DEPLOY = sys.argv[1], Path(sys.argv[2])
# What Grafana would put in place of its variables.
VARIABLES = {"$job": ".*", "$instance": ".*", "$__rate_interval": "20s"}
DEADLINE = 120
# Names in rules and panels that are of no relay of ours: Go's own.
FOREIGN = {"go_goroutines"}
failures = []


def free_ports(count):
    found = subprocess.check_output([Path(__file__).parent.parent / "ports", str(count)], text=True)
    return [int(port) for port in found.split()]


def fetch(url, body=None):
    headers = {"content-type": "application/json"} if body else {}
    request = urllib.request.Request(url, data=body and json.dumps(body).encode(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def wait_for(what, look):
    until = time.monotonic() + DEADLINE
    while time.monotonic() < until:
        try:
            found = look()
        except OSError:
            found = None
        if found:
            return found
        time.sleep(0.25)
    sys.exit(f"FAILED: {what} did not come within {DEADLINE} s")


class Textfile(http.server.BaseHTTPRequestHandler):
    """In place of node_exporter's textfile folder: what `quick-check --format prometheus` writes."""

    relay = None

    def do_GET(self):
        command = [WATERTIGHT, "quick-check", "--api-url", self.relay, "--format", "prometheus"]
        page = subprocess.run(command, capture_output=True, check=False).stdout
        # A stand-in for a program of Go, for the panel of other relays.
        page += b"# TYPE go_goroutines gauge\ngo_goroutines 12\n"
        self.send_response(200)
        self.send_header("content-type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


def traffic(relay, stop):
    """Whole answers, streams, and requests that are refused: every panel has something to show."""
    while not stop.is_set():
        for stream in (False, True):
            body = {"model": "demo", "stream": stream, "messages": [{"role": "user", "content": "hi"}]}
            fetch(f"{relay}/v1/chat/completions", body)
        fetch(f"{relay}/v1/chat/completions", {"model": "demo"})
        stop.wait(0.1)


def prometheus(folder, relay, textfile):
    """Starts Prometheus with the rules as they are, scraping each second instead of each fifteenth."""
    config = (DEPLOY / "prometheus/prometheus.yml").read_text()
    for old, new in (
        ("15s", "1s"),
        ("rules.yml", str(DEPLOY / "prometheus/rules.yml")),
        ("localhost:3000", relay.removeprefix("http://")),
    ):
        assert old in config, f"prometheus.yml has no {old}"
        config = config.replace(old, new)
    config += f"\n  - job_name: textfile\n    honor_labels: true\n    static_configs: [{{targets: ['127.0.0.1:{textfile}']}}]\n"
    (folder / "prometheus.yml").write_text(config)
    (port,) = free_ports(1)
    log = open(folder / "prometheus.log", "w")
    process = subprocess.Popen(
        [
            "prometheus",
            f"--config.file={folder}/prometheus.yml",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stdout=log,
        stderr=log,
    )
    return process, f"http://127.0.0.1:{port}"


def ask(server, query):
    """The series that Prometheus answers, or its refusal as a text."""
    status, body = fetch(f"{server}/api/v1/query?" + urllib.parse.urlencode({"query": query}))
    answer = json.loads(body)
    return answer["data"]["result"] if status == 200 else answer.get("error", body)


def panels(server):
    dashboard = json.loads((DEPLOY / "grafana/watertight.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            report(f"panel  {panel['title']}", query, ask(server, query))
    for variable in dashboard["templating"]["list"]:
        named = re.fullmatch(r"label_values\((\w+)(\{.*\})?, (\w+)\)", variable["query"]["query"]) if isinstance(variable["query"], dict) else None
        if named:
            found = ask(server, f"count by ({named[3]}) ({named[1]})")
            report(f"variable  {variable['name']}", named[0], found)


def report(what, query, found):
    if isinstance(found, str) or not found:
        failures.append(what)
        print(f"FAILED: {what}: {query}: {found or 'no series'}")
        return
    sample = found[0]["value"][1]
    print(f"{what:<45} {len(found):>3} series, the first is {sample}")


def rules(server):
    """Prometheus evaluates each rule without an error, knows each metric that a rule names, and nothing fires."""
    known = set(json.loads(fetch(f"{server}/api/v1/label/__name__/values")[1])["data"]) | FOREIGN
    groups = json.loads(fetch(f"{server}/api/v1/rules")[1])["data"]["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        names = set(re.findall(r"\b(?:watertight|process|go)_[a-z_]+|watertight:[a-z_]+", rule["query"]))
        wrong = rule["lastError"] if rule["health"] != "ok" else ""
        wrong = wrong or ", ".join(f"no metric {name}" for name in sorted(names - known))
        # A demo whose requests are half refused is not ill: those are the client's errors.
        wrong = wrong or ("it fires on a healthy relay" if rule.get("state") == "firing" else "")
        if wrong:
            failures.append(rule["name"])
            print(f"FAILED: rule {rule['name']}: {wrong}")
        else:
            print(f"rule   {rule['name']:<38} {', '.join(sorted(names)) or 'up'}")


def main():
    relay_port, textfile_port = free_ports(2)
    relay, stop = f"http://127.0.0.1:{relay_port}", threading.Event()
    Textfile.relay = relay
    textfile = http.server.ThreadingHTTPServer(("127.0.0.1", textfile_port), Textfile)
    threading.Thread(target=textfile.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        served = subprocess.Popen(
            [WATERTIGHT, "serve", "--listen", f"127.0.0.1:{relay_port}"],
            stdout=subprocess.DEVNULL,
            stderr=open(folder / "relay.log", "w"),
        )
        watching, server = prometheus(folder, relay, textfile_port)
        try:
            wait_for("the relay", lambda: fetch(f"{relay}/readyz")[0] == 200)
            threading.Thread(target=traffic, args=(relay, stop), daemon=True).start()
            wait_for("Prometheus", lambda: fetch(f"{server}/-/ready")[0] == 200)
            # Some samples of everything, then the rules once over them.
            wait_for("eight scrapes", lambda: [s for s in ask(server, "count_over_time(up[1h]) >= 8") if s["metric"]["job"] == "watertight"])
            wait_for("the textfile", lambda: ask(server, "watertight_check_up == 1"))
            wait_for("the rules", lambda: ask(server, "watertight:error_ratio"))
            panels(server)
            rules(server)
        finally:
            stop.set()
            for process in (watching, served):
                process.terminate()
            for process in (watching, served):
                process.wait(30)
            textfile.shutdown()
    if failures:
        sys.exit(f"{len(failures)} failed")
    print("the dashboard and the rules: nothing failed")


main()
