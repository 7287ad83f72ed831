"""Claude Code: how it is installed, and asked. What points it at a server stands in docs/agents.md."""

import json
import os

NAME = "claude-code"
TITLE = "Claude Code"
PACKAGE = "@anthropic-ai/claude-code@2.1.332"
# The oldest Node that it is installed with.
NODE = 22
# A provider's limit lasts so many seconds: longer than the agent waits by itself.
PAUSE = 2
# The dialect that it speaks itself: what happens without a relay is the measure.
DIALECT = "anthropic"
# Headers that a provider of its own dialect gets as it sends them.
KEPT = ("anthropic-version", "anthropic-beta", "content-type")


def command(folder, task):
    """The command line; `folder` is where npm put the package."""
    return [os.path.join(folder, "node_modules/.bin/claude"), "-p", task]


# What keeps it from talking to anybody else.
ENVIRONMENT = {
    "DISABLE_TELEMETRY": "1",
    "DISABLE_AUTOUPDATER": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
}
# Files of its user's home that docs/agents.md shows, each in a language of its own.
FILES = {}


def serves(home, server):
    """Tells it of an MCP server, by its name and command; gives what else stands on the command line."""
    name, command, *arguments = server
    path = os.path.join(home, "servers.json")
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"mcpServers": {name: {"command": command, "args": arguments}}}, out)
    return ["--allowedTools", f"mcp__{name}", "--mcp-config", path]


def reads(path):
    """A call of its own tool that reads a file."""
    return "Read", {"file_path": path}


# A call of its own tool that makes others known.
SEARCH = ("ToolSearch", {"query": "select:NotebookEdit,WebFetch"})
KNOWN = None
