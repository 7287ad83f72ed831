"""A provider of Gemini's content: what it accepts, and how it tells a turn.

As Gemini 3 it gives its calls no ids, and refuses a turn whose first call comes back without its signature."""

import json
import re

from steps import Asked, Calls, Cut, Say, identity

NAME = "gemini"
TITLE = "Gemini"
HEADERS = {"x-gemini-service-tier": "standard"}
# So many events end a turn with calls, from the last piece of arguments on.
TAIL = 1
APART = Say("An answer apart")
FIELDS = set("contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent labels".split())
CONFIG = set(
    "temperature topP topK maxOutputTokens stopSequences candidateCount responseMimeType responseSchema "
    "responseJsonSchema seed presencePenalty frequencyPenalty responseLogprobs logprobs thinkingConfig "
    "responseModalities mediaResolution speechConfig".split()
)
PARTS = set("text thought thoughtSignature inlineData fileData functionCall functionResponse".split())
# Two also as Google's SDK for Python spells them: Google reads both.
DECLARED = set(
    "name description parameters parametersJsonSchema parameters_json_schema response responseJsonSchema "
    "response_json_schema behavior".split()
)
# It comes with the first call of a turn, and comes back with it; or what Google documents for calls of other models.
SIGNATURE = "CiQBcsjafLw9dNWfQ0+q0cLkE2k/yFJd1uQ="
STANDARD = str.maketrans("-_", "+/")
STAND_INS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")


def model(path, _body):
    """The model that is asked; `None` where nobody answers."""
    found = re.fullmatch(r"/v1beta/models/([^/:]+):(generateContent|streamGenerateContent)", path.split("?")[0])
    return found and found[1]


def check_headers(headers, key):
    """What is wrong with a request's headers."""
    wrong = [] if headers.get("x-goog-api-key") == key else ["x-goog-api-key is not the provider's key"]
    return wrong + [f"{name} went to Google" for name in headers if name.lower().startswith(("anthropic-", "x-api-", "authorization"))]


def understand(path, body):
    """What a request asks, and what Gemini would refuse."""
    wrong = [f"Unknown name \"{key}\"" for key in body if key not in FIELDS]
    wrong += [f"Unknown name \"{key}\" at generation_config" for key in body.get("generationConfig") or {} if key not in CONFIG]
    results, waiting, signatures = {}, [], []
    for at, content in enumerate(body["contents"]):
        role, parts = content.get("role", "user"), content["parts"]
        wrong += [] if role in ("user", "model") else [f"contents[{at}]: Please use a valid role: user, model."]
        wrong += [] if parts else [f"contents[{at}].parts: empty"]
        wrong += [f"contents[{at}].parts: Unknown name \"{key}\"" for part in parts for key in part if key not in PARTS]
        calls = [part for part in parts if "functionCall" in part]
        answers = [part["functionResponse"] for part in parts if "functionResponse" in part]
        if len(answers) != len(waiting):
            wrong.append(f"contents[{at}]: {len(answers)} function responses for {len(waiting)} function calls")
        for answer in answers:
            # By its id, where the client gave one, else by its name.
            told = [c for c in waiting if answer["name"] == c["name"] and answer.get("id") == c.get("id")]
            wrong += [] if told else [f"contents[{at}]: a function response of no call: {answer['name']}"]
            if told:
                waiting.remove(told[0])
                results[identity(told[0]["name"], told[0].get("args") or {})] = flat(answer["response"])
        waiting = [call["functionCall"] for call in calls]
        if calls:
            # Google reads both alphabets, and its SDK for Python writes the other one.
            signature = calls[0].get("thoughtSignature")
            if signature not in STAND_INS:
                signature = signature and signature.translate(STANDARD)
            signatures.append(signature)
            if signature != SIGNATURE and signature not in STAND_INS:
                name = calls[0]["functionCall"]["name"]
                wrong.append(f"Function call is missing a thought_signature in functionCall parts: {name}, {signature}")
    wrong += [f"no function response for {call['name']}" for call in waiting]
    declared = [one for tool in body.get("tools") or [] for one in tool.get("functionDeclarations", [])]
    wrong += [f"tools: Unknown name \"{key}\"" for one in declared for key in one if key not in DECLARED]
    tools = [one["name"] for one in declared]
    wrong += [f"tools: invalid name '{name}'" for name in tools if not re.fullmatch(r"[A-Za-z_][\w.:-]{0,63}", name, re.ASCII)]
    return Asked(tools, results, ":stream" in path, wrong, signatures)


def flat(response):
    """The text of a function's response: what stands in `output`, or all of it."""
    said = response.get("output", response)
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def parts(step):
    """A turn's parts."""
    words = [{"text": piece} for piece in re.findall(r"\s*\S+", step.text)]
    if not isinstance(step, Calls):
        return words
    calls = [{"functionCall": {"name": call.tool, "args": call.arguments}} for call in step.calls]
    calls[0]["thoughtSignature"] = SIGNATURE
    return [{"text": "**Reading**\n\nIt must be read.", "thought": True}, *words, *calls]


USAGE = {
    "promptTokenCount": 21292,
    "cachedContentTokenCount": 20480,
    "candidatesTokenCount": 45,
    "thoughtsTokenCount": 12,
    "totalTokenCount": 21349,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 21292}],
}


def answer(model, parts, finish):
    candidate = {"content": {"parts": parts, "role": "model"}, "index": 0}
    candidate |= {"finishReason": finish} if finish else {}
    return {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": model, "responseId": "1xQqaeO-HLX1nsEP"}


def whole(step, model, _body):
    """A turn in one answer."""
    return answer(model, parts(step), "STOP")


def events(step, model, _body):
    """A turn as a stream; one that is cut ends without a reason."""
    told = parts(step)
    for at, part in enumerate(told):
        finish = "STOP" if at + 1 == len(told) and not isinstance(step, Cut) else None
        yield f"data: {json.dumps(answer(model, [part], finish))}\r\n\r\n".encode()


def error(step):
    status = {429: "RESOURCE_EXHAUSTED", 404: "NOT_FOUND"}.get(step.status, "INVALID_ARGUMENT")
    details = []
    if step.wait:
        details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{step.wait}s"}]
    return {"error": {"code": step.status, "message": step.message, "status": status, "details": details}}


def waits(_seconds):
    """The headers of an answer that asks to be left alone for a time: Google says it in the body alone."""
    return {}
