"""What the SDKs are asked to do."""

import json

from asking import Case

ASK = [{"role": "user", "content": "Say something about water."}]
OPENAI_TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "The weather in a city",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]
ANTHROPIC_TOOLS = [
    {"name": "get_weather", "description": "The weather in a city", "input_schema": OPENAI_TOOLS[0]["function"]["parameters"]}
]


def chat(model, **more):
    return Case("chat.completions.create", "whole", {"model": model, "messages": ASK, "max_tokens": 20, **more})


def chat_stream(model, **more):
    more = {"messages": ASK, "max_tokens": 20, **more}
    return Case("chat.completions.create", "events", {"model": model, "stream": True, **more})


def message(model, **more):
    return Case("messages.create", "whole", {"model": model, "messages": ASK, "max_tokens": 20, **more})


def message_stream(model, **more):
    return Case("messages.stream", "final", {"model": model, "messages": ASK, "max_tokens": 20, **more})


def call(operation, **asked):
    """One of the other operations, streamed where that is asked."""
    return Case(operation, "events" if asked.get("stream") else "whole", asked)


SOUND = ("a.mp3", b"ID3" + bytes(range(256)) * 400, "audio/mpeg")
IMAGE = ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 400, "image/png")


def transcription(model, **more):
    return call("audio.transcriptions.create", model=model, file=SOUND, **more)


# Operations that have no counterpart in another dialect.
OTHER_CASES = {
    "completion": call("completions.create", model="m", prompt="Water"),
    "completion, streamed": call("completions.create", model="m", prompt="Water", stream=True),
    "moderation": call("moderations.create", model="omni-moderation-latest", input="x"),
    "moderation without a model": call("moderations.create", input=["x"]),
    "image made": call("images.generate", model="gpt-image-1", prompt="x"),
    "image of 12 MB made": call("images.generate", model="fault-tokens-9000", prompt="x"),
    "image made, streamed": call("images.generate", model="gpt-image-1", prompt="x", stream=True),
    "image edited": call("images.edit", model="gpt-image-1", image=IMAGE, prompt="x"),
    "images edited, streamed": call("images.edit", model="gpt-image-1", image=[IMAGE, IMAGE], prompt="x", stream=True),
    "image varied": call("images.create_variation", image=IMAGE),
    "transcription": transcription("whisper-1"),
    "transcription as text": transcription("whisper-1", response_format="text"),
    "transcription, streamed": transcription("gpt-4o-transcribe", stream=True),
    "translation": call("audio.translations.create", model="whisper-1", file=SOUND),
    "speech": Case("audio.speech.create", "bytes", {"model": "tts-1", "voice": "alloy", "input": "x"}),
    "400 for an upload": transcription("fault-status-400"),
    "429 for an upload": transcription("fault-status-429"),
    "500 for an image": call("images.generate", model="fault-status-500", prompt="x"),
}
# Of each class. 401, 402 and 403 are about the relay's own key: headers.py.
STATUSES = (400, 404, 413, 422, 429, 500, 503, 529)


def refusals(ask):
    """A case for each status that an upstream may refuse with."""
    return {str(status): ask(f"fault-status-{status}") for status in STATUSES}


