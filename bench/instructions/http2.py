"""One side of an HTTP/2 connection, as much of it as lock step needs: one stream at a time, and windows that never run out."""

import struct

DATA, HEADERS, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 4, 6, 7, 8
RST_STREAM = 3
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
MOST = 2**31 - 1
INITIAL_WINDOW_SIZE, FIRST_WINDOW = 4, 65_535
MOST_IN_A_FRAME = 16_384
# Names of the static table (RFC 7541, appendix A): both numbers are complete fields.
POST, HTTP, STATUS_200 = b"\x83", b"\x86", b"\x88"
AUTHORITY, PATH = b"\x01", b"\x04"


def text(value):
    assert len(value) < 127
    return bytes([len(value)]) + value.encode()


def field(name, value):
    """Neither compressed nor remembered."""
    return b"\0" + text(name) + text(value)


def request_head(path, **fields):
    named = b"".join(field(name.replace("_", "-"), value) for name, value in fields.items())
    return POST + HTTP + PATH + text(path) + AUTHORITY + text("relay") + named


def answer_head(content_type):
    return STATUS_200 + field("content-type", content_type)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def message(stream, head, piece, is_whole=True):
    """A head, and what of the body goes with it."""
    return frame(HEADERS, END_HEADERS, stream, head) + content(stream, piece, is_whole)


def content(stream, piece, is_whole):
    cut = range(0, len(piece), MOST_IN_A_FRAME)
    ends = END_STREAM * is_whole
    return b"".join(frame(DATA, ends * (at == cut[-1]), stream, piece[at:at + MOST_IN_A_FRAME]) for at in cut)


class Side:
    def __init__(self, connection, is_client):
        self.connection, self.got = connection, b""
        settings = frame(SETTINGS, 0, 0, struct.pack(">HI", INITIAL_WINDOW_SIZE, MOST))
        room = frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", MOST - FIRST_WINDOW))
        if not is_client and self.take(len(PREFACE)) != PREFACE:
            raise ValueError("the relay does not speak HTTP/2")
        connection.sendall(PREFACE * is_client + settings + room)

    def take(self, size):
        while len(self.got) < size:
            piece = self.connection.recv(1 << 16)
            if not piece:
                raise ConnectionError(f"an HTTP/2 connection ended after {self.got[-300:]!r}")
            self.got += piece
        taken, self.got = self.got[:size], self.got[size:]
        return taken

    def content(self, is_done=None):
        """Reads content until its stream ends, or until this much of it is enough: the stream's number, and it."""
        so_far, number = b"", 0
        while True:
            head = self.take(9)
            kind, flags, stream = head[3], head[4], struct.unpack(">I", head[5:])[0]
            payload = self.take(int.from_bytes(head[:3], "big"))
            if kind == SETTINGS and not flags & ACK:
                self.connection.sendall(frame(SETTINGS, ACK, 0))
            elif kind == PING and not flags & ACK:
                self.connection.sendall(frame(PING, ACK, 0, payload))
            elif kind in (GOAWAY, RST_STREAM):
                raise ConnectionError(f"the relay gave up: frame {kind}, {payload!r}")
            elif kind in (DATA, HEADERS):
                number = stream
                so_far += payload if kind == DATA else b""
                if flags & END_STREAM or is_done and is_done(so_far):
                    return number, so_far
