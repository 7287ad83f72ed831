"""Applications: each keeps a conversation itself, as its SDK's documentation shows it, hands over an image, wants an answer
of a form. npm/talks.mjs has the same in JavaScript.
"""

import base64
import json

import pydantic
from anthropic import beta_tool
from google.genai import types

from cases import ANTHROPIC_IMAGE, OPENAI_IMAGE, PNG

SKIES = {"Oslo": "rain", "Rome": "sun"}
QUESTION = "How is the weather in Oslo and in Rome?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
WEATHER = {"name": "get_weather", "description": "The weather in a city"}


class Sky(pydantic.BaseModel):
    city: str
    cloudy: bool


def joined(chunks):
    """The message that chunks of chat completions are pieces of, as data; what the SDK does not know is joined by index."""
    message = {"role": "assistant", "content": ""}
    for delta in (chunk.choices[0].delta.model_dump(exclude_unset=True) for chunk in chunks if chunk.choices):
        message["content"] += delta.get("content") or ""
        message["reasoning_content"] = message.get("reasoning_content", "") + (delta.get("reasoning_content") or "")
        for field in ("tool_calls", "thinking_blocks"):
            for piece in delta.get(field) or []:
                join(message.setdefault(field, []), piece)
    return message


def join(list, piece):
    """Adds a piece to what has its index: texts grow, anything else is set."""
    if len(list) == piece["index"]:
        list.append({})
    grow(list[piece["index"]], {name: value for name, value in piece.items() if name != "index"})


def grow(whole, piece):
    for name, value in piece.items():
        if isinstance(value, dict):
            grow(whole.setdefault(name, {}), value)
        elif isinstance(value, str) and name in ("arguments", "thinking"):
            whole[name] = whole.get(name, "") + value
        elif value is not None:
            whole[name] = value


def openai_talk(client, model, streamed=False):
    tools = [{"type": "function", "function": {**WEATHER, "parameters": SCHEMA, "strict": True}}]
    more = {"model": model, "tools": tools, "reasoning_effort": "low"}

    def ask(messages):
        if not streamed:
            answer = client.chat.completions.create(messages=messages, **more)
            return answer.choices[0].message.model_dump(exclude_unset=True), answer.usage
        counted = {"stream": True, "stream_options": {"include_usage": True}}
        chunks = list(client.chat.completions.create(messages=messages, **counted, **more))
        return joined(chunks), chunks[-1].usage

    messages = [{"role": "user", "content": QUESTION}]
    first, usage = ask(messages)
    calls = [(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"])) for call in first["tool_calls"]]
    # What is told of thinking is for reading; what is signed goes back.
    thought = first.pop("reasoning_content", None)
    messages.append(first)
    messages += [{"role": "tool", "tool_call_id": id, "content": SKIES[asked["city"]]} for id, _, asked in calls]
    return {
        "thought": bool(thought),
        "text": first["content"],
        "calls": [[name, asked] for _, name, asked in calls],
        "answer": ask(messages)[0]["content"],
        "usage": [usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens],
    }


def anthropic_talk(client, model, streamed=False):
    more = {
        "model": model,
        "max_tokens": 4096,
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "tools": [{**WEATHER, "input_schema": SCHEMA}],
    }

    def ask(messages):
        if not streamed:
            return client.messages.create(messages=messages, **more)
        with client.messages.stream(messages=messages, **more) as stream:
            return stream.get_final_message()

    def text(message):
        return "".join(block.text for block in message.content if block.type == "text")

    messages = [{"role": "user", "content": QUESTION}]
    first = ask(messages)
    calls = [block for block in first.content if block.type == "tool_use"]
    results = [{"type": "tool_result", "tool_use_id": call.id, "content": SKIES[call.input["city"]]} for call in calls]
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": results}]
    usage, cached = first.usage, first.usage.cache_read_input_tokens
    return {
        "thought": any(block.type == "thinking" and block.thinking for block in first.content),
        "text": text(first),
        "calls": [[call.name, call.input] for call in calls],
        "answer": text(ask(messages)),
        "usage": [usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0), cached, usage.output_tokens],
    }


def responses_talk(client, model, streamed=False):
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
    usage = first.usage
    thoughts = [part.text for item in first.output if item.type == "reasoning" for part in item.summary]
    return {
        "thought": bool("".join(thoughts)),
        "text": first.output_text,
        "calls": [[call.name, json.loads(call.arguments)] for call in calls],
        "answer": ask(items).output_text,
        "usage": [usage.input_tokens, usage.input_tokens_details.cached_tokens, usage.output_tokens],
    }


def gemini_talk(client, model, streamed=False):
    config = types.GenerateContentConfig(
        tools=[types.Tool(function_declarations=[types.FunctionDeclaration(**WEATHER, parameters_json_schema=SCHEMA)])],
        thinking_config=types.ThinkingConfig(include_thoughts=True),
    )

    def ask(contents):
        asked = {"model": model, "contents": contents, "config": config}
        if streamed:
            chunks = list(client.models.generate_content_stream(**asked))
        else:
            chunks = [client.models.generate_content(**asked)]
        contents = [one.content for chunk in chunks for one in chunk.candidates or [] if one.content]
        return [part for content in contents for part in content.parts or []], chunks[-1].usage_metadata

    contents = [types.Content(role="user", parts=[types.Part(text=QUESTION)])]
    first, usage = ask(contents)
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
        "answer": "".join(part.text or "" for part in ask(contents)[0] if not part.thought),
        "usage": [
            usage.prompt_token_count,
            usage.cached_content_token_count,
            usage.candidates_token_count + (usage.thoughts_token_count or 0),
        ],
    }


