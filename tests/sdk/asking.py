"""One call of an SDK as data, so that the SDKs of every language are asked the same.

Its names are Python's; node.py has them in JavaScript's.
"""

import operator


class Failed(Exception):
    """An answer that failed behind its events, where the SDK leaves it to the application to see that."""


class Case:
    """`operation`: the path from a client to what is called, as `chat.completions.create`.

    `way`: how the answer is taken: "whole", "events" of an iterator, "final" for events and what the SDK makes of them in
    the end, "bytes".
    """

    def __init__(self, operation, way, asked, *positional):
        self.operation, self.way, self.asked, self.positional = operation, way, asked, positional

    def __call__(self, client, seen):
        """Calls the Python SDK; events are put into `seen`."""
        answer = operator.attrgetter(self.operation)(client)(*self.positional, **self.asked)
        if self.way == "whole":
            return answer
        if self.way == "bytes":
            return answer.read().hex()
        if self.way == "events":
            seen.extend(answer)
            return "ended"
        with answer as stream:
            for event in stream:
                seen.append(event)
            if seen and seen[-1].type in ("response.failed", "error"):
                # OpenAI's SDK hands both over as one more event.
                raise Failed
            return stream.get_final_message() if hasattr(stream, "get_final_message") else stream.get_final_response()
