"""Looks at report pages through a browser: what lies where, and what colour the picture is.

Usage: look.py WATERTIGHT FOLDER. Exits with 1 and says what is wrong, or with 0."""

import html
import json
import os
import random
import re
import struct
import subprocess
import sys
import tempfile
import zlib
from datetime import datetime, timedelta
from pathlib import Path

WATERTIGHT, FOLDER = sys.argv[1], Path(sys.argv[2])
# Widths of what is looked at: a telephone and a desk.
PHONE, DESK = 390, 1280
HEADER = "ts,elapsed_s,seq,ok,error,latency_ms,status,goroutines,alloc_bytes,rss_bytes,open_fds,in_flight,start_time"
passed, failures = [], []


def check(holds, text):
    (passed if holds else failures).append(text)
    if not holds:
        print(f"FAILED: {text}")


def record(name, base, per_hour, seed):
    """Two hours every 5 seconds, with a gap, a restart and failed polls."""
    chance, level = random.Random(seed), 0.0
    lines = [HEADER]
    for n in range(1440):
        if 600 <= n < 720:
            continue
        at = (datetime(2026, 11, 18, 10) + timedelta(seconds=5 * n)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        if n % 211 == 5:
            lines.append(f"{at},{5 * n}.000,{n},0,timeout,,,,,,,,")
            continue
        level = 0.8 * level + chance.gauss(0, 15)
        count = int(base + level + per_hour * n * 5 / 3600)
        memory = (180 + n % 60) << 20
        load = 120 + chance.randrange(20)
        start = 1795000000 if n < 1000 else 1795005000
        lines.append(
            f"{at},{5 * n}.000,{n},1,,{chance.uniform(0.5, 6):.1f},ok,{count},{memory},{memory * 2},{load + 60},{load},{start}"
        )
    path = FOLDER / name
    path.write_text("\n".join(lines) + "\n")
    return path


def report(output, *recordings):
    page = FOLDER / output
    done = subprocess.run(
        [WATERTIGHT, "report", *map(str, recordings), "-o", str(page), "--title", "A relay & its <night>"],
        capture_output=True,
        text=True,
    )
    check(done.returncode == 0, f"{output} is written {done.stderr.strip()}")
    return page


def chromium(*flags, dark=False):
    with tempfile.TemporaryDirectory() as profile:
        command = [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
            "--allow-file-access-from-files", f"--user-data-dir={profile}",
        ]  # fmt: skip
        if dark:
            command.append("--blink-settings=preferredColorScheme=0")
        done = subprocess.run([*command, *flags], capture_output=True, timeout=120, env={**os.environ, "HOME": profile})
    if done.returncode != 0:
        sys.exit(f"FAILED: the browser ended with {done.returncode}: {done.stderr.decode(errors='replace')[-2000:]}")
    return done.stdout.decode()


# Measures the page in a frame: a window cannot be as narrow as a telephone, a frame can.
MEASURE = """<!doctype html><style>body{margin:0}iframe{border:0;display:block}</style>
<iframe src="PAGE" width="WIDTH" height="4000"></iframe><pre id="found"></pre><script>
document.querySelector("iframe").onload = (event) => {
  const view = event.target.contentWindow, page = view.document;
  const box = (e) => { const r = e.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; };
  const all = (selector) => [...page.querySelectorAll(selector)];
  const charts = all("svg.chart").map((chart) => ({
    title: chart.querySelector("title").textContent, box: box(chart), desc: chart.querySelector("desc").textContent,
    plot: box(chart.querySelector(".plot")), line: chart.querySelector(".line") && box(chart.querySelector(".line")),
    texts: [...chart.querySelectorAll("text")].map((t) => ({ text: t.textContent, box: box(t), css: t.getAttribute("class"),
      size: parseFloat(view.getComputedStyle(t).fontSize) })),
  }));
  document.querySelector("#found").textContent = JSON.stringify({
    width: page.documentElement.clientWidth, scroll: page.documentElement.scrollWidth, height: page.body.scrollHeight,
    paper: view.getComputedStyle(page.body).backgroundColor, ink: view.getComputedStyle(page.body).color,
    heading: page.querySelector("h1").textContent,
    tables: all(".table").map((t) => [t.scrollWidth > t.clientWidth, t.previousElementSibling.matches(".scrolls") && t.previousElementSibling.checkVisibility()]), scripts: all("script").length, charts,
  });
};
</script>"""


def measure(page, width, dark=False):
    harness = FOLDER / "measure.html"
    harness.write_text(MEASURE.replace("PAGE", page.name).replace("WIDTH", str(width)))
    dom = chromium("--window-size=1400,4000", "--virtual-time-budget=4000", "--dump-dom", f"file://{harness}", dark=dark)
    found = re.search(r'<pre id="found">(.*?)</pre>', dom, re.S)
    if not found or not found[1]:
        sys.exit(f"FAILED: {page.name} was not measured: {dom[-500:]}")
    return json.loads(html.unescape(found[1]))


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 3


def lies_well(page, width, titles):
    seen = measure(page, width)
    name = f"{page.name} at {width}"
    check(seen["width"] == width and seen["scroll"] <= width, f"{name}: nothing to scroll sideways ({seen['scroll']})")
    check(seen["heading"] == "A relay & its <night>" and seen["scripts"] == 0, f"{name}: the heading is text, no script")
    check([c["title"] for c in seen["charts"]] == titles, f"{name}: the charts are {[c['title'] for c in seen['charts']]}")
    check(all(said for cut, said in seen["tables"] if cut), f"{name}: a table that is cut says that it scrolls")
    for chart in seen["charts"]:
        left, _, right, _ = chart["box"]
        check(left >= 0 and right <= width and right - left > 0.7 * width * min(1, 1040 / width), f"{name}: {chart['title']} is inside and wide")
        check(len(chart["desc"]) > 30, f"{name}: {chart['title']} is told in words")
        if chart["line"]:
            line, plot = chart["line"], chart["plot"]
            check(
                line[2] - line[0] > 0.95 * (plot[2] - plot[0]) and line[1] >= plot[1] - 2 and line[3] <= plot[3] + 2,
                f"{name}: the line of {chart['title']} fills its plot",
            )
        outside = [t["text"] for t in chart["texts"] if t["box"][0] < 0 or t["box"][2] > width + 0.5]
        check(not outside, f"{name}: labels of {chart['title']} are inside {outside}")
        check(all(11 <= t["size"] <= 14 for t in chart["texts"]), f"{name}: labels of {chart['title']} can be read")
        ticks = [t for t in chart["texts"] if t["css"] == "tick"]
        crowded = [(a["text"], b["text"]) for i, a in enumerate(ticks) for b in ticks[:i] if overlap(a["box"], b["box"])]
        check(not crowded, f"{name}: axis labels of {chart['title']} are apart {crowded}")
    return seen


def picture(page, width, height, dark=False):
    """Takes a screenshot; returns its pixels as rows of bytes, three a pixel."""
    path = FOLDER / f"{page.stem}-{width}{'-dark' if dark else ''}.png"
    chromium(f"--window-size={width},{height}", f"--screenshot={path}", f"file://{page}", dark=dark)
    data = path.read_bytes()
    at, packed, form = 8, b"", None
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            form = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    across, down, depth, colour = form[:4]
    size = {2: 3, 6: 4}[colour]
    if depth != 8:
        sys.exit(f"FAILED: {path} has {depth} bits")
    raw, rows, above = zlib.decompress(packed), [], bytes(across * size)
    for n in range(down):
        start = n * (across * size + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + across * size]), above, size)
        rows.append(above)
    return rows, size


