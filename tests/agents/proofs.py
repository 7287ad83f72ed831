"""What is wrong with a run, as sentences: each situation must have come about, and what came of it must be right.

A run that passes because the situation never happened is a failure, too."""

import re

import town

from steps import Refuse, Slow

# An interrupt of the agent reaches the provider within this time, in seconds.
AT_ONCE = 1.0


def problems(run):
    """What is wrong with one run, whatever its situation."""
    turns, situation = run.provider.turns, run.situation
    wrong = [f"the provider would refuse: {complaint}" for complaint in run.provider.complaints[:5]]
    wrong += [f"the provider was asked for {other}" for other in run.provider.others]
    wrong += [f"the provider was asked for the model {turn.model}" for turn in turns if turn.model != run.model]
    if not isinstance(run.code, int):
        wrong.append(f"the agent's end: {run.code}")
    wrong += situation.proof(run)
    if not (situation.cut and says_so(run)):
        wrong += undone(run)
    return wrong + (relayed(run) if run.log is not None else [])


def undone(run):
    """What of the task was not done."""
    turns, situation, wrong = run.provider.turns, run.situation, []
    requests = situation.seen(run.cell.agent)
    if len(turns) != requests:
        wrong.append(f"the provider saw {len(turns)} requests instead of {requests}")
    for id, word in zip(run.task.ids, run.task.words):
        if not any(word in turn.asked.results.get(id, "") for turn in turns):
            wrong.append(f"no request carried the word {word} as the result of {id}")
        if word not in run.out and not situation.interrupted:
            wrong.append(f"the agent did not print the word {word}")
    if run.code != 0 and not situation.interrupted:
        wrong.append(f"the agent's exit code is {run.code}")
    return wrong


def relayed(run):
    """What the relay's log says of itself."""
    ends = [line["end"] for line in run.log if line.get("message") == "request"]
    others = [end for end in ends if end != "done"]
    wrong = ["the relay panicked"] if any("panic" in str(line) for line in run.log) else []
    if others != ([run.situation.end] if run.situation.end else []):
        wrong.append(f"the relay's requests ended so: {ends}")
    refused = [line for line in run.log if line.get("message") == "request" and line.get("status", 0) >= 400]
    asked = [turn.step.status for turn in run.provider.turns if isinstance(turn.step, Refuse)]
    if [line["status"] for line in refused] != asked:
        wrong.append(f"the relay refused: {[line.get('error') for line in refused]}")
    if run.cell.dialect.NAME == run.cell.agent.DIALECT:
        dropped = [line["dropped"] for line in run.log if "dropped" in line]
        wrong += [f"the relay left out: {names}" for names in dropped[:1]]
    return wrong


def nothing_else(_run):
    return []


def works(_run):
    return "works"


def comes_back(run):
    """The provider's signature, once and unchanged, in the request that has the call's result."""
    came = run.provider.turns[-1].asked.signatures if run.provider.turns else []
    return [] if came == [run.cell.dialect.SIGNATURE] else [f"the signature did not come back: {came}"]


def is_the_towns(run):
    """The result that came to the provider is the MCP server's."""
    results = [text for turn in run.provider.turns for text in turn.asked.results.values()]
    return [] if any(town.SAYS in text for text in results) else [f"no result is the server's: {results}"]


def waits(run):
    """The second answer was a 429, and the agent asked again when the provider's time was over, not before."""
    turns, pause = run.provider.turns, run.cell.agent.PAUSE
    if [isinstance(turn.step, Refuse) for turn in turns[1:3]] != [True, False]:
        return ["there was no 429 with an answer after it"]
    waited = turns[2].at - turns[1].at
    return [] if waited >= pause else [f"asked again after {waited:.1f} s instead of {pause} s"]


def waited(_run):
    return "waits, works"


def notices(run):
    """One answer broke off, and the agent asked the same again, or said so and failed."""
    turns = run.provider.turns
    cut = [at for at, turn in enumerate(turns) if turn.broken]
    if len(cut) != 1:
        return [f"{len(cut)} answers were cut"]
    after = turns[cut[0] + 1 :]
    if not after and not says_so(run):
        return ["the agent took an answer that was cut for whole"]
    wrong = [turn.asked.results for turn in after[:1] if turn.asked.results != turns[cut[0]].asked.results]
    return [f"the agent did what the cut answer said: {results}" for results in wrong]


def says_so(run):
    """Whether the agent failed with a word."""
    return isinstance(run.code, int) and run.code != 0 and re.search(r"\w", run.errors) is not None


def noticed(run):
    return "says so" if says_so(run) else "asks again, works"


def leaves(run):
    """The provider was telling its slow answer, and learned at once that nobody listens any more. At once is measured
    from the interrupt; where the agent itself took longer to go, from its end."""
    provider, at = run.provider, run.interrupted
    if not (at and provider.turns and isinstance(provider.turns[-1].step, Slow)):
        return ["the agent was not interrupted in a slow answer"]
    if not provider.left.wait(10 * AT_ONCE):
        return ["the provider was left to answer nobody"]
    if provider.left_at < at:
        return ["the agent left before it was interrupted"]
    since = max(at, run.ended) if run.ended - at > AT_ONCE else at
    late = provider.left_at - since
    return [f"the provider was told {late:.1f} s after the interrupt"] if late > AT_ONCE else []


def left(_run):
    return "stops at once"
