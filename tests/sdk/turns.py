"""Conversations that go on, at a strict provider: what it thought and signed must come back to it as it was, each call with
its result. And what it must be handed whole: an image, a schema.

The providers are those of the agents' tests, one of each dialect. The measure is the same SDK directly at the provider of
its own dialect.
"""

import base64
import contextlib
import json
import os
import sys

import pydantic
from google.genai import types

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "agents"))

from dialects import anthropic, gemini, openai, responses
from provider import KEY, Provider
from steps import Call, Calls, Say

from cases import PNG

SKIES = {"Oslo": "rain", "Rome": "sun"}
QUESTION = "How is the weather in Oslo and in Rome?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
WEATHER = {"name": "get_weather", "description": "The weather in a city"}


class Sky(pydantic.BaseModel):
    city: str
    cloudy: bool


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


def responses_talk(client, model, streamed=False):
    """As an application does that keeps the conversation itself."""
    more = {
        "tools": [{"type": "function", **WEATHER, "parameters": SCHEMA, "strict": True}],
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "low", "summary": "auto"},
    }

    def ask(items):
        if not streamed:
            return client.responses.create(model=model, input=items, store=False, **more)
        with client.responses.stream(model=model, input=items, store=False, **more) as stream:
            return stream.get_final_response()

    items = [{"role": "user", "content": QUESTION}]
    first = ask(items)
    calls = [item for item in first.output if item.type == "function_call"]
    results = [(call.call_id, SKIES[json.loads(call.arguments)["city"]]) for call in calls]
    items += first.output
    items += [{"type": "function_call_output", "call_id": id, "output": sky} for id, sky in results]
    thoughts = [part.text for item in first.output if item.type == "reasoning" for part in item.summary]
    return {
        "thought": bool("".join(thoughts)),
        "text": first.output_text,
        "calls": [[call.name, json.loads(call.arguments)] for call in calls],
        "answer": ask(items).output_text,
    }


def gemini_talk(client, model, streamed=False):
    """As an application does that keeps the conversation itself."""
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[types.FunctionDeclaration(**WEATHER, parameters_json_schema=SCHEMA)])],
        thinking_config=types.ThinkingConfig(include_thoughts=True),
    )

    def ask(contents):
        if not streamed:
            return client.models.generate_content(model=model, contents=contents, config=config).candidates[0].content.parts
        chunks = client.models.generate_content_stream(model=model, contents=contents, config=config)
        contents = [one.content for chunk in chunks for one in chunk.candidates or [] if one.content]
        return [part for content in contents for part in content.parts or []]

    contents = [types.Content(role="user", parts=[types.Part(text=QUESTION)])]
    first = ask(contents)
    calls = [part.function_call for part in first if part.function_call]
    results = [
        types.FunctionResponse(id=call.id, name=call.name, response={"output": SKIES[call.args["city"]]}) for call in calls
    ]
    contents.append(types.Content(role="model", parts=first))
    contents.append(types.Content(role="user", parts=[types.Part(function_response=result) for result in results]))
    return {
        "thought": any(part.thought and part.text for part in first),
        "text": "".join(part.text for part in first if part.text and not part.thought),
        "calls": [[call.name, call.args] for call in calls],
        "answer": "".join(part.text or "" for part in ask(contents) if not part.thought),
    }


def responses_image(client, model):
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
    ]
    return client.responses.create(model=model, input=[{"role": "user", "content": parts}]).output_text


def gemini_image(client, model):
    image = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
    return client.models.generate_content(model=model, contents=[image, "What is this?"]).text


def responses_schema(client, model):
    return client.responses.parse(model=model, input="The sky over Oslo?", text_format=Sky).output_parsed.model_dump()


def gemini_schema(client, model):
    config = {"response_mime_type": "application/json", "response_schema": Sky}
    return client.models.generate_content(model=model, contents="The sky over Oslo?", config=config).parsed.model_dump()


def responses_schema_streamed(client, model):
    with client.responses.stream(model=model, input="The sky over Oslo?", text_format=Sky) as stream:
        return stream.get_final_response().output_parsed.model_dump()


