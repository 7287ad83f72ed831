"""What the SDKs are asked beside conversations: which models there are, and how many tokens a question has.

The relay answers for models itself, in the shape of each dialect: what comes of it is kept before every upstream, the one of
the SDK's own dialect included.
"""

from asking import Case
from cases import ASK
from cases_gemini import COUNT

ONE = "gpt-5-mini"
MODELS = {
    "openai": {"a model": Case("models.retrieve", "whole", {}, ONE), "models": Case("models.list", "events", {})},
    "anthropic": {"a model": Case("models.retrieve", "whole", {}, ONE), "models": Case("models.list", "events", {})},
    "gemini": {"a model": Case("models.get", "whole", {"model": ONE}), "models": Case("models.list", "events", {})},
}
COUNTS = {
    "anthropic": Case("messages.count_tokens", "whole", {"model": "m", "messages": ASK}),
    "gemini": COUNT,
    "responses": Case("responses.input_tokens.count", "whole", {"model": "m", "input": ASK}),
}


def own(sdk):
    """Before an upstream of the SDK's dialect, where both sides must give the same."""
    return {"tokens counted": COUNTS[sdk]} if sdk in COUNTS else {}


def other(sdk, dialect):
    """Before another one. Chat completions have no way to count."""
    what = ", which cannot be had" if dialect == "openai" else ""
    return {f"tokens counted{what}": COUNTS[sdk]} if sdk in COUNTS else {}