USAGE = {"stream_options": {"include_usage": True}}
OPENAI_CASES = {
    "plain": chat("gpt-5-mini"),
    "stream": chat_stream("gpt-5-mini"),
    "stream with usage": chat_stream("gpt-5-mini", **USAGE),
    "tool call": chat("gpt-5-mini", tools=OPENAI_TOOLS),
    "tool call, streamed": chat_stream("gpt-5-mini", tools=OPENAI_TOOLS),
    "embeddings": call("embeddings.create", model="text-embedding-3-small", input=["a", "b"]),
    **refusals(chat),
    "503 for a stream": chat_stream("fault-status-503"),
    "error event after tokens": chat_stream("fault-error-after-5"),
}
ANTHROPIC_CASES = {
    "plain": message("claude-test"),
    "stream": message_stream("claude-test"),
    "tool call": message("claude-test", tools=ANTHROPIC_TOOLS),
    "tool call, streamed": message_stream("claude-test", tools=ANTHROPIC_TOOLS),
    **refusals(message),
    "529 for a stream": message_stream("fault-status-529"),
    "error event after tokens": message_stream("fault-error-after-5"),
}
# Here the relay does better than the upstream: what breaks off silently there must raise here.
MUST_RAISE = {
    "openai": {
        "a stream that stops without an end": chat_stream("fault-truncate-5"),
        "a stream that is cut": chat_stream("fault-cut-5"),
        "a stream without an event": chat_stream("fault-no-event"),
        "a stream that is an error": chat_stream("fault-first-error"),
        "an error with status 200": chat("fault-json-error"),
        "an error with status 200 for a stream": chat_stream("fault-json-error"),
        "half an answer": chat("fault-length-short"),
        "a page": chat("fault-html"),
        "nothing": chat("fault-empty"),
        "a page for a transcription": transcription("fault-html"),
        "a stream of a transcription that is cut": transcription("fault-cut-1", stream=True),
    },
    "anthropic": {
        "a stream that stops without an end": message_stream("fault-truncate-5"),
        "a stream that is cut": message_stream("fault-cut-5"),
        "a stream without an event": message_stream("fault-no-event"),
        "a stream that is an error": message_stream("fault-first-error"),
        "an error with status 200": message("fault-json-error"),
        "half an answer": message("fault-length-short"),
        "a page": message("fault-html"),
        "nothing": message("fault-empty"),
    },
}

# A tool was called, and failed; then it is told how the conversation goes on. The tools themselves are not sent again.
OPENAI_HISTORY = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "The weather in Oslo and in Rome?"},
    {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": f"call_{city}", "type": "function", "function": {"name": "get_weather", "arguments": json.dumps({"city": city})}}
            for city in ("Oslo", "Rome")
        ],
    },
    {"role": "tool", "tool_call_id": "call_Oslo", "content": "rain"},
    {"role": "tool", "tool_call_id": "call_Rome", "content": "sun"},
]
ANTHROPIC_HISTORY = [
    {"role": "user", "content": "The weather in Oslo and in Rome?"},
    {
        "role": "assistant",
        "content": [
            {"type": "tool_use", "id": f"toolu_{city}", "name": "get_weather", "input": {"city": city}}
            for city in ("Oslo", "Rome")
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "toolu_Oslo", "content": "rain"},
            {"type": "tool_result", "tool_use_id": "toolu_Rome", "content": "no answer", "is_error": True},
        ],
    },
]
# A pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
OPENAI_IMAGE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        ],
    }
]
ANTHROPIC_IMAGE = [
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "What is this?"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        ],
    }
]
# Before upstreams of the other dialect. Short, because what comes of them is kept word for word.
SHORT = {"max_tokens": 3}
TRANSLATED = {
    "openai": {
        "plain": chat("claude-test", **SHORT),
        "stream": chat_stream("claude-test", **SHORT),
        "stream with usage": chat_stream("claude-test", **SHORT, **USAGE),
        "tool call": chat("claude-test", tools=OPENAI_TOOLS, tool_choice="required"),
        "tool call, streamed": chat_stream("claude-test", tools=OPENAI_TOOLS),
        "tool results": chat("claude-test", **SHORT, messages=OPENAI_HISTORY),
        "image": chat("claude-test", **SHORT, messages=OPENAI_IMAGE),
        "two choices, which cannot be had": chat("claude-test", **SHORT, n=2),
        **refusals(chat),
        "529 for a stream": chat_stream("fault-status-529"),
        "error event after tokens": chat_stream("fault-error-after-2"),
        "embeddings, which cannot be had": call("embeddings.create", model="e", input="a"),
    },
    "anthropic": {
        "plain": message("gpt-5-mini", **SHORT),
        "stream": message_stream("gpt-5-mini", **SHORT),
        "tool call": message("gpt-5-mini", tools=ANTHROPIC_TOOLS, tool_choice={"type": "any"}),
        "tool call, streamed": message_stream("gpt-5-mini", tools=ANTHROPIC_TOOLS),
        "tool results": message("gpt-5-mini", **SHORT, system="Be brief.", messages=ANTHROPIC_HISTORY),
        "image": message("gpt-5-mini", **SHORT, messages=ANTHROPIC_IMAGE),
        **refusals(message),
        "503 for a stream": message_stream("fault-status-503"),
        "error event after tokens": message_stream("fault-error-after-2"),
    },
}
