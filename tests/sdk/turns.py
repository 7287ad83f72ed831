"""Conversations that go on, at a strict provider: what it thought and signed must come back to it as it was, each call with
its result. And what it must be handed whole: an image, a schema.

The providers are those of the agents' tests, one of each dialect. The measure is the same SDK directly at the provider of
its own dialect.
"""

import contextlib
import json
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agents"))

from dialects import anthropic, gemini, openai, responses
from provider import KEY, Provider
from steps import Call, Calls, Say

from cases import PNG
from node import Remote
from talks import SKIES, anthropic_runner, applications, gemini_chat


class Kept:
    """A dialect that keeps what was asked, and answers with a sky where no tools are offered."""

    APART = Say('{"city": "Oslo", "cloudy": true}')

    def __init__(self, dialect):
        self.dialect, self.bodies = dialect, []

    def __getattr__(self, name):
        return getattr(self.dialect, name)

    def understand(self, path, body):
        self.bodies.append(body)
        return self.dialect.understand(path, body)


def decide(asked, _turn):
    """Two calls at once, and then what came of them."""
    if asked.results:
        return Say(f"Known: {', '.join(sorted(asked.results.values()))}.")
    calls = [Call(f"toolu_{city}", "get_weather", {"city": city}) for city in SKIES]
    return Calls(calls, text="I will look.", signed=True)


# By SDK: the provider of its own dialect, and the cases by name.
DIALECTS = (openai, anthropic, gemini, responses)
SDKS = {dialect.NAME: (dialect, applications(dialect.NAME)) for dialect in DIALECTS}
# Before other dialects alone, because the strict provider of their own would refuse them: the history of a stream is in
# pieces, which it takes for turns; what the helper read in a message is beside it; the provider keeps no conversation.
HELPERS = {
    "anthropic": {"a runner of tools": anthropic_runner},
    "npm anthropic": {"a runner of tools": None, "a runner of tools, streamed": None},
    "gemini": {"a chat that calls by itself, streamed": gemini_chat},
    "npm openai": {"a chat by the helper, streamed": None},
    "npm gemini": {"a chat that the SDK keeps, streamed": None},
}
AUTHS = {"anthropic": "x-api-key", "openai": "bearer", "responses": "bearer", "gemini": "x-goog-api-key"}
CONFIG = """
[[channels]]
name = "{dialect}"
provider = "custom"
dialect = "{dialect}"
auth = "{auth}"
base_url = "{url}"
keys = ["env:STRICT_KEY"]
models = ["{dialect}"]
"""


def handed(name, bodies):
    """What is wrong with what the provider was handed."""
    text = json.dumps(bodies[-1])
    # Google's SDK writes base64 in the alphabet for addresses.
    wanted = ['"cloudy": {'] if "structured" in name else ['"city": {']
    wanted = [PNG, PNG.replace("+", "-")] if name == "image" else wanted
    return None if any(one in text for one in wanted) else f"{wanted[0]} is not in {text}"


def run_case(name, case, client, model, kept, provider):
    """What a case gives, and what is wrong with how it went."""
    for list in (kept.bodies, provider.turns, provider.complaints, provider.others):
        list.clear()
    try:
        result = client.talk(name, model) if isinstance(client, Remote) else case(client, model)
    except Exception as error:
        # Whatever an SDK does not bear is a finding.
        return None, f"{type(error).__name__}: {error}; the provider: {provider.complaints} {provider.others}"
    if provider.complaints or provider.others:
        return result, f"the provider would refuse: {provider.complaints} {provider.others}"
    signatures = [one for turn in provider.turns for one in turn.asked.signatures]
    if "turns" in name and kept.SIGNATURE not in signatures:
        return result, f"the signature did not come back: {signatures}"
    return result, handed(name, kept.bodies)


def measures(report, registry, clients):
    """What each SDK makes of the provider of its own dialect."""
    found = {}
    for sdk, (dialect, cases) in SDKS.items():
        kept = Kept(dialect)
        with Provider(kept, decide) as provider:
            client = clients(provider.url, KEY, "v1beta")[sdk]
            for name, case in cases.items():
                found[sdk, name], wrong = run_case(name, case, client, "m", kept, provider)
                report(f"{registry}{sdk} directly: {name}", wrong)
    return found


def relayed(report, registry, dialect, through, kept, provider, measured):
    """Each SDK through the relay before one provider."""
    for sdk, (_, cases) in SDKS.items():
        more = HELPERS.get(f"{registry}{sdk}", {}) if dialect.NAME != sdk else {}
        for name, case in {**cases, **more}.items():
            result, wrong = run_case(name, case, through[sdk], dialect.NAME, kept, provider)
            wanted = measured.get((sdk, name), "I will look.Known: rain, sun.")
            if isinstance(wanted, dict) and "thought" in wanted:
                # Models of chat completions tell nothing of what they think; to its clients the others' do.
                wanted = {**wanted, "thought": dialect is not openai}
            wrong = wrong or (f"{result}, not {wanted}" if result != wanted else None)
            report(f"{registry}{sdk} before {dialect.NAME}: {name}", wrong)


def run(report, start, registries, folder):
    """`start`: a relay with that configuration file. `registries`: the SDKs for an address and a key, by name."""
    os.environ["STRICT_KEY"] = KEY
    with contextlib.ExitStack() as stack:
        keeping = [Kept(dialect) for dialect in DIALECTS]
        providers = [stack.enter_context(Provider(kept, decide)) for kept in keeping]
        file = os.path.join(folder, "turns.toml")
        with open(file, "w", encoding="utf-8") as out:
            for dialect, provider in zip(DIALECTS, providers):
                out.write(CONFIG.format(url=provider.url, dialect=dialect.NAME, auth=AUTHS[dialect.NAME]))
        relay = start(file)
        for registry, clients in registries.items():
            measured = measures(report, registry, clients)
            through = clients(relay.url)
            for dialect, kept, provider in zip(DIALECTS, keeping, providers):
                relayed(report, registry, dialect, through, kept, provider, measured)
        relay.end()
