"""What a provider does in one turn, in no dialect. Each dialect's file tells these in its own words."""

import json
from dataclasses import dataclass


@dataclass
class Call:
    """The model calls the agent's own tool; several in one turn are several of these."""

    id: str
    tool: str
    arguments: dict


@dataclass
class Calls:
    """A turn that ends with calls, after a few words."""

    calls: list
    text: str = "I will read it."
    # A signature comes with them also where the dialect's models mostly have none, and has to come back.
    signed: bool = False


@dataclass
class HalfCalls(Calls):
    """A stream that breaks off in the arguments of its last call."""


@dataclass
class Say:
    """A turn that ends with a text."""

    text: str


@dataclass
class Cut:
    """A stream that begins with a text and breaks off: no finish, no last chunk."""

    text: str


@dataclass
class Slow:
    """A stream of a text that takes its time: nobody waits for its end."""

    text: str


@dataclass
class Refuse:
    """An error instead of an answer."""

    status: int
    message: str
    # For so many seconds the provider wants to be left alone; it says so in its dialect's way.
    wait: int = 0


@dataclass
class Asked:
    """What a request says, in no dialect."""

    # Names of the tools that the agent offers.
    tools: list
    # Ids of calls to the text of their results, in order.
    results: dict
    stream: bool
    # What a strict provider of the dialect would refuse.
    complaints: list
    # Signatures that came back with calls or thoughts.
    signatures: list


@dataclass
class Turn:
    """One request of the conversation, and what the provider did."""

    # When it came, by the monotonic clock.
    at: float
    model: str
    headers: dict
    asked: Asked
    # What it was answered with.
    step: object
    # Its stream was broken off behind some text: the connection is closed.
    broken: bool = False


def identity(tool, arguments):
    """What stands for the id of a call in a dialect whose calls have none."""
    return f"{tool} {json.dumps(arguments, sort_keys=True)}"
