"""docs/agents.md as its reader has it: the lines that are typed, and the table of what was seen."""

import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(HERE, "../../docs/agents.md")
# What its lines have in the place of a reader's own.
URL, KEY, MODEL = "http://127.0.0.1:3000", "…", "gpt-5.2"
BEGINS, ENDS = "<!-- made by tests/agents/run -->\n", "<!-- until here -->\n"


def text():
    with open(PATH, encoding="utf-8") as file:
        return file.read()


def section(agent):
    """What stands below the agent's title."""
    return text().split(f"\n## {agent.TITLE}\n")[1].split("\n## ")[0]


def typed(agent, url, key, model, home):
    """Does what the section says: writes its files, and gives its lines for a shell, both as they stand but for the
    reader's own address, key and model."""
    said = section(agent)

    def block(language):
        found = re.search(rf"^```{language}\n(.*?)^```$", said, re.S | re.M)
        if not found:
            raise SystemExit(f"{PATH} has no {language} for {agent.TITLE}")
        lines = found[1]
        for theirs, own in ((URL, url), (KEY, key), (MODEL, model)):
            seen.update([theirs] if theirs in lines else [])
            lines = lines.replace(theirs, own)
        return lines

    seen = set()
    for name, (language, write) in agent.FILES.items():
        if f"`~/{name}`" not in said:
            raise SystemExit(f"{PATH} does not say that {agent.TITLE} has ~/{name}")
        path = os.path.join(home, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(write(block(language)))
    lines = block("sh")
    if missing := {URL, KEY, MODEL} - seen:
        raise SystemExit(f"{PATH} does not say for {agent.TITLE} where {missing} goes")
    return lines


def rows(columns, seen):
    """The table, line by line; `seen`: what a run was seen to come to, by agent, situation and column."""
    yield ["agent", "version", "situation", *columns]
    agents = list(dict.fromkeys(agent for agent, _, _ in seen))
    tried = dict.fromkeys((agent, situation) for agent, situation, _ in seen)
    for agent, situation in sorted(tried, key=lambda row: agents.index(row[0])):
        version = agent.PACKAGE.rpartition("@")[2]
        yield [agent.TITLE, version, situation, *(seen.get((agent, situation, column), "") for column in columns)]


def written(columns, seen):
    head, *lines = rows(columns, seen)
    told = [head, ["---"] * len(head), *lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in told)


def write(columns, seen):
    """Makes the table of the manual anew."""
    before, rest = text().split(BEGINS)
    with open(PATH, "w", encoding="utf-8") as out:
        out.write(before + BEGINS + written(columns, seen) + ENDS + rest.split(ENDS)[1])


def untrue(columns, seen):
    """Where the manual says something else than was seen, or nothing."""
    head, *lines = text().split(BEGINS)[1].split(ENDS)[0].splitlines() or [""]
    told = {tuple(line.strip("| ").split(" | ")[:3]): line.strip("| ").split(" | ")[3:] for line in lines}
    wrong = [] if head.strip("| ").split(" | ")[3:] == columns else [f"its columns are {head}"]
    for agent, version, situation, *found in list(rows(columns, seen))[1:]:
        says = told.get((agent, version, situation), [""] * len(columns))
        wrong += [
            f"{agent} {version}, {situation}, {column}: it says {said!r}, seen was {was!r}"
            for column, said, was in zip(columns, says, found)
            if was and said != was
        ]
    return wrong
