"""A second verifier, written from docs/record.md alone, with a canonical JSON of its own.

It says yes or no, and shares nothing with candor_verify or the portal: where both agree, the format
is as it is written down and not as one program happens to do it.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ZEROS = "0" * 64
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r"}
ESCAPES |= {"\t": "\\t"}


class Wrong(Exception):
    """The record is not as it was written; says why."""


def write(value: Any) -> str:
    """RFC 8785."""
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(map(_character, value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: list(key.encode("utf-16-be")))
        return "{" + ",".join(write(key) + ":" + write(value[key]) for key in keys) + "}"
    raise Wrong(f"{value!r} has no canonical form")


def _character(one: str) -> str:
    return ESCAPES.get(one) or (f"\\u{ord(one):04x}" if ord(one) < 0x20 else one)


def message(kind: str, document: Any) -> bytes:
    return b"candor " + kind.encode("ascii") + b"\n" + write(document).encode("utf-8")


def digest(kind: str, document: Any) -> str:
    return hashlib.sha256(message(kind, document)).hexdigest()


def key_name(public_key: str) -> str:
    return hashlib.sha256(base64.b64decode(public_key)).hexdigest()[:16]


def signed(kind: str, document: Any, public_key: str, signature: str) -> None:
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(signature), message(kind, document))
    except (InvalidSignature, ValueError) as error:
        raise Wrong(f"bad signature of a {kind}") from error


def rows(data: bytes) -> Iterator[Any]:
    for line in data.decode("utf-8").split("\n"):
        if line:
            yield json.loads(line, parse_float=_no_fraction, object_pairs_hook=_no_double)


def _no_fraction(text: str) -> Any:
    raise Wrong(f"a fraction: {text}")


def _no_double(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Wrong("a key twice")
    return dict(pairs)


def trusted_keys(files: dict[str, bytes], first: str) -> set[str]:
    """The first key and all to which it handed over."""
    document = json.loads(files["keys.json"])
    keys = {one["key_id"]: one["public_key"] for one in document["keys"]} | {key_name(first): first}
    trusted = {key_name(first)}
    for change in document["changes"]:  # in the order in which they happened
        said = change["document"]
        if said["old_key_id"] not in keys:
            raise Wrong("a change of an unknown key")
        signed("key-change", said, keys[said["old_key_id"]], change["signature"])
        if key_name(said["new_public_key"]) != said["new_key_id"]:
            raise Wrong("a change to a key of another name")
        if said["old_key_id"] in trusted:
            trusted.add(said["new_key_id"])
    return trusted


def check(files: dict[str, bytes], first_key: str, published: list[dict[str, Any]]) -> None:
    """Raise Wrong unless the whole record is as it was written, up to the published checkpoints."""
    inside = list(rows(files["checkpoints.jsonl"]))
    check_checkpoints(inside, published, trusted_keys(files, first_key))
    agency = [*inside, *published][0]["document"]["agency"]
    heads, entries = walk(rows(files["record.jsonl"]), agency)
    if not [*inside, *published]:
        raise Wrong("nothing covers it")
    for one in [*inside, *published]:
        document = one["document"]
        if document["agency"] != agency or heads.get(document["entries"]) != document["head"]:
            raise Wrong(f"checkpoint {document['number']} is of another chain, or it was cut")
        check_times(document, entries)
    check_contents(files, entries)


def check_checkpoints(
    inside: list[dict[str, Any]], published: list[dict[str, Any]], trusted: set[str]
) -> None:
    previous = ZEROS
    for number, one in enumerate(inside, start=1):
        if one["document"]["number"] != number or one["document"]["previous"] != previous:
            raise Wrong("a checkpoint does not follow the one before it")
        previous = hashlib.sha256(write(one["document"]).encode()).hexdigest()
    for one in [*inside, *published]:
        if key_name(one["public_key"]) != one["key_id"] or one["key_id"] not in trusted:
            raise Wrong("a key that nobody trusts")
        signed("checkpoint", one["document"], one["public_key"], one["signature"])
    for one in published:
        if one["document"] not in [other["document"] for other in inside]:
            raise Wrong("a published checkpoint is not in the export")


def walk(links: Iterator[Any], agency: int | None) -> tuple[dict[int, str], dict[int, Any]]:
    """The heads and the entries by number, when every link holds."""
    heads: dict[int, str] = {}
    entries: dict[int, Any] = {}
    seen: set[int] = set()
    head = ZEROS
    for number, link in enumerate(links, start=1):
        if link["number"] != number or ("entry" in link and link["entry"] is None):
            raise Wrong(f"number {number} is missing")
        entry = link.get("entry")
        if entry is not None:
            if digest("entry", entry) != link["digest"] or entry["agency"] != agency:
                raise Wrong(f"entry {entry['id']} is not what was linked")
            if entry["id"] in seen:
                raise Wrong(f"entry {entry['id']} is there twice")
            seen.add(entry["id"])
            entries[number] = entry
        document = {"agency": agency, "number": number, "entry": link["digest"], "previous": head}
        head = digest("link", document)
        if head != link["head"]:
            raise Wrong(f"link {number} does not follow")
        heads[number] = head
    return heads, entries


def check_times(document: dict[str, Any], entries: dict[int, Any]) -> None:
    earliest = datetime.fromisoformat(document["at"]) - timedelta(hours=1)
    for number, entry in entries.items():
        if number > document["entries"] and datetime.fromisoformat(entry["at"]) < earliest:
            raise Wrong(f"entry {entry['id']} is older than a checkpoint without it")


def check_contents(files: dict[str, bytes], entries: dict[int, Any]) -> None:
    known = {entry["id"]: entry["content"] for entry in entries.values()}
    for one in rows(files["contents.jsonl"]):
        if known.get(one["entry"]) != digest(
            "content", {"salt": one["salt"], "fields": one["fields"]}
        ):
            raise Wrong(f"the content of entry {one['entry']} is another")


def holds(files: dict[str, bytes], first_key: str, published: list[dict[str, Any]]) -> bool:
    try:
        check(files, first_key, published)
    except (Wrong, KeyError, ValueError, TypeError, IndexError):
        return False
    return True
