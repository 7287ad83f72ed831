"""A provider of OpenAI's responses: what it accepts, and how it tells a turn.

It keeps nothing: a request brings its whole conversation, and with it the reasoning that belongs to its calls."""

import json
import re
import secrets

from steps import Asked, Calls, Cut, Say

NAME = "responses"
TITLE = "OpenAI (responses)"
HEADERS = {"x-request-id": "req_6c1d1a3b9f0e4c5d", "x-ratelimit-remaining-requests": "9999"}
# So many events end a turn with calls, from the last piece of arguments on.
TAIL = 4
APART = Say("An answer apart")
FIELDS = set(
    "model input instructions tools tool_choice parallel_tool_calls max_tool_calls stream stream_options store include "
    "reasoning text temperature top_p top_logprobs max_output_tokens metadata previous_response_id conversation prompt "
    "prompt_cache_key prompt_cache_retention safety_identifier service_tier truncation user background "
    "context_management client_metadata".split()
)
KEYS = {
    "message": {"type", "id", "role", "content", "status", "phase"},
    "reasoning": {"type", "id", "summary", "content", "encrypted_content", "status"},
    "function_call": {"type", "id", "call_id", "name", "namespace", "arguments", "status"},
    "function_call_output": {"type", "id", "call_id", "output", "status"},
    "custom_tool_call": {"type", "id", "call_id", "name", "namespace", "input", "status"},
    "custom_tool_call_output": {"type", "id", "call_id", "name", "output", "status"},
    "additional_tools": {"type", "id", "role", "tools"},
}
NAMED = re.compile(r"[\w-]{1,64}", re.ASCII)
PARTS = {
    "input_text": {"type", "text"},
    "input_image": {"type", "detail", "image_url", "file_id"},
    "input_file": {"type", "file_id", "filename", "file_data", "file_url"},
    "output_text": {"type", "text", "annotations", "logprobs"},
    "refusal": {"type", "refusal"},
}
# What the provider thought, in a form that only it can read; it wants it back unchanged.
SIGNATURE = "gAAAAABpPz3kQ2x1c2VkLXNlY3JldC1yZWFzb25pbmc"


def model(path, body):
    """The model that is asked; `None` where nobody answers."""
    return body["model"] if path == "/v1/responses" else None


def check_headers(headers, key):
    """What is wrong with a request's headers."""
    wrong = [] if headers.get("authorization") == f"Bearer {key}" else ["authorization is not the provider's key"]
    return wrong + [f"{name} went to OpenAI" for name in headers if name.lower().startswith(("anthropic-", "x-api-", "x-goog-"))]


def understand(_path, body):
    """What a request asks, and what OpenAI would refuse."""
    wrong = [f"Unknown parameter: '{key}'" for key in body if key not in FIELDS]
    results, waiting, signatures = {}, [], []
    items = body["input"] if isinstance(body["input"], list) else [{"role": "user", "content": body["input"]}]
    for at, item in enumerate(items):
        kind = item.get("type", "message")
        wrong += [f"input[{at}].{key}: unknown" for key in item if key not in KEYS.get(kind, {"type"})]
        if kind == "message":
            wrong += message_wrong(at, item)
        elif kind == "reasoning":
            wrong += [] if isinstance(item.get("summary"), list) else [f"input[{at}].summary: missing"]
            signature = item.get("encrypted_content")
            wrong += [] if signature == SIGNATURE else [f"input[{at}].encrypted_content could not be verified: {signature}"]
            signatures.append(signature)
        elif kind in ("function_call", "custom_tool_call"):
            if kind == "function_call":
                json.loads(item["arguments"])
            waiting.append(item["call_id"])
        elif kind in ("function_call_output", "custom_tool_call_output"):
            id = item["call_id"]
            wrong += [] if id in waiting else [f"No tool call found for function call output with call_id {id}."]
            waiting = [other for other in waiting if other != id]
            results[id] = flat(item["output"])
        elif kind != "additional_tools":
            wrong.append(f"input[{at}].type: {kind}")
    wrong += [f"No tool output found for function call {id}." for id in waiting]
    wrong += tools_wrong(offered(body))
    tools = list(named(offered(body)))
    return Asked(tools, results, body.get("stream") is True, wrong, signatures)


def message_wrong(at, item):
    """What is wrong with a message."""
    role, content = item["role"], item["content"]
    wrong = [] if role in ("user", "assistant", "system", "developer") else [f"input[{at}].role: {role}"]
    for part in content if isinstance(content, list) else []:
        kind = part["type"]
        wrong += [f"input[{at}].content.{key}: unknown in {kind}" for key in part if key not in PARTS.get(kind, {"type"})]
        belongs = kind in ("output_text", "refusal") if role == "assistant" else kind.startswith("input_")
        wrong += [] if belongs else [f"input[{at}].content: {kind} of {role}"]
    return wrong


def tools_wrong(tools):
    """Functions stand flat in a list, or in a namespace; others are the provider's own."""
    wrong = []
    for at, tool in enumerate(tools):
        if tool["type"] == "namespace":
            wrong += tools_wrong(tool["tools"])
        elif tool["type"] == "function":
            known = ("type", "name", "description", "parameters", "strict")
            wrong += [f"tools[{at}].{key}: unknown" for key in tool if key not in known]
            wrong += [] if NAMED.fullmatch(tool.get("name") or "") else [f"tools[{at}].name: {tool.get('name')}"]
        elif tool["type"] not in ("web_search", "custom"):
            wrong.append(f"tools[{at}].type: {tool['type']}")
    return wrong


def offered(body):
    """The tools of a request, wherever they stand in it."""
    later = [item["tools"] for item in body["input"] if isinstance(item, dict) and item.get("type") == "additional_tools"]
    return (body.get("tools") or []) + [tool for tools in later for tool in tools]


