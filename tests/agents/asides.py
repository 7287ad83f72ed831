"""What agents ask beside a conversation: which models there are, and how many tokens a text has.

Each is provoked with the real agent, through the relay, before a provider of each dialect (`--all`), or of one. The proof is what that provider
saw: its own list of models, or its own way to count. Chat completions have no way to count: there the relay says so, and
the agent goes on.

Usage: asides.py PATH/TO/watertight FOLDER_OF_AGENTS [--all]     (tests/agents/run calls this)"""

import base64
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass, replace
from types import SimpleNamespace

import manual
from agents import claude_code, codex, gemini_cli
from install import place
from programs import CALLER, Relay, alone, ask
from provider import Provider
from steps import Say
from table import CELLS

# A pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
ANSWER = "A pixel, I think."
# By dialect: what lists models, and what counts tokens.
LISTS = {"anthropic": r"/v1/models", "openai": r"/v1/models", "responses": r"/v1/models", "gemini": r"/v1beta/models"}
COUNTS = {
    "anthropic": r"/v1/messages/count_tokens",
    "openai": None,
    "responses": r"/v1/responses/input_tokens",
    "gemini": r"/v1beta/models/[^/]+:countTokens",
}


def with_catalogue(typed):
    """Codex asks for models where its configuration says so."""
    typed = re.sub(r'base_url = "(.*)"', r'base_url = "\1"\nmodel_catalog_url = "\1/models"', typed)
    return codex.QUIET.format(typed=typed) + "\n[features]\napi_key_model_discovery = true\n"


@dataclass(frozen=True)
class Aside:
    agent: object
    what: str
    asks: dict
    task: str
    # What of the agent's own set-up is another, and the word of docs/agents.md for it.
    change: dict
    word: str


DISCOVERY = "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"
TALKS = {name: value for name, value in claude_code.ENVIRONMENT.items() if "NONESSENTIAL" not in name}
ASIDES = [
    Aside(claude_code, "models", LISTS, "Hello", {"ENVIRONMENT": {**TALKS, DISCOVERY: "1"}}, f"{DISCOVERY}=1"),
    Aside(claude_code, "tokens", COUNTS, "/context", {}, "/context"),
    Aside(codex, "models", LISTS, "Hello", {"FILES": {".codex/config.toml": ("toml", with_catalogue)}}, "model_catalog_url"),
    Aside(gemini_cli, "tokens", COUNTS, "@pixel.png what is this?", {}, "@picture.png"),
]


class Listed(Provider):
    """A provider that also lists its models and counts tokens, and remembers that it was asked."""

    def __init__(self, dialect, model):
        super().__init__(dialect, lambda _asked, _turn: Say(ANSWER))
        self.listed_model, self.beside = model, []

    def handler(self):
        provider, name = self, self.dialect.NAME

        class Handler(super().handler()):
            def do_GET(self):
                provider.beside.append(self.path)
                one = {"id": provider.listed_model, "object": "model", "type": "model", "created": 1, "owned_by": "x"}
                listed = {"object": "list", "data": [one], "has_more": False}
                if name == "gemini":
                    listed = {"models": [{"name": f"models/{provider.listed_model}"}]}
                self.whole(200, json.dumps(listed).encode(), {"content-type": "application/json"})

            def do_POST(self):
                if not (COUNTS[name] and re.match(COUNTS[name], self.path)):
                    return super().do_POST()
                provider.beside.append(self.path)
                self.rfile.read(int(self.headers.get("content-length") or 0))
                told = {"totalTokens": 11} if name == "gemini" else {"object": "response.input_tokens", "input_tokens": 11}
                self.whole(200, json.dumps(told).encode(), {"content-type": "application/json"})

        return Handler


def tried(program, install, aside, cell):
    """What is wrong with one aside before one provider, as sentences."""
    agent = SimpleNamespace(**{**vars(aside.agent), **aside.change})
    with tempfile.TemporaryDirectory(prefix="asides-", ignore_cleanup_errors=True) as folder:
        folder = os.path.realpath(folder)
        with open(os.path.join(folder, "pixel.png"), "wb") as out:
            out.write(base64.b64decode(PNG))
        with Listed(cell.dialect, cell.model) as provider:
            with Relay(program, cell.dialect.NAME, provider.url, folder) as relay:
                code, out, errors, *_ = ask(replace(cell, agent=agent), install, relay.url, CALLER, aside.task, folder)
            lines = [line for line in relay.lines() if line.get("message") == "request"]
    path = aside.asks[cell.dialect.NAME]
    wrong = [f"the agent's exit code is {code}"] if code != 0 else []
    if not aside.task.startswith("/") and ANSWER not in out:
        wrong.append("the agent did not print the answer")
    if path and not any(re.match(path, asked) for asked in provider.beside):
        wrong.append(f"the provider was not asked for {path}, but for {provider.beside}")
    # A count that cannot be had is a 404; nothing else is refused.
    refused = [line.get("status") for line in lines if line.get("status", 0) >= 400]
    if (set(refused) != {404}) if path is None else refused:
        wrong.append(f"the relay answered {refused}")
    if any("panic" in str(line) for line in relay.lines()):
        wrong.append("the relay panicked")
    return [*wrong, f"it printed: {out[-600:]}", f"and said: {errors[-600:]}"] if wrong else []


def main(program, root, part=None):
    alone()
    failed, program, root = 0, os.path.realpath(program), os.path.realpath(root)
    for at, aside in enumerate(ASIDES):
        if aside.word not in manual.section(aside.agent):
            failed += 1
            print(f"FAILED  docs/agents.md does not say for {aside.agent.TITLE}: {aside.word}")
        cells = [cell for cell in CELLS if cell.agent is aside.agent]
        for cell in cells if part == "--all" else [cells[at % len(cells)]]:
            wrong = tried(program, place(root, aside.agent.PACKAGE), aside, cell)
            failed += bool(wrong)
            title = f"{aside.agent.NAME} to {cell.dialect.NAME}: {aside.what}"
            print(f"{'FAILED' if wrong else 'ok':6}  {title}", *wrong, sep="\n        ", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
