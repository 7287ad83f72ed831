"""Real coding agents as judges: each does a task that it can only do by calling a tool of its own.

The files of the task hold fresh random words. The provider, a scripted one, first calls the agent's reading tool; the
agent's next request must reach the provider with the words inside; the provider's answer names them; the agent prints
it. No word, no pass. The measure is the same agent directly at a provider of its own dialect: through the relay, each
cell of the table must come to the same.

Usage: cells.py PATH/TO/watertight FOLDER_OF_AGENTS [PART_OF_A_NAME]     (tests/agents/run installs, and calls this)"""

import os
import re
import secrets
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from install import place
from programs import CALLER, Relay, alone, ask
from provider import KEY, Provider
from situations import SITUATIONS
from table import CELLS

# Headers that a provider of the agent's own dialect gets from the agent: a relay between them changes nothing.
KEPT = ("anthropic-version", "anthropic-beta", "content-type")


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
class Outcome:
    """What one run came to."""

    wrong: list
    # What the agent printed, with WORD for each word; and how often it asked.
    printed: str
    headers: list
    took: float


def problems(situation, task, provider, code, printed):
    """What is wrong with one run, as sentences."""
    wrong = [f"the provider would refuse: {complaint}" for complaint in provider.complaints[:5]]
    wrong += [f"the provider was asked for {other}" for other in provider.others]
    if code != 0:
        wrong.append(f"the agent's exit code is {code}")
    if len(provider.asked) < situation.requests:
        wrong.append(f"the provider saw {len(provider.asked)} requests instead of {situation.requests}")
    for id, word in zip(task.ids, task.words):
        if not any(word in asked.results.get(id, "") for asked in provider.asked):
            wrong.append(f"no request carried the word {word} as the result of {id}")
        if word not in printed:
            wrong.append(f"the agent did not print the word {word}")
    return wrong


def run(program, install, cell, situation, relayed):
    """One cell in one situation, directly or through the relay."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="agents-") as folder:
        # What the agent makes of links in a path is not the question.
        folder = os.path.realpath(folder)
        task, log = Task(cell.agent, situation.files, folder), ""
        with Provider(cell.dialect, lambda asked, turn: situation.decide(task, asked, turn)) as provider:
            if relayed:
                with Relay(program, cell.dialect.NAME, provider.url, folder) as relay:
                    code, out, errors = ask(cell, install, relay.url, CALLER, task.text(), folder)
                log = "".join(relay.log)
            else:
                code, out, errors = ask(cell, install, provider.url, KEY, task.text(), folder)
            wrong = problems(situation, task, provider, code, out)
            wrong += ["the relay panicked"] if "panic" in log else []
            refused = re.findall(r'"status":400,.*"error":"(.*)"', log)
            wrong += [f"the relay refused: {why}" for why in dict.fromkeys(refused)]
            if wrong:
                wrong += [f"{what}: {text[-1500:]}" for what, text in zip(SAID, (out, errors, log)) if text]
            printed = re.sub("|".join(task.words), "WORD", out)
            return Outcome(wrong, printed, provider.headers, time.monotonic() - begun)


SAID = ("the agent printed", "the agent's standard error", "the relay's log")


def differs(cell, measure, outcome):
    """Where a run through the relay came to something else than the measure."""
    wrong = []
    if outcome.printed != measure.printed:
        wrong.append(f"directly the agent printed {measure.printed!r}, through the relay {outcome.printed!r}")
    if cell.dialect.NAME == cell.agent.DIALECT:
        for name in KEPT:
            here, there = ({one.get(name) for one in what.headers} for what in (measure, outcome))
            wrong += [] if here == there else [f"{name}: directly {here}, through the relay {there}"]
    return wrong


def main(program, root, part=""):
    alone()
    program, root = os.path.realpath(program), os.path.realpath(root)
    failed, passed = 0, 0
    with ThreadPoolExecutor(2) as pool:

        def start(cell, situation, relayed):
            return pool.submit(run, program, place(root, cell.agent.PACKAGE), cell, situation, relayed)

        # Each agent's own provider, once a situation.
        own = [cell for cell in CELLS if cell.dialect.NAME == cell.agent.DIALECT]
        direct = {(cell.agent, s.name): start(cell, s, False) for s in SITUATIONS for cell in own}
        through = [(cell, s, start(cell, s, True)) for s in SITUATIONS for cell in CELLS if part in title(cell, s)]
        for (agent, name), measure in direct.items():
            wrong = measure.result().wrong
            failed, passed = failed + bool(wrong), passed + (not wrong)
            report(f"{agent.NAME} without a relay: {name}", measure.result(), wrong)
        for cell, situation, outcome in through:
            measure = direct[cell.agent, situation.name].result()
            wrong = outcome.result().wrong or measure.wrong or differs(cell, measure, outcome.result())
            failed, passed = failed + bool(wrong), passed + (not wrong)
            report(title(cell, situation), outcome.result(), wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not through else 0


def title(cell, situation):
    return f"{cell.agent.NAME} to {cell.dialect.NAME}: {situation.name}"


def report(name, outcome, wrong):
    print(f"{'FAILED' if wrong else 'ok':6}  {name} ({outcome.took:.1f} s)", *wrong, sep="\n        ", flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    sys.exit(main(*sys.argv[1:]))
