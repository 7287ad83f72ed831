"""A provider of Anthropic's messages: what it accepts, and how it tells a turn."""

import json
import re
import secrets

from steps import Asked, Calls, Say

NAME = "anthropic"
TITLE = "Anthropic"
HEADERS = {"request-id": "req_011CSHoEeqs5C35K2UUqR7Fy", "anthropic-ratelimit-requests-remaining": "49"}
# What the agents say, and the newest SDKs.
VERSIONS = ("2023-06-01", "2026-10-21")
# So many events end a turn with calls, from the last piece of arguments on.
TAIL = 4
APART = Say("An answer apart")
# What the provider made of its own thinking; it wants it back unchanged beside the calls that followed.
SIGNATURE = "EqQBCgIYAhIM1gbcDa9GJ+ZA/b3h"
THOUGHT = {"type": "thinking", "thinking": "The file must be read.", "signature": SIGNATURE}


def model(path, body):
    """The model that is asked; `None` where nobody answers."""
    return body["model"] if path.split("?")[0] == "/v1/messages" else None


def check_headers(headers, key):
    """What is wrong with a request's headers."""
    wrong = []
    # Its SDKs show the key in the one way or the other.
    if key not in (headers.get("x-api-key"), (headers.get("authorization") or "").removeprefix("Bearer ")):
        wrong.append("neither x-api-key nor authorization is the provider's key")
    if headers.get("anthropic-version") not in VERSIONS:
        wrong.append(f"anthropic-version is {headers.get('anthropic-version')}")
    return wrong


def understand(_path, body):
    """What a request asks, and what a strict provider would refuse."""
    wrong, results, open_calls, signatures = [], {}, [], []
    if not isinstance(body.get("max_tokens"), int):
        wrong.append("max_tokens: missing")
    for at, message in enumerate(body["messages"]):
        role, content = message["role"], message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if role not in ("user", "assistant", "system"):
            wrong.append(f"messages[{at}].role: {role}")
        found = {b["tool_use_id"]: flat(b.get("content")) for b in blocks if b["type"] == "tool_result"}
        if role != "system":
            if missing := [id for id in open_calls if id not in found]:
                wrong.append(f"messages[{at}]: no tool_result for {missing}")
            if strange := [id for id in found if id not in open_calls]:
                wrong.append(f"messages[{at}]: tool_result without a call: {strange}")
            open_calls = [b["id"] for b in blocks if b["type"] == "tool_use"]
        if open_calls and any(b["type"] == "thinking" and b != THOUGHT for b in blocks):
            wrong.append(f"messages[{at}]: thinking was modified")
        signatures += [b["signature"] for b in blocks if b["type"] == "thinking"]
        results.update(found)
    tools = [tool["name"] for tool in body.get("tools") or []]
    wrong += [f"tools: invalid name '{name}'" for name in tools if not re.fullmatch(r"[\w-]{1,128}", name, re.ASCII)]
    return Asked(tools, results, body.get("stream") is True, wrong, signatures)


def flat(content):
    """The text of a tool's result, a string or blocks."""
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or [])


def blocks(step):
    """A turn's content blocks."""
    if isinstance(step, Calls):
        uses = [{"type": "tool_use", "id": c.id, "name": c.tool, "input": c.arguments} for c in step.calls]
        return [THOUGHT, {"type": "text", "text": step.text}, *uses]
    return [{"type": "text", "text": step.text}]


def message(model, content, stop, output):
    usage = {"input_tokens": 812, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 20480}
    return {
        # Fresh: agents join messages of one id.
        "id": f"msg_{secrets.token_hex(12)}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": output},
    }


def stop_reason(step):
    return "tool_use" if isinstance(step, Calls) else "end_turn"


def whole(step, model, _body):
    """A turn in one answer."""
    return message(model, blocks(step), stop_reason(step), 57)


def pieces(block):
    """A block as its start and its deltas."""
    if block["type"] == "text":
        words = re.findall(r"\s*\S+", block["text"])
        return {"type": "text", "text": ""}, [{"type": "text_delta", "text": word} for word in words]
    if block["type"] == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": block["thinking"]},
            {"type": "signature_delta", "signature": block["signature"]},
        ]
    text = json.dumps(block["input"])
    parts = ["", *(text[at : at + 9] for at in range(0, len(text), 9))]
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": part} for part in parts]


def events(step, model, _body):
    """A turn as a stream; one that is cut ends within its first block."""
    yield told("message_start", message=message(model, [], None, 4))
    for index, block in enumerate(blocks(step)):
        start, deltas = pieces(block)
        yield told("content_block_start", index=index, content_block=start)
        if not index:
            yield told("ping")
        for delta in deltas:
            yield told("content_block_delta", index=index, delta=delta)
        if type(step).__name__ == "Cut":
            return
        yield told("content_block_stop", index=index)
    delta = {"stop_reason": stop_reason(step), "stop_sequence": None}
    usage = {"input_tokens": 812, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 20480}
    yield told("message_delta", delta=delta, usage={**usage, "output_tokens": 57})
    yield told("message_stop")


def told(name, **data):
    return f"event: {name}\ndata: {json.dumps({'type': name, **data})}\n\n".encode()


def error(step):
    kind = {429: "rate_limit_error", 404: "not_found_error"}.get(step.status, "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": step.message}, "request_id": HEADERS["request-id"]}


def waits(seconds):
    """The headers of an answer that asks to be left alone for a time."""
    return {"retry-after": str(seconds), "x-should-retry": "true"}
