"""Pinning services: the protocol as it is described, and a token that nobody else gets to see."""

import json
import pickle
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from metaorg.errors import InvalidInput, MetaorgError, Misconfigured, StoreUnreachable
from metaorg.ipfs.blocks import cid_of
from metaorg.ipfs.pinning import PinningService, PinStatus, Token
from metaorg.types import DAG_PB
from tests.ipfs.hostile import (
    CHUNKED,
    MEBIBYTE,
    OK,
    TIMEOUT,
    Behaviour,
    Server,
    bomb,
    bounded,
    drips,
    floods,
    hangs,
    hangs_up,
    redirects,
    says,
)
from tests.ipfs.pinning_service import TOKEN, PinningApi

CID = cid_of(b"minutes")
NODE = cid_of(b"node", DAG_PB)


@pytest.fixture
def api() -> PinningApi:
    return PinningApi()


@pytest.fixture
def url(api: PinningApi) -> Iterator[str]:
    with Server(api) as server:
        yield server.url


@pytest.fixture
def service(url: str) -> PinningService:
    return PinningService(url, TOKEN, timeout=10)


def test_what_was_asked_for_is_known_under_its_request_id(
    service: PinningService, api: PinningApi
) -> None:
    origins = [f"/ip4/10.0.0.{n}/tcp/4001/p2p/12D3KooW" for n in range(20)]

    asked = service.add(CID, name="Minutes of May", origins=origins, meta={"seat": "2"})

    assert asked.status == "queued"
    assert asked.pin.names(CID)
    assert asked.delegates == ("/ip4/127.0.0.1/tcp/4001/p2p/QmServicePeerId",)
    assert service.status(asked.requestid).pin == asked.pin
    assert api.pins[asked.requestid]["pin"] == {
        "cid": str(CID),
        "name": "Minutes of May",
        "origins": origins,
        "meta": {"seat": "2"},
    }


@pytest.mark.parametrize("status", ["queued", "pinning", "pinned"])
@pytest.mark.parametrize("text", [str(NODE), NODE.v0], ids=["version 1", "version 0"])
def test_what_is_asked_for_already_is_not_asked_for_twice(
    service: PinningService, api: PinningApi, status: str, text: str
) -> None:
    known = api.hold({"cid": text}, status)

    assert service.add(NODE).requestid == known["requestid"]
    assert len(api.pins) == 1


def test_what_failed_before_is_asked_for_again(service: PinningService, api: PinningApi) -> None:
    failed = api.hold({"cid": str(CID)}, "failed")

    assert service.add(CID).requestid != failed["requestid"]


def test_of_several_requests_for_a_root_the_one_that_came_furthest_is_found(
    service: PinningService, api: PinningApi
) -> None:
    api.hold({"cid": str(CID)}, "failed")
    pinned = api.hold({"cid": str(CID)}, "pinned")
    api.hold({"cid": str(CID)}, "queued")
    api.hold({"cid": str(NODE)}, "pinned")

    found = service.find(CID)

    assert found is not None
    assert found.requestid == pinned["requestid"]
    assert service.find(cid_of(b"other")) is None


def test_all_states_are_listed_and_not_only_what_is_pinned(
    service: PinningService, api: PinningApi
) -> None:
    for status in ("queued", "pinning", "pinned", "failed"):
        api.hold({"cid": str(CID)}, status)

    assert [one.status for one in service.pins()] == ["failed", "pinned", "pinning", "queued"]
    assert [one.status for one in service.pins(statuses=["failed"])] == ["failed"]


def test_a_listing_is_read_to_its_end_page_by_page(
    service: PinningService, api: PinningApi
) -> None:
    held = [api.hold({"cid": str(CID)}, "pinned")["requestid"] for _ in range(2500)]

    listing = service.pins()
    first = next(listing)
    pages = len(api.calls)
    rest = [one.requestid for one in listing]

    assert [first.requestid, *rest] == held[::-1]
    assert (pages, len(api.calls)) == (1, 3)


