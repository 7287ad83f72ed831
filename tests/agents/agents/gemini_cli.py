"""Gemini CLI: how it is installed, pointed at a server, and asked."""

import json
import os

NAME = "gemini-cli"
PACKAGE = "@google/gemini-cli@0.61.0"
# The oldest Node that it is installed with.
NODE = 20
# The dialect that it speaks itself: what happens without a relay is the measure.
DIALECT = "gemini"
# Headers that a provider of its own dialect gets as it sends them.
KEPT = ("content-type",)
SEARCH = None
SETTINGS = {
    "security": {"auth": {"selectedType": "gemini-api-key"}},
    "privacy": {"usageStatisticsEnabled": False},
    "telemetry": {"enabled": False},
    "general": {"enableAutoUpdate": False},
}


def command(folder, model, task):
    """The command line; `folder` is where npm put the package."""
    return [os.path.join(folder, "node_modules/.bin/gemini"), "--skip-trust", "-p", task, "-m", model]


def environment(url, key, home):
    """What its user sets, and what keeps it from talking to anybody else."""
    folder = os.path.join(home, ".gemini")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "settings.json"), "w", encoding="utf-8") as out:
        json.dump(SETTINGS, out)
    return {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": key}


def reads(path):
    """A call of its own tool that reads a file."""
    return "read_file", {"file_path": path}
