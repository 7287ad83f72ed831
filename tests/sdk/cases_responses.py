"""What OpenAI's SDK is asked to do with responses."""

from asking import Case
from cases import ASK, OPENAI_IMAGE, OPENAI_TOOLS, PNG, refusals

SHORT = {"input": ASK, "max_output_tokens": 3}
TOOLS = [{"type": "function", **OPENAI_TOOLS[0]["function"], "strict": False}]
HISTORY = [
    {"role": "user", "content": "The weather in Oslo and in Rome?"},
    {"type": "function_call", "call_id": "call_Oslo", "name": "get_weather", "arguments": '{"city": "Oslo"}'},
    {"type": "function_call", "call_id": "call_Rome", "name": "get_weather", "arguments": '{"city": "Rome"}'},
    {"type": "function_call_output", "call_id": "call_Oslo", "output": "rain"},
    {"type": "function_call_output", "call_id": "call_Rome", "output": "sun"},
]
IMAGE = [
    {
        "role": "user",
        "content": [
            {"type": "input_text", "text": OPENAI_IMAGE[0]["content"][0]["text"]},
            {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
        ],
    }
]


def response(model, **more):
    return Case("responses.create", "whole", {"model": model, **SHORT, **more})


def response_stream(model, **more):
    return Case("responses.stream", "final", {"model": model, **SHORT, **more})


CASES = {
    "plain": response("m"),
    "stream": response_stream("m"),
    "tool call": response("m", tools=TOOLS, tool_choice="required"),
    "tool call, streamed": response_stream("m", tools=TOOLS),
    "tool results": response("m", input=HISTORY, tools=TOOLS),
    "image": response("m", input=IMAGE),
    **refusals(response),
    "529 for a stream": response_stream("fault-status-529"),
    "error behind tokens": response_stream("fault-error-after-2"),
}
COMPACT = Case("responses.compact", "whole", {"model": "m", "input": HISTORY})
# Of a response that is kept, by its id.
KEPT = {
    "a response asked for again": Case("responses.retrieve", "whole", {}, "resp_1"),
    "a response asked for again, streamed": Case("responses.retrieve", "events", {"stream": True}, "resp_1"),
    "a response asked for again, its input": Case("responses.input_items.list", "events", {}, "resp_1"),
    "a response asked for again, to cancel it": Case("responses.cancel", "whole", {}, "resp_1"),
    "a response asked for again, to delete it": Case("responses.delete", "whole", {}, "resp_1"),
}
OWN = {**CASES, **KEPT, "compacted": COMPACT}
OTHER = {
    **CASES,
    "an earlier response, which cannot be had": response("m", previous_response_id="resp_1"),
    **{f"{name}, which cannot be had": case for name, case in KEPT.items()},
    "compacted, which cannot be had": COMPACT,
}
MUST_RAISE = {
    "a stream that stops without an end": response_stream("fault-truncate-2"),
    "a stream that is cut": response_stream("fault-cut-2"),
    "a stream without an event": response_stream("fault-no-event"),
    "a stream that is an error": response_stream("fault-first-error"),
    "an error with status 200": response("fault-json-error"),
    "half an answer": response("fault-length-short"),
    "a page": response("fault-html"),
    "nothing": response("fault-empty"),
}
