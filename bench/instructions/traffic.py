"""The client and the upstream around a relay, in one process and in lock step.

The client asks, the upstream answers one packet, the client waits until what the relay makes of it has come, and only
then does the upstream send the next. So the relay wakes, reads and writes equally often in every run.
"""

import json
import select
import socket
import time

import http2

TOKENS = 62
PATIENCE_S = 60
# The relay lets a connection to an upstream rest for 5 ms before it is used again. A client that asks later than that
# meets the same one in every request; an earlier one makes the relay connect anew, or not, as time has it.
REST_S = 0.015


def event(data, name=None):
    line = data if isinstance(data, str) else json.dumps(data, separators=(",", ":"))
    return (f"event: {name}\n" if name else "") + f"data: {line}\n\n"


def word(n):
    return f" word{n % 10}"


def text():
    return "".join(word(n) for n in range(TOKENS))


def openai_chunk(delta, finish=None, **more):
    choices = [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]
    return event({
        "id": "chatcmpl-DkJ3vKqkqVxJ0a3jP1uL5o0dZb8cN", "object": "chat.completion.chunk", "created": 1764000000,
        "model": "gpt-5-mini", "service_tier": "default", "system_fingerprint": "fp_44709d6fcb", "choices": choices,
        "usage": None, **more,
    })


OPENAI_USAGE = {"prompt_tokens": 9, "completion_tokens": TOKENS, "total_tokens": 9 + TOKENS}
OPENAI_WHOLE = {
    "id": "chatcmpl-DkJ3vKqkqVxJ0a3jP1uL5o0dZb8cN", "object": "chat.completion", "created": 1764000000,
    "model": "gpt-5-mini", "service_tier": "default", "system_fingerprint": "fp_44709d6fcb",
    "choices": [{
        "index": 0, "finish_reason": "stop", "logprobs": None,
        "message": {"role": "assistant", "content": text(), "refusal": None, "annotations": []},
    }],
    "usage": OPENAI_USAGE,
}
# 66 events. A relay promises nothing before the first content, so what opens the stream travels with it.
OPENAI_STREAM = [
    openai_chunk({"role": "assistant", "content": "", "refusal": None}) + openai_chunk({"content": word(0)}),
    *(openai_chunk({"content": word(n)}) for n in range(1, TOKENS)),
    openai_chunk({}, "stop") + openai_chunk({}, choices=[], usage=OPENAI_USAGE) + event("[DONE]"),
]


def anthropic_message(content, stop, tokens):
    return {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
        "content": content, "stop_reason": stop, "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": tokens, "service_tier": "standard"},
    }


def anthropic_event(kind, **more):
    return event({"type": kind, **more}, kind)


def anthropic_delta(n):
    return anthropic_event("content_block_delta", index=0, delta={"type": "text_delta", "text": word(n)})


ANTHROPIC_WHOLE = anthropic_message([{"type": "text", "text": text()}], "end_turn", TOKENS)
ANTHROPIC_STREAM = [
    anthropic_event("message_start", message=anthropic_message([], None, 1))
    + anthropic_event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    + event({"type": "ping"}, "ping")
    + anthropic_delta(0),
    *(anthropic_delta(n) for n in range(1, TOKENS)),
    anthropic_event("content_block_stop", index=0)
    + anthropic_event(
        "message_delta",
        delta={"stop_reason": "end_turn", "stop_sequence": None},
        usage={"output_tokens": TOKENS},
    )
    + anthropic_event("message_stop"),
]

PROSE = 'You are a coding agent. Use the tools below to do what the user asks.\n```rust\nfn main() { println!("{}", 1); }\n```\n'


