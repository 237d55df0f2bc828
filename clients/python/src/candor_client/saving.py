"""Answers that are files, and pictures, which have signed addresses for two minutes."""

import httpx

from candor_client.calls import Call, Script
from candor_client.errors import AnswerUnexpected
from candor_client.reading import json_of


def saved(path: str) -> Call[bytes]:
    return Call("GET", path, lambda response: response.content, headers={"Accept": "*/*"})


def picture(path: str) -> Script[bytes]:
    """Ask for the address of a picture, and fetch it."""
    address = yield from Call("POST", path, _address)
    return (yield from saved(address))


def _address(response: httpx.Response) -> str:
    """Without the host, which may be that of a portal behind a proxy."""
    found = json_of(response)
    if not isinstance(found, dict) or not isinstance(found.get("url"), str):
        raise AnswerUnexpected("No address of a picture")
    return httpx.URL(found["url"]).raw_path.decode("ascii")
