"""Gemini CLI: how it is installed, and asked. What points it at a server stands in docs/agents.md."""

import json
import os

NAME = "gemini-cli"
TITLE = "Gemini CLI"
PACKAGE = "@google/gemini-cli@0.61.0"
# The oldest Node that it is installed with.
NODE = 20
# A provider's limit lasts so many seconds: longer than the agent waits by itself.
PAUSE = 8
# The dialect that it speaks itself: what happens without a relay is the measure.
DIALECT = "gemini"
# Headers that a provider of its own dialect gets as it sends them.
KEPT = ("content-type",)
SEARCH = None
KNOWN = None
# What keeps it from talking to anybody else.
ENVIRONMENT = {}
QUIET = {
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "general": {"enableAutoUpdate": False},
}
# Files of its user's home that docs/agents.md shows, each in a language of its own.
FILES = {".gemini/settings.json": ("json", lambda typed: json.dumps(json.loads(typed) | QUIET))}


def command(folder, task):
    """The command line; `folder` is where npm put the package."""
    return [os.path.join(folder, "node_modules/.bin/gemini"), "--skip-trust", "-p", task]


def serves(home, server):
    """Tells it of an MCP server, by its name and command; gives what else stands on the command line."""
    name, command, *arguments = server
    path = os.path.join(home, ".gemini/settings.json")
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    settings["mcpServers"] = {name: {"command": command, "args": arguments, "trust": True}}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(settings, file)
    return []


def reads(path):
    """A call of its own tool that reads a file."""
    return "read_file", {"file_path": path}
