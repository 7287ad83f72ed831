"""The table of docs/dialects.md: which SDK can do what before which upstream, as this run saw it.

A cell says what all its cases came to with the SDKs of both registries. The document is compared with it, or written
anew; an empty cell is a fault of its own.
"""

import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "..", "..", "docs", "dialects.md")
BEGIN, END = "<!-- written by tests/sdk/run.py -->\n", "<!-- end -->\n"
REGISTRIES = {"": "PyPI", "npm ": "npm"}
DIALECTS = {"openai": "chat completions", "responses": "responses", "anthropic": "Anthropic", "gemini": "Gemini"}
# Of npm's packages, the makers' own SDKs: the others are for the applications and the document's programs.
MAKERS = ("@anthropic-ai/sdk", "@google/genai", "openai")
# What the titles of a column's cases are.
COLUMNS = {
    "text": r"plain",
    "tools": r"tool call.*|tool results",
    "parallel tools": r"two turns.*",
    "streaming": r"stream|stream with usage|.*, streamed",
    "images": r"image",
    "thinking": r"two turns.*",
    "structured output": r"structured answer.*",
    "usage": r"two turns.*|stream with usage",
    "errors": r"\d{3}.*|error .*|.* raises",
}
TITLE = re.compile(r"(npm )?(openai|responses|anthropic|gemini)(?: before (\w+))?: (.*)")


def seen(results):
    """Results by registry, SDK and dialect, each with its case's name."""
    by = {}
    for title, passed in results:
        if parts := TITLE.fullmatch(title):
            registry, sdk, dialect, name = parts.groups()
            by.setdefault((registry or "", sdk, dialect or sdk), []).append((name, passed))
    return by


def cell(by, sdk, dialect, names):
    """What stands in a cell; nothing where a registry's SDK was not tried."""
    failing = []
    for registry, word in REGISTRIES.items():
        found = [passed for name, passed in by.get((registry, sdk, dialect), []) if re.fullmatch(names, name)]
        if not found:
            return ""
        failing += [] if all(found) else [word]
    if failing:
        return f"no ({', '.join(failing)})"
    return "same" if sdk == dialect else "yes"


def versions():
    """The SDKs by registry, as their lists pin them."""
    with open(os.path.join(HERE, "requirements.txt"), encoding="utf-8") as file:
        python = [line.strip().replace("==", " ") for line in file if "==" in line]
    with open(os.path.join(HERE, "npm", "package.json"), encoding="utf-8") as file:
        npm = [f"{name} {version}" for name, version in json.load(file)["dependencies"].items() if name in MAKERS]
    return f"From PyPI: {', '.join(sorted(python))}. From npm: {', '.join(sorted(npm))}."


def table(results):
    """The generated part of the document, and the cells that are empty."""
    by, empty = seen(results), []
    lines = [f"| client | upstream | {' | '.join(COLUMNS)} |", f"|---|---|{'---|' * len(COLUMNS)}"]
    for sdk, client in DIALECTS.items():
        for dialect, upstream in DIALECTS.items():
            cells = [cell(by, sdk, dialect, names) for names in COLUMNS.values()]
            empty += [f"{client} before {upstream}: {name}" for name, told in zip(COLUMNS, cells) if not told]
            lines.append(f"| {client} | {upstream} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", versions(), ""]), empty


def check(report):
    """Compares the document with the run, or writes it anew."""
    now, empty = table(report.results)
    report("no cell of the matrix is empty", empty and f"nothing was tried: {empty}")
    with open(DOCUMENT, encoding="utf-8") as file:
        before, rest = file.read().split(BEGIN)
    told, after = rest.split(END)
    if os.environ.get("UPDATE"):
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(f"{before}{BEGIN}\n{now}\n{END}{after}")
        told = f"\n{now}\n"
    report("docs/dialects.md says what this run saw", told != f"\n{now}\n" and f"UPDATE=1 writes it anew; this run saw:\n{now}")
