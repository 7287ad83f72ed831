"""What happens to an agent in a task: which step its provider takes in which turn.

Every decision is made from what was asked, so that an agent may ask again as often as it likes. Whether a situation
came about, and what came of it, is seen by proofs.py."""

import re
from dataclasses import dataclass
from typing import Callable, Optional

import proofs
import town

from steps import Call, Calls, Cut, HalfCalls, Refuse, Say, Slow


@dataclass(frozen=True)
class Situation:
    name: str
    # How many files the task is about.
    files: int
    # (task, asked, turn) to a step.
    decide: Callable
    # How many requests the provider must have seen: fewer are not the task, and more are not needed for it.
    requests: int
    # What else must be true of a run, and what docs/agents.md says of it.
    proof: Callable = proofs.nothing_else
    says: Callable = proofs.works
    # How the relay's log says that one of its requests ended that was not whole.
    end: Optional[str] = None
    # An answer breaks off: who says so need not ask again, nor do the task.
    cut: bool = False
    # The agent is interrupted in its last answer.
    interrupted: bool = False
    # The agent has an MCP server.
    served: bool = False
    # Only agents that keep tools back can search for them.
    searches: bool = False
    # The agent is set to a model that it knows, which the relay leads to the provider's.
    known: bool = False

    def seen(self, agent):
        """How many requests there are; an agent that keeps tools back keeps those of a server back."""
        return self.requests + (self.served and bool(agent.SEARCH))

    def is_for(self, agent):
        return (bool(agent.SEARCH) or not self.searches) and (bool(agent.KNOWN) or not self.known)


def reading(task, asked, signed=False):
    """The heart of each: calls until the results are there, and then what they say."""
    if all(id in asked.results for id in task.ids):
        words = [re.search(r"the word is (\w+)", asked.results[id]) for id in task.ids]
        return Say(f"The words are: {', '.join(word[1] if word else 'unknown' for word in words)}.")
    calls = [task.agent.reads(path) for path in task.files]
    return Calls([Call(id, tool, arguments) for id, (tool, arguments) in zip(task.ids, calls)], signed=signed)


def plain(task, asked, turn):
    return reading(task, asked)


def signed(task, asked, turn):
    """What the provider thought comes with the call, and must come back with its result."""
    return reading(task, asked, True)


def missing(task, asked, turn):
    """The first call fails: its file is not there, and the model calls again."""
    first = f"{task.ids[0]}x"
    if first not in asked.results:
        tool, arguments = task.agent.reads(f"{task.files[0]}.old")
        return Calls([Call(first, tool, arguments)])
    return reading(task, asked)


def searched(task, asked, turn):
    """The agent keeps some tools back until the model asks for them: it asks, and then goes on."""
    first = f"{task.ids[0]}s"
    if first in asked.results:
        return reading(task, asked)
    if task.agent.SEARCH[0] in asked.tools:
        return Calls([Call(first, *task.agent.SEARCH)])
    # It offers everything at once; the relay's log says whether it was made to.
    return reading(task, asked)


def served(task, asked, turn):
    """The model calls the tool of an MCP server that the agent runs, under the name by which the provider knows it."""
    if all(id in asked.results for id in task.ids):
        return reading(task, asked)
    names = [name for name in asked.tools if name.endswith(town.TOOL)]
    if not names and task.agent.SEARCH and f"{task.ids[0]}s" not in asked.results:
        tool, _ = task.agent.SEARCH
        return Calls([Call(f"{task.ids[0]}s", tool, {"query": town.TOOL})])
    if len(names) != 1:
        return Say(f"The tool of the server is not offered once, but so: {names}")
    return Calls([Call(id, names[0], {"path": path}) for id, path in zip(task.ids, task.files)])


def known(task, asked, turn):
    """The agent offers its model other tools than those that it gives to any model."""
    if all(id in asked.results for id in task.ids):
        return reading(task, asked)
    calls = [task.agent.reads_known(path) for path in task.files]
    names = [name for name in asked.tools if name.endswith(calls[0][0])]
    if len(names) != 1:
        return Say(f"The tool of a known model is not offered once, but so: {asked.tools}")
    return Calls([Call(id, names[0], arguments) for id, (_, arguments) in zip(task.ids, calls)])


def limited(task, asked, turn):
    """The second request meets a limit, for longer than the agent would wait by itself."""
    if turn == 1:
        return Refuse(429, "Rate limit reached for requests", wait=task.agent.PAUSE)
    return reading(task, asked)


def halved(task, asked, turn):
    """The first answer breaks off in its call."""
    step = reading(task, asked)
    return HalfCalls(step.calls) if turn == 0 else step


def broken(task, asked, turn):
    """The answer breaks off once, in the middle of its text."""
    if turn == 1:
        return Cut("The words are: not this one, because")
    return reading(task, asked)


def slow(task, asked, turn):
    """The answer to the result takes half a minute."""
    step = reading(task, asked)
    return Slow("The words are: " + "one of many, " * 300) if isinstance(step, Say) else step


SITUATIONS = [
    Situation("one call", 1, plain, 2),
    Situation("two calls in one turn", 2, plain, 2),
    Situation("a signature that must come back", 1, signed, 2, proofs.comes_back),
    Situation("a call that fails, then another", 1, missing, 3),
    Situation("a search for tools, then a call", 1, searched, 3, searches=True),
    Situation("a call of an MCP server's tool", 1, served, 2, proofs.is_the_towns, served=True),
    Situation("a model that the agent knows", 1, known, 2, known=True),
    Situation("a stream cut in a call", 1, halved, 3, proofs.notices, proofs.noticed, "upstream_truncated", cut=True),
    Situation("a 429 with retry-after, then the answer", 1, limited, 3, proofs.waits, proofs.waited, "upstream_error"),
    Situation("a stream cut after some text", 1, broken, 3, proofs.notices, proofs.noticed, "upstream_truncated", cut=True),
    Situation("an interrupt in a slow answer", 1, slow, 2, proofs.leaves, proofs.left, "client_gone", interrupted=True),
]
