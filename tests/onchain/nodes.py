"""Small HTTP servers on loopback: nodes that misbehave, and a proxy that lies for a real one."""

import json
import socket
import threading
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Respond = Callable[[Any], tuple[int, bytes]]
"""From the parsed request (an object, or a list of them) to a status and a body."""


class Node:
    """An HTTP server that answers each POST as it is told."""

    def __init__(self, respond: Respond) -> None:
        self.requests: list[Any] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one packet: two would wait for an acknowledgement

            def do_POST(handler) -> None:
                raw = handler.rfile.read(int(handler.headers["Content-Length"]))
                asked = json.loads(raw)
                self.requests.append(asked)
                status, body = respond(asked)
                handler.send_response(status)
                handler.send_header("Content-Length", str(len(body)))
                handler.end_headers()
                handler.wfile.write(body)

            def log_message(handler, *_: Any) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(server, *_: Any) -> None:
                return  # a node that fails just closes the connection

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answering(answers: Callable[[str, list[Any]], Any]) -> Respond:
    """JSON-RPC with batches; `answers` gives a result, or {"error": ...} as a whole answer."""

    def one(request: dict[str, Any]) -> dict[str, Any]:
        result = answers(request["method"], request["params"])
        head = {"jsonrpc": "2.0", "id": request["id"]}
        if isinstance(result, dict) and set(result) == {"error"}:
            return head | result
        return head | {"result": result}

    def respond(asked: Any) -> tuple[int, bytes]:
        whole = [one(request) for request in asked] if isinstance(asked, list) else one(asked)
        return 200, json.dumps(whole).encode()

    return respond


Alter = Callable[[str, list[Any], Any], Any]
"""From method, parameters and the true result to the result that is told."""


def proxy(url: str, alter: Alter) -> Node:
    """A node that passes everything on to `url`, and alters results."""

    def told(request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        if "result" not in answer:
            return answer
        result = alter(request["method"], request["params"], answer["result"])
        if isinstance(result, dict) and set(result) == {"error"}:
            return {key: answer[key] for key in ("jsonrpc", "id")} | result
        return answer | {"result": result}

    def respond(asked: Any) -> tuple[int, bytes]:
        request = urllib.request.Request(
            url, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answers = json.loads(response.read())
        if not isinstance(asked, list):
            return 200, json.dumps(told(asked, answers)).encode()
        by_id = {answer["id"]: answer for answer in answers}
        return 200, json.dumps([told(one, by_id[one["id"]]) for one in asked]).encode()

    return Node(respond)


class Silent:
    """A socket that takes connections and says nothing, or never finishes what it says."""

    def __init__(self, beginning: bytes = b"") -> None:
        self._beginning = beginning
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                held, _ = self._socket.accept()
            except OSError:
                return
            self._held.append(held)
            held.sendall(self._beginning)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for held in self._held:
            held.close()
