"""The programs of docs/dialects.md, run as they stand there: at another address alone."""

import os
import re
import subprocess
import sys

from matrix import DOCUMENT

ADDRESS = "http://127.0.0.1:3000"
# What the document's programs ask for, the drill's upstream answers with.
SAID = "Water"
VARIABLES = re.compile(r"`(\w+)=(http\S+)` `(\w+)=KEY`")


def environment(more):
    unwanted = r"_API_KEY$|_BASE_URL$|_proxy$"
    return {name: value for name, value in os.environ.items() if not re.search(unwanted, name, re.I)} | more


def run(report, url, node):
    """`url`: a relay's."""
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read().replace(ADDRESS, url)
    sections = re.findall(r"^### (.+?)\n(.*?)(?=^### |\Z)", text, re.M | re.S)
    variables = {name.split("_")[0].lower(): {name: to, key: "KEY"} for name, to, key in VARIABLES.findall(text)}
    for title, section in sections:
        told = variables.get(title.split()[0].lower())
        for language, program in re.findall(r"```(python|js)\n(.*?)```", section, re.S):
            report(f"{title}'s program for {language}", wrong(language, program, node, {}))
            if not told:
                continue
            # The same without an address and a key.
            bare = re.sub(r'(?:http_options=|httpOptions: )\{[^}]*\}|\w+(?:=|: )"(?:KEY|http[^"]*)"', "", program)
            bare = re.sub(r"\((?:\{?)[\s,]*(?:\}?)\)", "()", bare)
            report(f"{title}'s variables for {language}", wrong(language, bare, node, told))


def wrong(language, program, node, more):
    command = [sys.executable, "-"] if language == "python" else [node.command, "--input-type=module", "-"]
    done = subprocess.run(
        command, input=program, env=environment(more), cwd=node.folder, capture_output=True, text=True, timeout=60
    )
    return None if done.returncode == 0 and SAID in done.stdout else f"{program}\n{done.stdout}\n{done.stderr[-2000:]}"
