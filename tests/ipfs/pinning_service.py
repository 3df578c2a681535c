"""A pinning service after the OpenAPI description of the IPFS Pinning Service API 1.0.0.

It takes nothing that the description does not allow, and holds nothing: requests move from queued
to pinned one step with each look, those named "unlucky" fail.
"""

import itertools
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "the-token-of-the-bakery"
STATUSES = ("queued", "pinning", "pinned", "failed")
PARAMETERS = {"cid", "name", "match", "status", "before", "after", "limit", "meta"}
CID = re.compile(r"Qm[1-9A-HJ-NP-Za-km-z]{44}|ba[a-z2-7]{20,}")
MULTIADDR = re.compile(r"/(ip4|ip6|dns4|dns6|dnsaddr)/[^/]+(/.+)?")


class Failure(Exception):
    """An answer that is an error, in the shape that the description gives to errors."""

    def __init__(self, status: int, reason: str, details: str = "") -> None:
        self.status = status
        error = {"reason": reason} | ({"details": details} if details else {})
        self.body = {"error": error}


class PinningApi:
    """The behaviour of a server, and what it was asked to pin: request id -> its status."""

    def __init__(self, *, room: int = 100_000) -> None:
        self.room = room
        self.pins: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self._ids = itertools.count(1)

    def __call__(self, handler: BaseHTTPRequestHandler) -> None:
        self.calls.append(f"{handler.command} {handler.path}")
        try:
            status, body = self._answer(handler)
        except Failure as failure:
            status, body = failure.status, failure.body
        data = b"" if body is None else json.dumps(body).encode()
        handler.send_response(status)
        if data:
            handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def hold(self, pin: Mapping[str, Any], status: str = "queued") -> dict[str, Any]:
        """Note a request; each is a second later than the one before."""
        number = next(self._ids)
        created = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
        requestid = f"request/{number}"  # an id may be any text
        self.pins[requestid] = {
            "requestid": requestid,
            "status": status,
            "created": created.isoformat().replace("+00:00", ".000Z"),
            "pin": dict(pin),
            "delegates": ["/ip4/127.0.0.1/tcp/4001/p2p/QmServicePeerId"],
        }
        return self.pins[requestid]

    def _answer(self, handler: BaseHTTPRequestHandler) -> tuple[int, Any]:
        if handler.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise Failure(401, "UNAUTHORIZED", "access token is missing or invalid")
        parts = urlsplit(handler.path)
        if parts.path == "/pins":
            return self._answer_about_all(handler, parts.query)
        found = re.fullmatch(r"/pins/([^/]+)", parts.path)
        if found is None or parts.query:
            raise Failure(404, "NOT_FOUND", "no such path")
        return self._answer_about_one(handler, unquote(found[1]))

    def _answer_about_all(self, handler: BaseHTTPRequestHandler, query: str) -> tuple[int, Any]:
        if handler.command == "POST" and not query:
            return 202, self._add(_pin(handler))
        if handler.command == "GET":
            return 200, self._list(parse_qs(query, keep_blank_values=True))
        raise Failure(405, "METHOD_NOT_ALLOWED")

    def _answer_about_one(self, handler: BaseHTTPRequestHandler, one: str) -> tuple[int, Any]:
        if one not in self.pins:
            raise Failure(404, "NOT_FOUND", "the specified resource was not found")
        if handler.command == "GET":
            return 200, self._look(one)
        pin = _pin(handler) if handler.command == "POST" else None
        del self.pins[one]
        return 202, pin and self._add(pin)

    def _add(self, pin: Mapping[str, Any]) -> dict[str, Any]:
        if len(self.pins) >= self.room:
            raise Failure(409, "INSUFFICIENT_FUNDS", "unable to process, try another service")
        return self.hold(pin)

    def _look(self, requestid: str) -> dict[str, Any]:
        shown = dict(self.pins[requestid])
        step = {"queued": "pinning", "pinning": "pinned"}
        if shown["pin"].get("name") == "unlucky":
            step["pinning"] = "failed"
        self.pins[requestid]["status"] = step.get(shown["status"], shown["status"])
        if shown["status"] == "failed":
            shown["info"] = {"status_details": "nobody has the blocks"}
        return shown

    def _list(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        filters = _filters(query)
        latest = sorted(self.pins.values(), key=lambda one: one["created"], reverse=True)
        found = [one for one in latest if _passes(one, filters)]
        return {"count": len(found), "results": found[: filters["limit"]]}


def _filters(query: Mapping[str, list[str]]) -> dict[str, Any]:
    """The parameters of a listing, with their defaults; whatever breaks a limit is refused."""
    try:
        assert set(query) <= PARAMETERS, "unknown parameter"
        assert all(len(values) == 1 for values in query.values()), "a parameter twice"
        given = {key: values[0] for key, values in query.items()}
        cids = given["cid"].split(",") if "cid" in given else []
        statuses = given.get("status", "pinned").split(",")
        limit = int(given.get("limit", "10"))
        meta = json.loads(given.get("meta", "{}"))
        assert len(cids) <= 10 and len(set(cids)) == len(cids), "cid: at most 10, each once"
        assert all(map(CID.fullmatch, cids)), "cid: no CID"
        assert len(given.get("name", "")) <= 255, "name: too long"
        assert given.get("match", "exact") in ("exact", "iexact", "partial", "ipartial"), "match"
        assert set(statuses) <= set(STATUSES) and len(set(statuses)) == len(statuses), "status"
        assert 1 <= limit <= 1000, "limit"
        assert all(isinstance(value, str) for value in meta.values()), "meta"
        times = {
            key: datetime.fromisoformat(given[key]) for key in ("before", "after") & given.keys()
        }
        assert all(time.tzinfo for time in times.values()), "a time without its zone"
    except (AssertionError, ValueError, AttributeError) as error:
        raise Failure(400, "BAD_REQUEST", str(error)) from None
    return given | times | {"cid": cids, "status": statuses, "limit": limit, "meta": meta}


def _passes(one: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    created, pin = datetime.fromisoformat(one["created"]), one["pin"]
    return (
        (not filters["cid"] or pin["cid"] in filters["cid"])
        and one["status"] in filters["status"]
        and ("name" not in filters or pin.get("name", "") == filters["name"])
        and ("before" not in filters or created < filters["before"])
        and ("after" not in filters or created > filters["after"])
        and filters["meta"].items() <= pin.get("meta", {}).items()
    )


def _pin(handler: BaseHTTPRequestHandler) -> dict[str, Any]:
    """The body of a request to pin; whatever breaks a limit is refused."""
    try:
        assert handler.headers.get("Content-Type", "").split(";")[0] == "application/json", "type"
        pin = json.loads(handler.body)  # type: ignore[attr-defined]
        assert isinstance(pin, dict) and set(pin) <= {"cid", "name", "origins", "meta"}, "fields"
        assert CID.fullmatch(pin["cid"]), "cid: no CID"
        assert isinstance(pin.get("name", ""), str) and len(pin.get("name", "")) <= 255, "name"
        origins = pin.get("origins", [])
        assert isinstance(origins, list) and len(origins) <= 20, "origins: at most 20"
        assert len(set(origins)) == len(origins), "origins: each once"
        assert all(map(MULTIADDR.fullmatch, origins)), "origins: no multiaddr"
        meta = pin.get("meta", {})
        assert all(isinstance(value, str) for value in meta.values()), "meta: of text to text"
    except (AssertionError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(400, "BAD_REQUEST", str(error)) from None
    return pin
