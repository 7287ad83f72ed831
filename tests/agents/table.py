"""What is tried: each agent, with each dialect of a provider that works.

Another agent is a file in agents/ (beside claude_code.py), another dialect one in dialects/, and each pair a line here.
docs/agents.md tells users the same."""

from dataclasses import dataclass
from types import ModuleType

from agents import claude_code, codex, gemini_cli
from dialects import anthropic, gemini, openai, responses


@dataclass
class Cell:
    agent: ModuleType
    dialect: ModuleType
    # What the provider calls its model.
    model: str


# Each agent with a provider of its own dialect: without a relay, the measure of what stands below.
OWN = [
    Cell(claude_code, anthropic, "claude-opus-4-7"),
    Cell(codex, responses, "gpt-5.2"),
    Cell(gemini_cli, gemini, "gemini-2.5-pro"),
]
CELLS = [
    Cell(claude_code, anthropic, "claude-opus-4-7"),
    Cell(claude_code, openai, "gpt-5.2"),
    Cell(claude_code, responses, "gpt-5.2"),
    Cell(claude_code, gemini, "gemini-3-pro-preview"),
    Cell(codex, anthropic, "claude-opus-4-7"),
    Cell(codex, openai, "gpt-5.2"),
    Cell(codex, responses, "gpt-5.2"),
    Cell(codex, gemini, "gemini-3-pro-preview"),
    Cell(gemini_cli, anthropic, "claude-opus-4-7"),
    Cell(gemini_cli, openai, "gpt-5.2"),
    Cell(gemini_cli, responses, "gpt-5.2"),
    Cell(gemini_cli, gemini, "gemini-2.5-pro"),
]
