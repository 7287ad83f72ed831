"""Real coding agents as judges: each does a task that it can only do by calling a tool of its own.

The files of the task hold fresh random words. The provider, a scripted one, first calls the agent's reading tool; the
agent's next request must reach the provider with the words inside; the provider's answer names them; the agent prints
it. No word, no pass. The measure is the same agent directly at a provider of its own dialect: through the relay, each
cell of the table must come to the same. What is seen must be what the table of docs/agents.md says; with
WATERTIGHT_UPDATE=1, `--all` makes it anew.

Usage: cells.py PATH/TO/watertight FOLDER_OF_AGENTS [--all | PART_OF_A_NAME]     (tests/agents/run calls this)"""

import os
import re
import secrets
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Optional

import manual
import proofs
import town
from install import place
from programs import CALLER, Relay, alone, ask
from provider import KEY, Provider
from situations import SITUATIONS, Situation
from table import CELLS, OWN, Cell

# What is tried where nothing is said.
PART = "--part"
WITHOUT = "without the relay"
# The MCP server of those situations that want one.
SERVER = (town.NAME, sys.executable, os.path.realpath(town.__file__))


class Task:
    """Files with fresh words, and the ids under which a provider asks for them."""

    def __init__(self, agent, count, folder):
        self.agent = agent
        self.words = [f"w{secrets.token_hex(6)}" for _ in range(count)]
        self.ids = [f"toolu_{secrets.token_hex(12)}" for _ in range(count)]
        self.files = [os.path.join(folder, f"note-{n}.txt") for n in range(count)]
        for path, word in zip(self.files, self.words):
            with open(path, "w", encoding="utf-8") as out:
                out.write(f"Grüße: the word is {word}\n")

    def text(self):
        return f"Read {' and '.join(os.path.basename(file) for file in self.files)}: which words stand in there?"


@dataclass
class Run:
    """One run, and what was seen of it."""

    cell: Cell
    situation: Situation
    task: Task
    provider: Provider
    code: object
    out: str
    errors: str
    # When the agent was interrupted, and when it ended.
    interrupted: Optional[float]
    ended: float
    # The relay's lines, where there was one.
    log: Optional[list]
    # The model that the provider is to be asked for.
    model: str


@dataclass
class Outcome:
    """What one run came to."""

    wrong: list
    # What docs/agents.md says of it.
    says: str
    # What an agent printed that did its task, with WORD for each word.
    printed: str
    headers: list
    took: float