def gemini_chat(client, model):
    """The SDK keeps the conversation, and calls by itself what the model wants called."""

    def get_weather(city: str) -> str:
        return SKIES[city]

    chat = client.chats.create(model=model, config={"tools": [get_weather]})
    chunks = [chunk.candidates[0].content for chunk in chat.send_message_stream(QUESTION)]
    return "".join(part.text or "" for content in chunks for part in content.parts or [] if not part.thought)


# By SDK: the provider of its own dialect, and the cases by name.
SDKS = {
    "responses": (
        responses,
        {
            "two turns with two calls": responses_talk,
            "two turns with two calls, streamed": lambda client, model: responses_talk(client, model, True),
            "image": responses_image,
            "structured answer": responses_schema,
            "structured answer, streamed": responses_schema_streamed,
        },
    ),
    "gemini": (
        gemini,
        {
            "two turns with two calls": gemini_talk,
            "two turns with two calls, streamed": lambda client, model: gemini_talk(client, model, True),
            "image": gemini_image,
            "structured answer": gemini_schema,
        },
    ),
}
# Its history of a stream is in pieces, which the strict provider of its own dialect takes for turns.
CHAT = {"a chat that calls by itself, streamed": gemini_chat}
AUTHS = {"anthropic": "x-api-key", "openai": "bearer", "responses": "bearer", "gemini": "x-goog-api-key"}
DIALECTS = (openai, anthropic, gemini, responses)
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
    for list in (kept.bodies, provider.asked, provider.complaints, provider.others):
        list.clear()
    try:
        result = case(client, model)
    except Exception as error:
        # Whatever an SDK does not bear is a finding.
        return None, f"{type(error).__name__}: {error}; the provider: {provider.complaints} {provider.others}"
    if provider.complaints or provider.others:
        return result, f"the provider would refuse: {provider.complaints} {provider.others}"
    signatures = [one for asked in provider.asked for one in asked.signatures]
    if "turns" in name and kept.SIGNATURE not in signatures:
        return result, f"the signature did not come back: {signatures}"
    return result, handed(name, kept.bodies)


def measures(report, clients):
    """What each SDK makes of the provider of its own dialect."""
    found = {}
    for sdk, (dialect, cases) in SDKS.items():
        kept = Kept(dialect)
        with Provider(kept, decide) as provider:
            client = clients(provider.url, KEY, "v1beta")[sdk]
            for name, case in cases.items():
                found[sdk, name], wrong = run_case(name, case, client, "m", kept, provider)
                report(f"{sdk} directly: {name}", wrong)
    return found


def relayed(report, dialect, through, kept, provider, measured):
    """Both SDKs through the relay before one provider."""
    for sdk, (_, cases) in SDKS.items():
        more = CHAT if sdk == "gemini" and dialect is not gemini else {}
        for name, case in {**cases, **more}.items():
            result, wrong = run_case(name, case, through[sdk], dialect.NAME, kept, provider)
            wanted = measured.get((sdk, name), "I will look.Known: rain, sun.")
            if dialect is openai and isinstance(wanted, dict) and "thought" in wanted:
                # Its models tell nothing of what they think.
                wanted = {**wanted, "thought": False}
            wrong = wrong or (f"{result}, not {wanted}" if result != wanted else None)
            report(f"{sdk} before {dialect.NAME}: {name}", wrong)


def run(report, start, clients, folder):
    """`start`: a relay with that configuration file. `clients`: the SDKs for an address and a key, by name."""
    os.environ["STRICT_KEY"] = KEY
    measured = measures(report, clients)
    with contextlib.ExitStack() as stack:
        keeping = [Kept(dialect) for dialect in DIALECTS]
        providers = [stack.enter_context(Provider(kept, decide)) for kept in keeping]
        file = os.path.join(folder, "turns.toml")
        with open(file, "w", encoding="utf-8") as out:
            for dialect, provider in zip(DIALECTS, providers):
                out.write(CONFIG.format(url=provider.url, dialect=dialect.NAME, auth=AUTHS[dialect.NAME]))
        relay = start(file)
        through = clients(relay.url)
        for dialect, kept, provider in zip(DIALECTS, keeping, providers):
            relayed(report, dialect, through, kept, provider, measured)
        relay.end()