def openai_image(client, model):
    return client.chat.completions.create(model=model, messages=OPENAI_IMAGE).choices[0].message.content


def anthropic_image(client, model):
    return client.messages.create(model=model, max_tokens=99, messages=ANTHROPIC_IMAGE).content[0].text


def responses_image(client, model):
    parts = [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
    ]
    return client.responses.create(model=model, input=[{"role": "user", "content": parts}]).output_text


def gemini_image(client, model):
    image = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
    return client.models.generate_content(model=model, contents=[image, "What is this?"]).text


ASK_SKY = [{"role": "user", "content": "The sky over Oslo?"}]


def openai_schema(client, model):
    answer = client.chat.completions.parse(model=model, messages=ASK_SKY, response_format=Sky)
    return answer.choices[0].message.parsed.model_dump()


def openai_schema_streamed(client, model):
    with client.chat.completions.stream(model=model, messages=ASK_SKY, response_format=Sky) as stream:
        return stream.get_final_completion().choices[0].message.parsed.model_dump()


def anthropic_schema(client, model):
    return client.messages.parse(model=model, max_tokens=99, messages=ASK_SKY, output_format=Sky).parsed_output.model_dump()


def anthropic_schema_streamed(client, model):
    with client.messages.stream(model=model, max_tokens=99, messages=ASK_SKY, output_format=Sky) as stream:
        return stream.get_final_message().parsed_output.model_dump()


def responses_schema(client, model):
    return client.responses.parse(model=model, input="The sky over Oslo?", text_format=Sky).output_parsed.model_dump()


def gemini_schema(client, model):
    config = {"response_mime_type": "application/json", "response_schema": Sky}
    return client.models.generate_content(model=model, contents="The sky over Oslo?", config=config).parsed.model_dump()


def responses_schema_streamed(client, model):
    with client.responses.stream(model=model, input="The sky over Oslo?", text_format=Sky) as stream:
        return stream.get_final_response().output_parsed.model_dump()


def gemini_schema_streamed(client, model):
    config = {"response_mime_type": "application/json", "response_schema": Sky}
    chunks = client.models.generate_content_stream(model=model, contents="The sky over Oslo?", config=config)
    return json.loads("".join(chunk.text or "" for chunk in chunks))


def gemini_chat(client, model):
    """The SDK keeps the conversation, and calls by itself what the model wants called."""

    def get_weather(city: str) -> str:
        return SKIES[city]

    chat = client.chats.create(model=model, config={"tools": [get_weather]})
    chunks = [chunk.candidates[0].content for chunk in chat.send_message_stream(QUESTION)]
    return "".join(part.text or "" for content in chunks for part in content.parts or [] if not part.thought)


def anthropic_runner(client, model):
    """The SDK runs the tools. Unasked it leaves the conversation at Anthropic, as far as the server keeps it."""

    @beta_tool
    def get_weather(city: str) -> str:
        """The weather in a city"""
        return SKIES[city]

    more = {"max_tokens": 4096, "thinking": {"type": "enabled", "budget_tokens": 2048}}
    messages = [{"role": "user", "content": QUESTION}]
    runner = client.beta.messages.tool_runner(model=model, messages=messages, tools=[get_weather], **more)
    return "".join(block.text for message in runner for block in message.content if block.type == "text")


def applications(sdk):
    """An SDK's cases by name."""
    talk = globals()[f"{sdk}_talk"]
    return {
        "two turns with two calls": talk,
        "two turns with two calls, streamed": lambda client, model: talk(client, model, True),
        "image": globals()[f"{sdk}_image"],
        "structured answer": globals()[f"{sdk}_schema"],
        "structured answer, streamed": globals()[f"{sdk}_schema_streamed"],
    }
