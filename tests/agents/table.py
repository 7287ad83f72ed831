"""What is tried: each agent, with each dialect of a provider that works.

Another agent is a file in agents/ (beside claude_code.py), another dialect one in dialects/, and each pair a line here.
docs/agents.md tells users the same."""

from dataclasses import dataclass
from types import ModuleType

from agents import claude_code
from dialects import anthropic, openai


@dataclass
class Cell:
    agent: ModuleType
    dialect: ModuleType
    # What the provider calls its model.
    model: str


CELLS = [
    Cell(claude_code, anthropic, "claude-opus-4-7"),
    Cell(claude_code, openai, "gpt-5.2"),
]
