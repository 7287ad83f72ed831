"""A provider of OpenAI's chat completions: what it accepts, and how it tells a turn.

It is as strict as OpenAI: a field, a role or a kind of part that it does not know is refused."""

import json
import re
import secrets

from steps import Asked, Calls, Cut, Say

NAME = "openai"
TITLE = "OpenAI (chat completions)"
HEADERS = {"x-request-id": "req_6c1d1a3b9f0e4c5d", "x-ratelimit-remaining-requests": "9999"}
# So many events end a turn with calls, from the last piece of arguments on.
TAIL = 4
APART = Say("An answer apart")
FIELDS = set(
    "model messages tools tool_choice parallel_tool_calls stream stream_options max_completion_tokens max_tokens "
    "temperature top_p stop n seed user metadata store service_tier reasoning_effort response_format logprobs "
    "top_logprobs logit_bias frequency_penalty presence_penalty prediction verbosity modalities audio "
    "prompt_cache_key safety_identifier web_search_options".split()
)
KEYS = {
    "system": {"role", "content", "name"},
    "developer": {"role", "content", "name"},
    "user": {"role", "content", "name"},
    "assistant": {"role", "content", "name", "refusal", "annotations", "audio", "tool_calls"},
    "tool": {"role", "content", "tool_call_id"},
}

# As Google's endpoint of this dialect gives it with a call, and wants it back.
SIGNATURE = "CiQBcsjafLw9dNWfQ0+q0cLkE2k/yFJd1uQ="


def model(path, body):
    """The model that is asked; `None` where nobody answers."""
    return body["model"] if path == "/v1/chat/completions" else None


def check_headers(headers, key):
    """What is wrong with a request's headers."""
    wrong = [] if headers.get("authorization") == f"Bearer {key}" else ["authorization is not the provider's key"]
    return wrong + [f"{name} went to OpenAI" for name in headers if name.lower().startswith(("anthropic-", "x-api-", "x-goog-"))]


def understand(_path, body):
    """What a request asks, and what OpenAI would refuse."""
    wrong = [f"unrecognized request argument: {key}" for key in body if key not in FIELDS]
    results, waiting, signatures = {}, [], []
    for at, message in enumerate(body["messages"]):
        role = message["role"]
        wrong += [f"messages[{at}].{key}: unknown" for key in message if key not in KEYS.get(role, {"role"})]
        wrong += [] if role in KEYS else [f"messages[{at}].role: {role}"]
        if not isinstance(message.get("content"), str):
            wrong += parts_wrong(at, message)
        if role == "tool":
            id = message["tool_call_id"]
            wrong += [] if id in waiting else [f"messages[{at}]: a result of no call: {id}"]
            waiting = [other for other in waiting if other != id]
            results[id] = flat(message["content"])
            continue
        wrong += [f"messages[{at}]: no result of {waiting}"] if waiting else []
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        for call in message.get("tool_calls") or []:
            json.loads(call["function"]["arguments"])
            if google := (call.get("extra_content") or {}).get("google"):
                signatures.append(google.get("thought_signature"))
    for at, tool in enumerate(body.get("tools") or []):
        wrong += [] if tool.get("type") == "function" else [f"tools[{at}].type: {tool.get('type')}"]
        wrong += [f"tools[{at}].{key}: unknown" for key in tool if key not in ("type", "function")]
        known = ("name", "description", "parameters", "strict")
        wrong += [f"tools[{at}].function.{key}: unknown" for key in tool["function"] if key not in known]
    tools = [tool["function"]["name"] for tool in body.get("tools") or []]
    wrong += [f"tools: invalid name '{name}'" for name in tools if not re.fullmatch(r"[\w-]{1,64}", name, re.ASCII)]
    return Asked(tools, results, body.get("stream") is True, wrong, signatures)


def parts_wrong(at, message):
    """What is wrong with a content that is not a string."""
    if message.get("content") is None:
        return [] if message.get("tool_calls") else [f"messages[{at}].content: missing"]
    keys = {"text": {"type", "text"}, "image_url": {"type", "image_url"}, "file": {"type", "file"}}
    wrong = [] if message["content"] else [f"messages[{at}].content: empty"]
    for part in message["content"]:
        if set(part) != keys.get(part.get("type")):
            wrong.append(f"messages[{at}].content: {sorted(part)}")
    return wrong


def flat(content):
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def called(step):
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.tool, "arguments": json.dumps(call.arguments)}}
        for call in (step.calls if isinstance(step, Calls) else [])
    ]
    if calls and step.signed:
        calls[0]["extra_content"] = {"google": {"thought_signature": SIGNATURE}}
    return calls


USAGE = {
    "prompt_tokens": 21292,
    "completion_tokens": 57,
    "total_tokens": 21349,
    "prompt_tokens_details": {"cached_tokens": 20480, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def fresh():
    """The id of an answer: agents join messages of one id."""
    return f"chatcmpl-{secrets.token_hex(12)}"


def frame(id, kind, model, choices, **more):
    same = {"id": id, "object": kind, "created": 1795000000, "model": model}
    return {**same, "service_tier": "default", "system_fingerprint": "fp_50906f2aac", "choices": choices, **more}


def whole(step, model, _body):
    """A turn in one answer."""
    calls = called(step)
    message = {"role": "assistant", "content": step.text, "refusal": None, "annotations": []}
    message |= {"tool_calls": calls} if calls else {}
    finish = "tool_calls" if calls else "stop"
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
    return frame(fresh(), "chat.completion", model, [choice], usage=USAGE)


def events(step, model, body):
    """A turn as a stream; one that is cut ends after its text."""
    id, counted = fresh(), bool((body.get("stream_options") or {}).get("include_usage"))

    def chunk(delta, finish=None):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return told(frame(id, "chat.completion.chunk", model, [choice], **({"usage": None} if counted else {})))

    calls = called(step)
    yield chunk({"role": "assistant", "content": "", "refusal": None})
    for piece in re.findall(r"\s*\S+", step.text):
        yield chunk({"content": piece})
    if isinstance(step, Cut):
        return
    for index, call in enumerate(calls):
        arguments = call["function"]["arguments"]
        yield chunk({"tool_calls": [{"index": index, **call, "function": {**call["function"], "arguments": ""}}]})
        for at in range(0, len(arguments), 9):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments[at : at + 9]}}]})
    yield chunk({}, "tool_calls" if calls else "stop")
    if counted:
        yield told(frame(id, "chat.completion.chunk", model, [], usage=USAGE))
    yield b"data: [DONE]\n\n"


def told(data):
    return f"data: {json.dumps(data)}\n\n".encode()


def error(step):
    kind = "requests" if step.status == 429 else "invalid_request_error"
    code = "rate_limit_exceeded" if step.status == 429 else None
    return {"error": {"message": step.message, "type": kind, "param": None, "code": code}}


def waits(seconds):
    """The headers of an answer that asks to be left alone for a time."""
    return {"retry-after": str(seconds), "retry-after-ms": str(seconds * 1000)}