def takes_text(tools, name, space=""):
    """Whether the tool of this name takes a text and no object."""
    for tool in tools:
        if tool["type"] == "namespace" and takes_text(tool["tools"], name, f"{tool['name']}/"):
            return True
        if tool["type"] == "custom" and space + tool["name"] == name:
            return True
    return False


def named(tools, space=""):
    """What calls call the tools; one of a namespace has that in front."""
    for tool in tools:
        if tool["type"] == "namespace":
            yield from named(tool["tools"], f"{tool['name']}/")
        else:
            yield space + tool.get("name", tool["type"])


def flat(output):
    """The text of a call's output, a string or parts."""
    return output if isinstance(output, str) else "".join(part.get("text", "") for part in output)


def items(step, body):
    """A turn's items."""
    part = {"type": "output_text", "text": step.text, "annotations": [], "logprobs": []}
    words = {"id": fresh("msg"), "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    if not isinstance(step, Calls):
        return [words]
    thought = {"type": "reasoning", "id": fresh("rs"), "summary": [{"type": "summary_text", "text": "It must be read."}]}
    if "reasoning.encrypted_content" in (body.get("include") or []):
        thought["encrypted_content"] = SIGNATURE
    return [thought, words] + [called(call, body) for call in step.calls]


def called(call, body):
    """The item of a call."""
    same = {"status": "completed", "call_id": call.id, **title(call.tool)}
    if takes_text(offered(body), call.tool):
        return {"id": fresh("ctc"), "type": "custom_tool_call", **same, "input": call.arguments["input"]}
    return {"id": fresh("fc"), "type": "function_call", **same, "arguments": json.dumps(call.arguments)}


def title(tool):
    """A tool's name, and its namespace where it has one."""
    space, _, name = tool.rpartition("/")
    return {"name": name, "namespace": space} if space else {"name": name}


def fresh(kind):
    return f"{kind}_{secrets.token_hex(16)}"


USAGE = {
    "input_tokens": 21292,
    "input_tokens_details": {"cached_tokens": 20480},
    "output_tokens": 57,
    "output_tokens_details": {"reasoning_tokens": 12},
    "total_tokens": 21349,
}


def response(id, model, body, output, status, usage):
    """The object that each answer, and each turn of its life, shows."""
    return {
        "id": id,
        "object": "response",
        "created_at": 1795000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "model": model,
        "output": output,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "reasoning": {"effort": None, "summary": None, **(body.get("reasoning") or {})},
        "store": body.get("store", True),
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def whole(step, model, body):
    """A turn in one answer."""
    return response(fresh("resp"), model, body, items(step, body), "completed", USAGE)


def events(step, model, body):
    """A turn as a stream; one that is cut ends after its text."""
    number = iter(range(1_000_000))

    def told(kind, **data):
        text = json.dumps({"type": kind, "sequence_number": next(number), **data})
        return f"event: {kind}\ndata: {text}\n\n".encode()

    id, output = fresh("resp"), items(step, body)
    for kind in ("created", "in_progress"):
        yield told(f"response.{kind}", response=response(id, model, body, [], "in_progress", None))
    for index, item in enumerate(output):
        for kind, data in life(item):
            yield told(f"response.{kind}", output_index=index, **data)
            if isinstance(step, Cut) and kind == "output_text.done":
                return
    yield told("response.completed", response=response(id, model, body, output, "completed", USAGE))


def life(item):
    """The events of one item, from its beginning to its end."""
    at, kind = {"item_id": item["id"]}, item["type"]
    if kind == "function_call":
        yield "output_item.added", {"item": {**item, "arguments": "", "status": "in_progress"}}
        for start in range(0, len(item["arguments"]), 9):
            yield "function_call_arguments.delta", {**at, "delta": item["arguments"][start : start + 9]}
        yield "function_call_arguments.done", {**at, "arguments": item["arguments"]}
    elif kind == "custom_tool_call":
        yield "output_item.added", {"item": {**item, "input": "", "status": "in_progress"}}
        for start in range(0, len(item["input"]), 9):
            yield "custom_tool_call_input.delta", {**at, "delta": item["input"][start : start + 9]}
        yield "custom_tool_call_input.done", {**at, "input": item["input"]}
    elif kind == "reasoning":
        yield "output_item.added", {"item": {**item, "summary": []}}
        for index, part in enumerate(item["summary"]):
            at = {**at, "summary_index": index}
            yield "reasoning_summary_part.added", {**at, "part": {**part, "text": ""}}
            yield "reasoning_summary_text.delta", {**at, "delta": part["text"]}
            yield "reasoning_summary_text.done", {**at, "text": part["text"]}
            yield "reasoning_summary_part.done", {**at, "part": part}
    else:
        part, at = item["content"][0], {**at, "content_index": 0}
        yield "output_item.added", {"item": {**item, "content": [], "status": "in_progress"}}
        yield "content_part.added", {**at, "part": {**part, "text": ""}}
        for piece in re.findall(r"\s*\S+", part["text"]):
            yield "output_text.delta", {**at, "delta": piece, "logprobs": []}
        yield "output_text.done", {**at, "text": part["text"], "logprobs": []}
        yield "content_part.done", {**at, "part": part}
    yield "output_item.done", {"item": item}


def error(step):
    kind = "requests" if step.status == 429 else "invalid_request_error"
    code = "rate_limit_exceeded" if step.status == 429 else None
    return {"error": {"message": step.message, "type": kind, "param": None, "code": code}}


def waits(seconds):
    """The headers of an answer that asks to be left alone for a time."""
    return {"retry-after": str(seconds), "retry-after-ms": str(seconds * 1000)}
