"""What happens to an agent in a task: which step its provider takes in which turn.

Every decision is made from what was asked, so that an agent may ask again as often as it likes."""

import re
from dataclasses import dataclass
from typing import Callable

from steps import Call, Calls, Cut, Refuse, Say, Slow


@dataclass(frozen=True)
class Situation:
    name: str
    # How many files the task is about.
    files: int
    # (task, asked, turn) to a step.
    decide: Callable
    # How many requests the provider must have seen at least.
    requests: int
    # The provider's signature must come back to it.
    signed: bool = False
    # An answer breaks off: whoever says so need not ask again.
    cut: bool = False
    # The agent is interrupted in its last answer.
    interrupted: bool = False
    # Only agents that keep tools back can search for them.
    searches: bool = False

    def is_for(self, agent):
        return bool(agent.SEARCH) or not self.searches


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


def limited(task, asked, turn):
    """The second request meets a limit for a second."""
    if turn == 1:
        return Refuse(429, "Rate limit reached, try again in 1 s", {"retry-after": "1", "x-should-retry": "true"})
    return reading(task, asked)


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
    Situation("a signature that must come back", 1, signed, 2, signed=True),
    Situation("a call that fails, then another", 1, missing, 3),
    Situation("a search for tools, then a call", 1, searched, 3, searches=True),
    Situation("a 429 with retry-after, then the answer", 1, limited, 3),
    Situation("a stream cut after some text", 1, broken, 3, cut=True),
    Situation("an interrupt in a slow answer", 1, slow, 2, interrupted=True),
]