def test_a_listing_is_filtered_by_root_name_and_meta(
    service: PinningService, api: PinningApi
) -> None:
    one = api.hold({"cid": str(CID), "name": "a, b & c", "meta": {"seat": "2", "x": "y"}})
    other = api.hold({"cid": NODE.v0, "name": "other"})

    def ids(**filters: Any) -> list[str]:
        return [found.requestid for found in service.pins(**filters)]

    assert ids(name="a, b & c") == ids(meta={"seat": "2"}) == ids(cids=[CID]) == [one["requestid"]]
    assert ids(cids=[NODE]) == [other["requestid"]]
    assert ids(meta={"seat": "3"}) == []


def test_a_request_is_replaced_and_let_go(service: PinningService, api: PinningApi) -> None:
    first = service.add(CID)

    second = service.replace(first.requestid, NODE, name="node")

    assert [api.pins[one]["pin"]["cid"] for one in api.pins] == [str(NODE)]
    service.delete(second.requestid)
    assert api.pins == {}
    for act in (service.status, service.delete, lambda one: service.replace(one, CID)):
        with pytest.raises(InvalidInput, match="NOT_FOUND: the specified resource"):
            act(second.requestid)


def test_one_waits_until_it_is_pinned_and_sees_how_it_goes(service: PinningService) -> None:
    seen: list[str] = []

    done = service.wait(
        service.add(CID).requestid,
        patience=10,
        pause=0.01,
        advance=lambda status: seen.append(status.status),
    )

    assert done.status == "pinned"
    assert seen == ["queued", "pinning", "pinned"]


def test_one_waits_no_longer_than_one_wants(service: PinningService, api: PinningApi) -> None:
    asked = api.hold({"cid": str(CID)})
    started = time.monotonic()

    with pytest.raises(StoreUnreachable, match=f"has {CID} queued, not pinned, after 0.1 seconds"):
        service.wait(asked["requestid"], patience=0.1, pause=0.5)

    assert time.monotonic() - started < 0.5


def test_why_a_request_failed_is_said(service: PinningService) -> None:
    asked = service.add(CID, name="unlucky")

    with pytest.raises(StoreUnreachable, match="nobody has the blocks"):
        service.wait(asked.requestid, patience=10, pause=0.01)


def test_what_no_service_may_take_is_not_sent(service: PinningService, api: PinningApi) -> None:
    with pytest.raises(InvalidInput) as refusal:
        service.add(CID, name="n" * 256, origins=["/ip4/10.0.0.1"] * 2)
    with pytest.raises(InvalidInput):
        service.add(CID, origins=[f"/ip4/10.0.0.{n}" for n in range(21)])
    for requestid in ("", ".", ".."):
        with pytest.raises(InvalidInput, match="is no id of a request"):
            service.delete(requestid)

    assert len(refusal.value.problems) == 2
    assert not any("POST" in call or "DELETE" in call for call in api.calls)


def test_a_service_without_room_says_so(url: str, api: PinningApi) -> None:
    api.room = 0

    with pytest.raises(StoreUnreachable, match=r"answered 409 .INSUFFICIENT_FUNDS: unable to"):
        PinningService(url, TOKEN).add(CID)


def test_a_token_that_is_refused_is_a_setting_to_correct(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"UNAUTHORIZED.*is the token right"):
        PinningService(url, "another").add(CID)


def test_a_wrong_endpoint_is_said_to_be_one(url: str) -> None:
    with pytest.raises(StoreUnreachable, match="is it the endpoint of a pinning service"):
        PinningService(url + "/elsewhere", TOKEN).find(CID)


def test_a_token_goes_only_where_nobody_listens_in() -> None:
    PinningService("https://pins.example.org/psa", TOKEN)
    PinningService("http://[::1]:1", TOKEN)

    with pytest.raises(Misconfigured, match="in clear"):
        PinningService("http://pins.example.org", TOKEN)
    with pytest.raises(InvalidInput):
        PinningService("https://user@pins.example.org", TOKEN)