def prose(size):
    return (PROSE * (size // len(PROSE) + 1))[:size]


def property_of(name):
    return {"type": "string", "description": f"The {name} to use; a path is absolute"}


# A turn of a coding agent as it comes after some others: 24 tools, 22 calls and their results, 115 KB in all.
TOOLS = [
    {"type": "function", "function": {"name": f"tool_{n}", "description": prose(1800), "parameters": {
        "type": "object", "required": ["path"],
        "properties": {name: property_of(name) for name in ("path", "text", "pattern")},
    }}}
    for n in range(24)
]
TURNS = [
    message
    for n in range(11)
    for message in (
        {"role": "user", "content": prose(2500)},
        {"role": "assistant", "content": None, "tool_calls": [
            {"id": f"call_{n}", "type": "function", "function": {"name": "tool_1", "arguments": '{"path":"/src/main.rs"}'}},
        ]},
        {"role": "tool", "tool_call_id": f"call_{n}", "content": prose(2000)},
    )
]
SHORT = [
    {"role": "system", "content": "You answer in one sentence."},
    {"role": "user", "content": "Say sixty-two words, please: as they come, one after another."},
]


# What makes a relay turn to the next channel, and blames neither the channel nor its key: each request meets it anew.
TOO_LARGE = {"error": {
    "message": "Request too large for gpt-5-mini in organization org-1 on tokens per min (TPM): Limit 30000, Requested 41000. "
    "The input or output tokens must be reduced in order to run successfully.",
    "type": "tokens", "param": None, "code": "rate_limit_exceeded",
}}


def post(path, **body):
    body = json.dumps(body)
    return (
        f"POST {path} HTTP/1.1\r\nhost: relay\r\nuser-agent: instructions/1\r\naccept: */*\r\n"
        f"authorization: Bearer none\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}"
    ).encode()


def chat(model, is_stream=False, messages=SHORT, **more):
    return post("/v1/chat/completions", model=model, stream=is_stream, max_tokens=100, messages=messages, **more)


def turn(model):
    return chat(model, messages=[{"role": "system", "content": prose(12000)}, *TURNS], tools=TOOLS)


def responses(model):
    return post("/v1/responses", model=model, stream=True, max_output_tokens=100, input=SHORT)


# Each kind of traffic: what the client sends, and the upstream's packets; one object is a whole answer.
KINDS = {
    "whole answer": (chat("gpt-5-mini"), OPENAI_WHOLE),
    "stream of 66 events": (chat("gpt-5-mini", True), OPENAI_STREAM),
    "translated answer": (chat("claude-sonnet-4-5"), ANTHROPIC_WHOLE),
    "translated stream": (chat("claude-sonnet-4-5", True), ANTHROPIC_STREAM),
    "agent's turn": (turn("gpt-5-mini"), OPENAI_WHOLE),
    "translated agent's turn": (turn("claude-sonnet-4-5"), ANTHROPIC_WHOLE),
    "responses stream from chat": (responses("gpt-5-mini"), OPENAI_STREAM),
    "second channel answers": (chat("failing"), OPENAI_WHOLE),
    "whole answer, HTTP/2": (chat("http2"), OPENAI_WHOLE),
    "stream, HTTP/2": (chat("http2", True), OPENAI_STREAM),
}


def compact(answer):
    return json.dumps(answer, separators=(",", ":"))


def whole(answer, status="200 OK"):
    body = compact(answer)
    return f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()


def packets(answer):
    """What the upstream writes, one by one."""
    if isinstance(answer, dict):
        return [whole(answer)]
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = [f"{len(piece):x}\r\n{piece}\r\n" for piece in answer]
    chunks[0] = head + chunks[0]
    chunks[-1] += "0\r\n\r\n"
    return [chunk.encode() for chunk in chunks]


def read(connection, is_done):
    """Reads until that is so. A connection that ends is a mistake: all here are kept."""
    got = b""
    while not is_done(got):
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError(f"a connection ended after {got[-300:]!r}")
        got += piece
    return got


def is_message(got):
    """Head and body, by its length, are there."""
    head, found, body = got.partition(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(found) and len(body) >= int(length[0].split(b":")[1])


class Traffic:
    """One kept connection on the client's side of a relay, and whatever the relay makes on the other: one, too, as a rule."""

    def __init__(self, kind):
        self.kind = kind
        self.listener = self.listening()
        self.port = self.listener.getsockname()[1]
        # A channel of its own before the other: connections to the two are not mixed up.
        self.refusing = self.listening()
        self.refusing_port = self.refusing.getsockname()[1]
        self.client = None
        self.upstreams = []

    @staticmethod
    def listening():
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE_S)
        return listener

    def connect(self, address):
        self.client = socket.create_connection(address, PATIENCE_S)
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def accepted(self, listener):
        upstream, _ = listener.accept()
        upstream.settimeout(PATIENCE_S)
        upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.upstreams.append(upstream)
        return upstream

    def asked(self):
        """The upstream's connection on which the next request comes."""
        listeners = [self.listener, self.refusing]
        while True:
            ready, _, _ = select.select([*listeners, *self.upstreams], [], [], PATIENCE_S)
            if not ready:
                raise TimeoutError(f"the relay asked nothing for {PATIENCE_S} s")
            for one in ready:
                if one in listeners:
                    self.accepted(one)
                elif one.recv(1, socket.MSG_PEEK):
                    return one
                else:
                    # The relay had one too many.
                    self.upstreams.remove(one)
                    one.close()

    def exchange(self, request, answer):
        time.sleep(REST_S)
        self.client.sendall(request)
        if self.kind == "second channel answers":
            first = self.asked()
            read(first, is_message)
            first.sendall(whole(TOO_LARGE, "429 Too Many Requests"))
        upstream = self.asked()
        read(upstream, is_message)
        if len(answer) == 1:
            upstream.sendall(answer[0])
            return read(self.client, is_message)
        got = b""
        for packet in answer[:-1]:
            upstream.sendall(packet)
            got += read(self.client, lambda got: got.endswith(b"\n\n\r\n"))
        upstream.sendall(answer[-1])
        return got + read(self.client, lambda got: got.endswith(b"0\r\n\r\n"))

    def run(self, times):
        request, answer = KINDS[self.kind]
        if self.kind.endswith("HTTP/2"):
            return self.run_http2(times, request.partition(b"\r\n\r\n")[2], answer)
        answer = packets(answer)
        for _ in range(times):
            self.check(self.exchange(request, answer), b"HTTP/1.1 200 ")

    def run_http2(self, times, body, answer):
        """The same over one connection on either side."""
        head = http2.request_head("/v1/chat/completions", user_agent="instructions/1", accept="*/*",
                                  authorization="Bearer none", content_type="application/json", content_length=str(len(body)))
        is_whole = isinstance(answer, dict)
        answer = [compact(answer).encode()] if is_whole else [piece.encode() for piece in answer]
        answers = http2.answer_head("application/json" if is_whole else "text/event-stream; charset=utf-8")
        client, upstream = http2.Side(self.client, is_client=True), None
        for number in range(times):
            time.sleep(REST_S)
            self.client.sendall(http2.message(2 * number + 1, head, body))
            upstream = upstream or http2.Side(self.accepted(self.listener), is_client=False)
            stream, _ = upstream.content()
            got = b""
            for n, piece in enumerate(answer):
                is_last = n == len(answer) - 1
                packet = http2.content(stream, piece, is_last) if n else http2.message(stream, answers, piece, is_last)
                upstream.connection.sendall(packet)
                got += client.content(None if is_last else lambda got: got.endswith(b"\n\n"))[1]
            self.check(got, b"{" if is_whole else b"data: ")

    def check(self, got, begins):
        if not got.startswith(begins) or word(TOKENS - 1).encode() not in got:
            raise ValueError(f"{self.kind}: not the answer: {got[:500]!r}")

    def close(self):
        for one in (self.client, *self.upstreams, self.listener, self.refusing):
            if one is not None:
                one.close()
