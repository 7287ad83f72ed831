"""Real coding agents as judges: each does a task that it can only do by calling a tool of its own.

The files of the task hold fresh random words. The provider, a scripted one, first calls the agent's reading tool; the
agent's next request must reach the provider with the words inside; the provider's answer names them; the agent prints
it. No word, no pass. The measure is the same agent directly at a provider of its own dialect: through the relay, each
cell of the table must come to the same.

Usage: cells.py PATH/TO/watertight FOLDER_OF_AGENTS [--all | PART_OF_A_NAME]     (tests/agents/run calls this)"""

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
from table import CELLS, OWN

# What is tried where nothing is said.
PART = "--part"
# An interrupt of the agent reaches the provider within this time, in seconds.
AT_ONCE = 1.0


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
    # What an agent printed that did its task, with WORD for each word.
    printed: str
    headers: list
    took: float


def problems(situation, task, provider, code, out):
    """What is wrong with one run, as sentences."""
    wrong = [f"the provider would refuse: {complaint}" for complaint in provider.complaints[:5]]
    wrong += [f"the provider was asked for {other}" for other in provider.others]
    if situation.cut and code != 0:
        # It says so, and takes the answer for nothing whole.
        return wrong
    if len(provider.asked) < situation.requests:
        wrong.append(f"the provider saw {len(provider.asked)} requests instead of {situation.requests}")
    if situation.signed and not any(provider.dialect.SIGNATURE in asked.signatures for asked in provider.asked):
        wrong.append(f"the signature did not come back: {[asked.signatures for asked in provider.asked]}")
    for id, word in zip(task.ids, task.words):
        if not any(word in asked.results.get(id, "") for asked in provider.asked):
            wrong.append(f"no request carried the word {word} as the result of {id}")
        if word not in out and not situation.interrupted:
            wrong.append(f"the agent did not print the word {word}")
    if code != 0 and not situation.interrupted:
        wrong.append(f"the agent's exit code is {code}")
    return wrong


def left(provider, ended):
    """What is wrong with how a provider learned of an interrupt."""
    if not provider.left.wait(max(0.0, ended + 10 * AT_ONCE - time.monotonic())):
        return ["the provider was left to answer nobody"]
    late = provider.left_at - ended
    return [f"the provider was told {late:.1f} s after the agent's end"] if late > AT_ONCE else []


def run(program, install, cell, situation, relayed):
    """One cell in one situation, directly or through the relay."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="agents-") as folder:
        # What the agent makes of links in a path is not the question.
        folder = os.path.realpath(folder)
        task, log = Task(cell.agent, situation.files, folder), ""
        with Provider(cell.dialect, lambda asked, turn: situation.decide(task, asked, turn)) as provider:
            interrupt = provider.begun if situation.interrupted else None
            if relayed:
                with Relay(program, cell.dialect.NAME, provider.url, folder) as relay:
                    code, out, errors, ended = ask(cell, install, relay.url, CALLER, task.text(), folder, interrupt)
                    wrong = left(provider, ended) if interrupt else []
                log = "".join(relay.log)
            else:
                code, out, errors, ended = ask(cell, install, provider.url, KEY, task.text(), folder, interrupt)
                wrong = left(provider, ended) if interrupt else []
            wrong += problems(situation, task, provider, code, out)
            wrong += ["the relay panicked"] if "panic" in log else []
            refused = re.findall(r'"status":400,.*"error":"(.*)"', log)
            wrong += [f"the relay refused: {why}" for why in dict.fromkeys(refused)]
            if wrong:
                wrong += [f"{what}: {text[-1500:]}" for what, text in zip(SAID, (out, errors, log)) if text]
            whole = re.sub("|".join(task.words), "WORD", out)
            printed = whole if code == 0 and not situation.interrupted else ""
            return Outcome(wrong, printed, provider.headers, time.monotonic() - begun)


SAID = ("the agent printed", "the agent's standard error", "the relay's log")


def differs(cell, measure, outcome):
    """Where a run through the relay came to something else than the measure."""
    wrong = []
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
    failed, passed = 0, 0
    with ThreadPoolExecutor(2) as pool:

        def start(cell, situation, relayed):
            return pool.submit(run, program, place(root, cell.agent.PACKAGE), cell, situation, relayed)

        # Each agent's own provider, once a situation.
        direct = {(cell.agent, s): start(cell, s, False) for s in SITUATIONS for cell in OWN if (cell.agent, s) in measured}
        through = [(cell, s, start(cell, s, True)) for cell, s in wanted]
        for (agent, situation), measure in direct.items():
            wrong = measure.result().wrong
            failed, passed = failed + bool(wrong), passed + (not wrong)
            report(f"{agent.NAME} without a relay: {situation.name}", measure.result(), wrong)
        for cell, situation, outcome in through:
            measure = direct[cell.agent, situation].result()
            wrong = outcome.result().wrong or measure.wrong or differs(cell, measure, outcome.result())
            failed, passed = failed + bool(wrong), passed + (not wrong)
            report(title(cell, situation), outcome.result(), wrong)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not through else 0


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
