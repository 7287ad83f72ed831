"""Codex: how it is installed, pointed at a server, and asked."""

import os
import shlex

NAME = "codex"
PACKAGE = "@openai/codex@0.171.0"
# The oldest Node that it is installed with.
NODE = 20
# The dialect that it speaks itself: what happens without a relay is the measure.
DIALECT = "responses"
# Headers that a provider of its own dialect gets as it sends them.
KEPT = ("content-type",)
SEARCH = None
CONFIG = """
model_provider = "relay"
check_for_update_on_startup = false

[model_providers.relay]
name = "relay"
base_url = "{url}/v1"
env_key = "RELAY_KEY"
wire_api = "responses"

[analytics]
enabled = false
"""


def command(folder, model, task):
    """The command line; `folder` is where npm put the package. The test's own folder and network are its sandbox."""
    program = os.path.join(folder, "node_modules/.bin/codex")
    alone = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    return [program, "exec", *alone, "-m", model, task]


def environment(url, key, home):
    """What its user sets: a file and a key."""
    with open(os.path.join(home, "config.toml"), "w", encoding="utf-8") as out:
        out.write(CONFIG.format(url=url))
    return {"CODEX_HOME": home, "RELAY_KEY": key}


def reads(path):
    """A call of its own tool that reads a file."""
    return "exec_command", {"cmd": f"cat {shlex.quote(path)}"}
