"""Claude Code: how it is installed, pointed at a server, and asked."""

import os

NAME = "claude-code"
PACKAGE = "@anthropic-ai/claude-code@2.1.332"
# The oldest Node that it is installed with.
NODE = 22
# The dialect that it speaks itself: what happens without a relay is the measure.
DIALECT = "anthropic"
# Headers that a provider of its own dialect gets as it sends them.
KEPT = ("anthropic-version", "anthropic-beta", "content-type")


def command(folder, model, task):
    """The command line; `folder` is where npm put the package."""
    return [os.path.join(folder, "node_modules/.bin/claude"), "-p", task, "--model", model]


def environment(url, key, home):
    """What its user sets, and what keeps it from talking to anybody else."""
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": key,
        "CLAUDE_CONFIG_DIR": home,
        "DISABLE_TELEMETRY": "1",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


def reads(path):
    """A call of its own tool that reads a file."""
    return "Read", {"file_path": path}


# A call of its own tool that makes others known.
SEARCH = ("ToolSearch", {"query": "select:NotebookEdit,WebFetch"})
