"""What an SDK makes of an answer, as data: the objects it gives, or the exception it raises; and what that means."""

import json
import re
import traceback

import anthropic
import openai
from google.genai import errors

from asking import Failed
from node import Remote, Unbearable

# What differs from call to call by nature: ids, times, headers. Nothing else is let through.
VOLATILE = re.compile(
    r"^(id|created|_request_id|request_id|system_fingerprint|created_at|item_id|call_id|response_id|sdk_http_response)$"
)


def plain(value):
    """An SDK object as data, without what differs from call to call."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json", warnings=False)
    if isinstance(value, dict):
        return {k: plain(v) for k, v in sorted(value.items()) if not VOLATILE.match(k)}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def outcome(case, client):
    """What a case gives: its value, or what it raised and what it had seen before; a fault where it does not bear that."""
    if isinstance(client, Remote):
        try:
            return remote(client.outcome(case))
        except Unbearable as error:
            return {"fault": str(error)}
    seen = []
    try:
        return {"value": plain(case(client, seen)), "seen": plain(seen)}
    except (openai.OpenAIError, anthropic.AnthropicError) as error:
        body = getattr(error, "body", None)
        return {
            "raised": type(error).__name__,
            "status": getattr(error, "status_code", None),
            "message": re.sub(r"req_[0-9a-f]+", "req", str(error)),
            "body": plain(body) if isinstance(body, (dict, list)) else body,
            "seen": plain(seen),
        }
    except errors.APIError as error:
        body = plain(error.details)
        return {"raised": type(error).__name__, "status": error.code, "body": body, "seen": plain(seen)}
    except Failed:
        return {"raised": "Failed", "seen": plain(seen)}
    except Exception as error:
        # An SDK lets the transport errors of a broken stream through as they are; anything else is a fault here.
        if not type(error).__module__.startswith("http"):
            return {"fault": "".join(traceback.format_exception(error))}
        return {"raised": type(error).__name__, "seen": plain(seen)}


def remote(found):
    """An outcome of an SDK from npm in the form of those from PyPI."""
    if "raised" not in found:
        return {"value": plain(found.get("value")), "seen": plain(found["seen"])}
    found = {"status": None, "body": None, **found, "seen": plain(found["seen"])}
    found.pop("headers", None)
    found["body"] = plain(found["body"])
    if "message" in found:
        found["message"] = re.sub(r"req_[0-9a-f]+", "req", found["message"])
    return found


# Events that the SDK makes up from those that came.
DERIVED = ("text", "input_json")


# The drill's upstream counts them from the bytes of what it is asked.
COUNTED = re.compile(r"^(input_tokens|prompt_tokens|total_tokens|prompt_token_count|total_token_count)$")


def told(value):
    """What golden.json keeps: without what is not there, what the SDK makes up, the request's id, and what the length of a
    translated request decides."""
    if isinstance(value, dict):
        if "raised" in value and value.get("body"):
            value = {k: v for k, v in value.items() if k != "message"}
        value = {k: v for k, v in value.items() if v is not None and k != "snapshot"}
        return {k: "some" if v and COUNTED.match(k) else told(v) for k, v in value.items()}
    if isinstance(value, list):
        return [told(v) for v in value if not (isinstance(v, dict) and v.get("type") in DERIVED and "snapshot" in v)]
    return re.sub(r"request id: [0-9a-f]{32}", "request id: …", value) if isinstance(value, str) else value


def meaning(outcome):
    """What an outcome means to an application, in no dialect."""
    if "fault" in outcome:
        return outcome
    if "raised" in outcome:
        return {"raised": outcome["raised"], "status": outcome.get("status")}
    value, seen = outcome["value"], outcome["seen"]
    chunks = seen if value == "ended" else [value]
    if any("candidates" in chunk for chunk in chunks):
        return meaning_of_candidates([one for chunk in chunks for one in chunk.get("candidates") or []])
    if "output" in value:
        return meaning_of_output(value)
    if value == "ended":
        deltas = [choice for chunk in seen for choice in chunk["choices"]]
        calls = [call["function"] for choice in deltas for call in choice["delta"].get("tool_calls") or []]
        texts = [choice["delta"].get("content") or "" for choice in deltas]
        names = [call.get("name") or "" for call in calls]
        arguments = [call.get("arguments") or "" for call in calls]
        last = [choice["finish_reason"] for choice in deltas if choice.get("finish_reason")]
        call = ["".join(names), json.loads("".join(arguments))] if calls else None
        return {"text": "".join(texts), "call": call, "stop": last[0] if len(last) == 1 else last}
    if "choices" in value:
        (choice,) = value["choices"]
        calls = choice["message"].get("tool_calls")
        call = calls and [calls[0]["function"]["name"], json.loads(calls[0]["function"]["arguments"])]
        return {"text": choice["message"].get("content") or "", "call": call or None, "stop": choice["finish_reason"]}
    blocks = value["content"]
    calls = [[block["name"], block["input"]] for block in blocks if block["type"] == "tool_use"]
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    return {"text": "".join(texts), "call": calls[0] if calls else None, "stop": value["stop_reason"]}


def meaning_of_candidates(candidates):
    parts = [part for one in candidates for part in (one.get("content") or {}).get("parts") or []]
    calls = [[part["function_call"]["name"], part["function_call"]["args"]] for part in parts if part.get("function_call")]
    texts = [part["text"] for part in parts if part.get("text") and not part.get("thought")]
    stops = [one["finish_reason"] for one in candidates if one.get("finish_reason")]
    return {"text": "".join(texts), "call": calls[0] if calls else None, "stop": stops[0] if len(stops) == 1 else stops}


def meaning_of_output(response):
    """In the words of chat completions."""
    output = response["output"]
    calls = [[item["name"], json.loads(item["arguments"])] for item in output if item["type"] == "function_call"]
    texts = [part["text"] for item in output if item["type"] == "message" for part in item["content"]]
    stop = "tool_calls" if calls else "stop"
    stop = stop if response["status"] == "completed" else response["incomplete_details"]["reason"]
    return {"text": "".join(texts), "call": calls[0] if calls else None, "stop": stop}