@pytest.mark.parametrize("token", ["", " ", "two words", "line\nbreak", "t\u00f6ken", "\x00"])
def test_what_is_no_token_is_refused_and_not_repeated(token: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        PinningService("https://pins.example.org", token)

    assert not token.strip() or token not in str(refusal.value)


def test_a_token_shows_itself_nowhere() -> None:
    token = Token(TOKEN)
    service = PinningService("https://pins.example.org", TOKEN)

    for shown in (repr(token), str(token), repr([token]), repr(vars(service)), service.describe()):
        assert TOKEN not in shown
    with pytest.raises(TypeError):
        pickle.dumps(token)


def failure(reason: str, details: str = "", status: int = 500) -> Behaviour:
    error = {"error": {"reason": reason, "details": details}}
    return says(json.dumps(error).encode(), status)


def echoes(handler: BaseHTTPRequestHandler) -> None:
    failure("no", f"x{handler.headers['Authorization']}y" * 50, 403)(handler)


STATUS = {
    "requestid": "1",
    "status": "pinned",
    "created": "2024-01-01T00:00:00Z",
    "pin": {"cid": str(CID)},
    "delegates": ["/ip4/127.0.0.1/tcp/4001"],
}


def answers(status: int = 200, **changes: Any) -> Behaviour:
    return says(json.dumps(STATUS | changes).encode(), status)


HOSTILE: dict[str, Behaviour] = {
    "stalls": hangs,
    "hangs up": hangs_up,
    "drips headers": drips(OK, then=b"X-Drip: 1\r\n"),
    "drips a body": drips(OK, b"\r\n", then=b"1"),
    "floods a body": floods(OK, b"\r\n", then=MEBIBYTE),
    "floods chunks": floods(OK, CHUNKED, then=b"100000\r\n" + MEBIBYTE + b"\r\n"),
    "is not HTTP": floods(then=b"\x00\xff" * 100),
    "redirects": redirects,
    "unpacks without end": bomb,
    "repeats the token": echoes,
    "fails": failure("oops", "it \x1b[31m broke"),
    "fails at length": failure("oops " * 100_000, "why " * 100_000),
    "fails without words": says(b"", 500),
    "fails in another form": says(b'{"error": "oops"}', 500),
    "fails deeply": says(b"[" * 500_000, 500),
    "is busy": failure("later", "", 429),
    "nests": says(b"[" * 500_000),
    "answers a web page": says(b"<html>"),
    "answers nothing": says(b""),
    "answers a list": says(b"[]"),
    "knows another state": answers(status_=0, status="lost"),
    "knows no state": answers(status=None),
    "names no request": answers(requestid=""),
    "names no root": answers(pin={}),
    "names no time": answers(created="yesterday"),
    "names a time without zone": answers(created="2024-01-01T00:00:00"),
}


@pytest.mark.parametrize("behaviour", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("act", ["status", "find", "replace"])
def test_a_hostile_service_costs_bounded_time_and_memory_and_learns_nothing(
    behaviour: Behaviour, act: str
) -> None:
    with Server(behaviour) as server:
        service = PinningService(server.url, TOKEN, timeout=TIMEOUT)
        acts = {
            "status": lambda: service.status("1"),
            "find": lambda: service.find(CID),
            "replace": lambda: service.replace("1", CID),
        }

        with bounded(), pytest.raises(MetaorgError) as refusal:
            acts[act]()

    shown = "".join(traceback.format_exception(refusal.value))
    assert TOKEN not in shown
    assert isinstance(refusal.value, StoreUnreachable | Misconfigured)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 600


def test_a_service_may_say_more_than_the_protocol(url: str) -> None:
    with Server(answers(cost=5, pin={"cid": str(CID), "colour": "blue"})) as server:
        found = PinningService(server.url, TOKEN).status("1")

    assert isinstance(found, PinStatus)
    assert found.info == {}


def test_a_service_that_answers_about_another_root_is_not_relied_on() -> None:
    with Server(answers(pin={"cid": str(NODE)})) as server:
        service = PinningService(server.url, TOKEN)
        with pytest.raises(StoreUnreachable, match=r"answered about .* do not rely on it"):
            service.replace("1", CID)


def test_a_listing_that_goes_round_in_circles_ends() -> None:
    page = says(json.dumps({"count": 99, "results": [STATUS]}).encode())

    with Server(page) as server:
        service = PinningService(server.url, TOKEN)
        with pytest.raises(StoreUnreachable, match="from the latest to the first"):
            list(service.pins())
