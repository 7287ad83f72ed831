"""What OpenAI's SDK is asked to do with responses."""

from cases import ASK, OPENAI_IMAGE, OPENAI_TOOLS, PNG
from outcomes import Failed

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
    more = {**SHORT, **more}
    return lambda client, seen: client.responses.create(model=model, **more)


def response_stream(model, **more):
    more = {**SHORT, **more}

    def run(client, seen):
        with client.responses.stream(model=model, **more) as stream:
            for event in stream:
                seen.append(event)
        if seen and seen[-1].type in ("response.failed", "error"):
            # The SDK hands both over as one more event.
            raise Failed
        return stream.get_final_response()

    return run


CASES = {
    "plain": response("m"),
    "stream": response_stream("m"),
    "tool call": response("m", tools=TOOLS, tool_choice="required"),
    "tool call, streamed": response_stream("m", tools=TOOLS),
    "tool results": response("m", input=HISTORY, tools=TOOLS),
    "image": response("m", input=IMAGE),
    "400": response("fault-status-400"),
    "404": response("fault-status-404"),
    "413": response("fault-status-413"),
    "429": response("fault-status-429"),
    "500": response("fault-status-500"),
    "529 for a stream": response_stream("fault-status-529"),
    "error behind tokens": response_stream("fault-error-after-2"),
}
OTHER = {
    **CASES,
    "an earlier response, which cannot be had": response("m", previous_response_id="resp_1"),
    "a response asked for again, which cannot be had": lambda client, seen: client.responses.retrieve("resp_1"),
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