def unfiltered(how, row, above, size):
    for i in range(len(row)):
        left = row[i - size] if i >= size else 0
        up, corner = above[i], above[i - size] if i >= size else 0
        if how == 1:
            row[i] = (row[i] + left) & 255
        elif how == 2:
            row[i] = (row[i] + up) & 255
        elif how == 3:
            row[i] = (row[i] + (left + up) // 2) & 255
        elif how == 4:
            guess = left + up - corner
            near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
            row[i] = (row[i] + near[2]) & 255
    return bytes(row)


def looks_right(page, dark):
    rows, size = picture(page, DESK, 1000, dark)
    colours = {}
    for row in rows[::2]:
        for i in range(0, len(row), size * 2):
            colour = row[i : i + 3]
            colours[colour] = colours.get(colour, 0) + 1
    name = f"{page.name}, {'dark' if dark else 'light'}"
    paper = max(colours, key=colours.get)
    wanted = bytes.fromhex("14181c" if dark else "ffffff")
    check(paper == wanted, f"{name}: the paper is {paper.hex()}")
    line = bytes.fromhex("7cb5ff" if dark else "1f5fae")
    near = sum(n for c, n in colours.items() if sum(abs(a - b) for a, b in zip(c, line)) < 60)
    check(near > 200, f"{name}: the line is to be seen, {near} points of it")
    check(len(colours) > 50, f"{name}: not blank, {len(colours)} colours")


def on_paper(page):
    path = FOLDER / f"{page.stem}.pdf"
    chromium(f"--print-to-pdf={path}", "--no-pdf-header-footer", f"file://{page}", dark=True)
    data = path.read_bytes()
    sheets = len(re.findall(rb"/Type\s*/Page\b", data))
    check(data.startswith(b"%PDF") and 1 <= sheets <= 8, f"{page.name}: printed on {sheets} sheets")


def main():
    baseline, current = record("baseline.csv", 420, 0, 1), record("current.csv", 500, 1500, 2)
    one, both = report("one.html", current), report("both.html", baseline, current)
    titles = ["Goroutines", "Live memory", "Resident memory", "Open descriptors", "Requests in flight", "Latency of the polls"]
    lies_well(one, PHONE, titles)
    lies_well(one, DESK, titles)
    seen = lies_well(both, PHONE, titles)
    names = [t["text"] for t in seen["charts"][0]["texts"] if t["css"].startswith("name")]
    check(sorted(names) == ["baseline.csv", "current.csv"], f"each line has its name at it: {names}")
    dark = measure(one, PHONE, dark=True)
    check(dark["paper"] == "rgb(20, 24, 28)" and dark["ink"] == "rgb(231, 234, 237)", "dark where the reader likes it dark")
    looks_right(one, dark=False)
    looks_right(one, dark=True)
    on_paper(both)
    if failures:
        sys.exit(f"{len(failures)} checks failed, {len(passed)} held")
    print(f"the pages look as they should: {len(passed)} checks held")


main()
