from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from mesh.adapters.knowledge.fetch import over_https
from mesh.adapters.knowledge.store import Stamp
from mesh.kit.problem import TooLarge, Unavailable

BODY = b"x" * 4096


class Home(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.headers.get("If-None-Match") == '"one"':
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", '"one"')
        self.send_header("Last-Modified", "Mon, 02 Mar 2026 12:00:00 GMT")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def home() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Home)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_comes_with_what_to_ask_next_time(home: str) -> None:
    fetched = over_https(home + "/feed", Stamp(home + "/feed"), 1 << 20)
    assert fetched is not None and fetched.content == BODY
    assert fetched.stamp == Stamp(home + "/feed", '"one"', "Mon, 02 Mar 2026 12:00:00 GMT")
    assert over_https(home + "/feed", fetched.stamp, 1 << 20) is None


def test_more_bytes_than_allowed_are_refused(home: str) -> None:
    with pytest.raises(TooLarge):
        over_https(home + "/feed", Stamp(""), 1000)


def test_a_refusal_and_a_dead_server_are_unavailable(home: str) -> None:
    with pytest.raises(Unavailable, match="404"):
        over_https(home + "/gone", Stamp(""), 1000)
    with pytest.raises(Unavailable, match="cannot be reached"):
        over_https("http://127.0.0.1:9/feed", Stamp(""), 1000)
