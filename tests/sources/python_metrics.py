"""The metrics of a Python process as prometheus_client serves them, and its other form for who asks for it."""

import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

from prometheus_client import Gauge, make_wsgi_app


class Silent(WSGIRequestHandler):
    def log_message(self, *_):
        pass


Gauge("http_requests_inprogress", "Requests in progress.").set(3)
server = make_server("127.0.0.1", 0, make_wsgi_app(), handler_class=Silent)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
