"""What Google's SDK is asked to do."""

import base64

from google.genai import types

from asking import Case
from cases import OPENAI_TOOLS, PNG, refusals

ASK = "Say something about water."
FUNCTION = OPENAI_TOOLS[0]["function"]
# As a schema of Google's own; turns.py has JSON Schema.
TOOLS = [types.Tool(function_declarations=[types.FunctionDeclaration(**FUNCTION)])]
ANY = types.ToolConfig(function_calling_config=types.FunctionCallingConfig(mode="ANY"))
HISTORY = [
    types.Content(role="user", parts=[types.Part(text="The weather in Oslo and in Rome?")]),
    types.Content(
        role="model",
        parts=[types.Part.from_function_call(name="get_weather", args={"city": city}) for city in ("Oslo", "Rome")],
    ),
    types.Content(
        role="user",
        parts=[
            types.Part.from_function_response(name="get_weather", response={"output": sky}) for sky in ("rain", "sun")
        ],
    ),
]
IMAGE = [types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png"), "What is this?"]


def generate(model, contents=ASK, **config):
    config = {"max_output_tokens": 3, **config}
    return Case("models.generate_content", "whole", {"model": model, "contents": contents, "config": config})


def generate_stream(model, contents=ASK, **config):
    config = {"max_output_tokens": 3, **config}
    return Case("models.generate_content_stream", "events", {"model": model, "contents": contents, "config": config})


def embed(*contents):
    return Case("models.embed_content", "whole", {"model": "e", "contents": list(contents)})


COUNT = Case("models.count_tokens", "whole", {"model": "m", "contents": ASK})
# Before upstreams of every dialect.
CASES = {
    "plain": generate("m"),
    "stream": generate_stream("m"),
    "tool call": generate("m", tools=TOOLS, tool_config=ANY),
    "tool call, streamed": generate_stream("m", tools=TOOLS),
    "tool results": generate("m", HISTORY, tools=TOOLS),
    "image": generate("m", IMAGE),
    **refusals(generate),
    "503 for a stream": generate_stream("fault-status-503"),
    "error behind tokens": generate_stream("fault-error-after-2"),
}
OWN = {**CASES, "embedding": embed("a"), "embeddings": embed("a", "b")}
OTHER = {
    **CASES,
    "two candidates, which cannot be had": generate("m", candidate_count=2),
    "embeddings, which cannot be had": embed("a", "b"),
}
MUST_RAISE = {
    "a stream that stops without an end": generate_stream("fault-truncate-2"),
    "a stream that is cut": generate_stream("fault-cut-2"),
    "a stream without an event": generate_stream("fault-no-event"),
    "a stream that is an error": generate_stream("fault-first-error"),
    "an error with status 200": generate("fault-json-error"),
    "half an answer": generate("fault-length-short"),
    "a page": generate("fault-html"),
    "nothing": generate("fault-empty"),
}
