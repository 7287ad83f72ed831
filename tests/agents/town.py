"""A server of the Model Context Protocol, as an agent starts one: a line of JSON-RPC in, a line out.

It has one tool, which reads a note and says that the town did. Usage: town.py    (an agent writes to its standard input)"""

import json
import sys

NAME = "town"
TOOL = "read_note"
SAYS = "The town reads"
SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
TOOLS = [{"name": TOOL, "description": "Reads a note of the town", "inputSchema": SCHEMA}]


def result(method, params):
    """What a request's answer says."""
    if method == "initialize":
        return {
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": NAME, "version": "1"},
        }
    if method == "tools/list":
        return {"tools": TOOLS}
    if method == "tools/call":
        with open(params["arguments"]["path"], encoding="utf-8") as note:
            return {"content": [{"type": "text", "text": f"{SAYS}: {note.read()}"}]}
    return {}


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        # What has no id is told, and not asked.
        if "id" in asked:
            answer = result(asked["method"], asked.get("params") or {})
            print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": answer}), flush=True)


if __name__ == "__main__":
    main()
