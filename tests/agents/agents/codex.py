"""Codex: how it is installed, and asked. What points it at a server stands in docs/agents.md."""

import json
import os
import shlex

NAME = "codex"
TITLE = "Codex"
PACKAGE = "@openai/codex@0.171.0"
# The oldest Node that it is installed with.
NODE = 20
# A provider's limit lasts so many seconds: longer than the agent waits by itself.
PAUSE = 2
# The dialect that it speaks itself: what happens without a relay is the measure.
DIALECT = "responses"
# Headers that a provider of its own dialect gets as it sends them.
KEPT = ("content-type",)
SEARCH = None
# A model of which it knows what it can do: it gets tools of forms that only OpenAI's responses have.
KNOWN = "gpt-6.2-sol"
# What keeps it from talking to anybody else.
ENVIRONMENT = {}
QUIET = """
check_for_update_on_startup = false
{typed}
[analytics]
enabled = false
"""
# Files of its user's home that docs/agents.md shows, each in a language of its own.
FILES = {".codex/config.toml": ("toml", lambda typed: QUIET.format(typed=typed))}


def command(folder, task):
    """The command line; `folder` is where npm put the package. The test's own folder and network are its sandbox."""
    program = os.path.join(folder, "node_modules/.bin/codex")
    alone = ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    return [program, "exec", *alone, task]


def serves(home, server):
    """Tells it of an MCP server, by its name and command; gives what else stands on the command line."""
    name, command, *arguments = server
    with open(os.path.join(home, ".codex/config.toml"), "a", encoding="utf-8") as out:
        out.write(f"[mcp_servers.{name}]\ncommand = {json.dumps(command)}\nargs = {json.dumps(arguments)}\n")
    return []


def reads(path):
    """A call of its own tool that reads a file."""
    return "exec_command", {"cmd": f"cat {shlex.quote(path)}"}


def reads_known(path):
    """The same by the tool of a known model, which takes a program."""
    command = json.dumps({"cmd": f"cat {shlex.quote(path)}"})
    return "exec", {"input": f"text(await tools.exec_command({command}));\n"}