def run(program, install, cell, situation, relayed):
    """One cell in one situation, directly or through the relay."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="agents-", ignore_cleanup_errors=True) as folder:
        # What the agent makes of links in a path is not the question.
        folder = os.path.realpath(folder)
        task = Task(cell.agent, situation.files, folder)
        with Provider(cell.dialect, lambda asked, turn: situation.decide(task, asked, turn)) as provider:
            interrupt = provider.begun if situation.interrupted else None
            model = cell.agent.KNOWN if situation.known else cell.model

            def ask_at(url, key):
                server = SERVER if situation.served else None
                said = ask(cell, install, url, key, task.text(), folder, interrupt, server, model)
                if interrupt:
                    # Before anybody else ends.
                    provider.left.wait(10 * proofs.AT_ONCE)
                return said

            if relayed:
                with Relay(program, cell.dialect.NAME, provider.url, folder, model, cell.model) as relay:
                    said = ask_at(relay.url, CALLER)
                done = Run(cell, situation, task, provider, *said, relay.lines(), cell.model)
            else:
                done = Run(cell, situation, task, provider, *ask_at(provider.url, KEY), None, model)
            return outcome_of(done, time.monotonic() - begun)


def outcome_of(done, took):
    wrong = proofs.problems(done)
    if wrong:
        log = "\n".join(map(str, done.log or []))
        wrong += [f"{what}: {text[-1500:]}" for what, text in zip(SAID, (done.out, done.errors, log)) if text]
    whole = re.sub("|".join(done.task.words), "WORD", done.out)
    printed = whole if done.code == 0 and not done.situation.interrupted else ""
    headers = [turn.headers for turn in done.provider.turns]
    return Outcome(wrong, done.situation.says(done), printed, headers, took)


SAID = ("the agent printed", "the agent's standard error", "the relay's log")


def differs(cell, measure, outcome):
    """Where a run through the relay came to something else than the measure."""
    wrong = []
    if measure.says != outcome.says and measure.says != "says so":
        wrong.append(f"directly the agent {measure.says}, through the relay it {outcome.says}")
    if measure.printed and outcome.printed != measure.printed:
        wrong.append(f"directly the agent printed {measure.printed!r}, through the relay {outcome.printed!r}")
    if cell.dialect.NAME == cell.agent.DIALECT:
        for name in cell.agent.KEPT:
            here, there = ({one.get(name) for one in what.headers} for what in (measure, outcome))
            wrong += [] if here == there else [f"{name}: directly {here}, through the relay {there}"]
    return wrong


def main(program, root, part=PART):
    alone()
    program, root = os.path.realpath(program), os.path.realpath(root)
    wanted = [(cell, s) for s in SITUATIONS for cell in CELLS if s.is_for(cell.agent) and is_wanted(cell, s, part)]
    measured = dict.fromkeys((cell.agent, s) for cell, s in wanted)
    failed, passed, seen = 0, 0, {}
    with ThreadPoolExecutor(2) as pool:

        def start(cell, situation, relayed):
            return pool.submit(run, program, place(root, cell.agent.PACKAGE), cell, situation, relayed)

        # Each agent's own provider, once a situation.
        direct = {(cell.agent, s): start(cell, s, False) for s in SITUATIONS for cell in OWN if (cell.agent, s) in measured}
        through = [(cell, s, start(cell, s, True)) for cell, s in wanted]
        for (agent, situation), measure in direct.items():
            wrong = measure.result().wrong
            failed, passed = failed + bool(wrong), passed + (not wrong)
            seen[agent, situation.name, WITHOUT] = measure.result().says
            report(f"{agent.NAME} {WITHOUT}: {situation.name}", measure.result(), wrong)
        for cell, situation, outcome in through:
            measure = direct[cell.agent, situation].result()
            wrong = outcome.result().wrong or measure.wrong or differs(cell, measure, outcome.result())
            failed, passed = failed + bool(wrong), passed + (not wrong)
            seen[cell.agent, situation.name, cell.dialect.TITLE] = outcome.result().says
            report(title(cell, situation), outcome.result(), wrong)
    print(f"{passed} passed, {failed} failed")
    columns = [WITHOUT, *dict.fromkeys(cell.dialect.TITLE for cell in CELLS)]
    if part == "--all":
        print(manual.written(columns, seen))
    if part == "--all" and not failed and os.environ.get("WATERTIGHT_UPDATE"):
        manual.write(columns, seen)
    # What failed has been told already.
    untrue = [] if failed else manual.untrue(columns, seen)
    for line in untrue:
        print(f"docs/agents.md is not true: {line}")
    return 1 if failed or untrue or not through else 0


def is_wanted(cell, situation, part):
    """All of them, what is named so, or the part of `.ci/run`: each cell once, and each situation once."""
    if part != PART:
        return part == "--all" or part in title(cell, situation)
    cells = [cell for cell in CELLS if situation.is_for(cell.agent)]
    at = SITUATIONS.index(situation)
    return at == 0 or cells[at % len(cells)] is cell


def title(cell, situation):
    return f"{cell.agent.NAME} to {cell.dialect.NAME}: {situation.name}"


def report(name, outcome, wrong):
    print(f"{'FAILED' if wrong else 'ok':6}  {name} ({outcome.took:.1f} s)", *wrong, sep="\n        ", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
