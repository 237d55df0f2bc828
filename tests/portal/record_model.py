"""A record in memory: as honest histories make it, and for attackers with every right to it."""

import base64
import copy
import csv
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.audit import candor_verify
from portal.audit.canonical import FIRST, digest, head_after, moment
from portal.signing import key_id_of, signed_bytes
from tests.portal.exports import Files

Document = dict[str, Any]
BEGIN = datetime(2026, 11, 28, 8, 0, tzinfo=UTC)
WORDS = ("case.viewed", "search.submitted", "login", "member.added", "probe.uploaded")
LABELS = ("first@alder.example", "Zoé Ünal", "system (probe)", "=cmd()", "𝄞")


class Key:
    """A signing key of an installation."""

    def __init__(self, seed: int) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big"))
        raw = self._private.public_key().public_bytes_raw()
        self.id, self.public = key_id_of(raw), base64.b64encode(raw).decode()

    def sign(self, kind: str, document: Document) -> str:
        return base64.b64encode(self._private.sign(signed_bytes(kind, document))).decode()


KEYS = [Key(seed) for seed in range(1, 5)]
STRANGER = Key(99)


class History:
    """Entries in the order of their links, checkpoints, and contents by entry."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.agency = chance.choice([None, 1, 7, 4_000_000])
        self.clock = BEGIN
        self.links: list[Document] = []
        self.checkpoints: list[Document] = []
        self.contents: dict[int, Document] = {}
        self.keys, self.changes = [KEYS[0]], list[Document]()
        self._id = chance.randrange(1, 1000)

    # --- What an honest portal does -------------------------------------------------------------

    def write(self, most: int = 6) -> None:
        """Some writers begin one after the other and commit in any order; then all is linked."""
        entries = [self.entry() for _ in range(self.chance.randint(1, most))]
        self.clock += timedelta(minutes=self.chance.randrange(20))
        late = [entry for entry in entries if self.chance.random() < 0.2]
        for entry in [*(e for e in entries if e not in late), *late]:
            self.append(entry)

    def entry(self) -> Document:
        self._id += self.chance.randint(1, 3)
        self.clock += timedelta(seconds=self.chance.randrange(1, 30), microseconds=7)
        data = self.chance.choice([{}, {"n": 5, "x": ["é", None, True]}, {"sha256": "a" * 64}])
        return {
            "format": 1,
            "id": self._id,
            "agency": self.agency,
            "at": moment(self.clock),
            "action": self.chance.choice(WORDS),
            "outcome": self.chance.choice(["", "done", "refused"]),
            "actor": {"id": self.chance.choice([None, 5]), "label": self.chance.choice(LABELS)},
            "source": "10.0.0.1",
            "subject": {"type": "case", "id": f"c-{self._id}"},
            "case": self.chance.choice(["", "c-1"]),
            "data": data,
            "content": self._content(),
        }

    def _content(self) -> str:
        if self.chance.random() > 0.3:
            return ""
        salt = f"{self.chance.getrandbits(256):064x}"
        content = {"salt": salt, "fields": {"reason": self.chance.choice(LABELS)}}
        if self.chance.random() < 0.8:  # the others were destroyed
            self.contents[self._id] = content
        return digest("content", content)

    def append(self, entry: Document) -> None:
        number = len(self.links) + 1
        one, head = digest("entry", entry), self.links[-1]["head"] if self.links else FIRST
        head = head_after(self.agency, number, one, head)
        self.links.append({"number": number, "digest": one, "head": head, "entry": entry})

    def sign(self, key: Key | None = None) -> Document:
        """Take a checkpoint; returns it as it is published."""
        before = self.checkpoints[-1]["document"] if self.checkpoints else None
        if before and before["entries"] == len(self.links):
            return self.checkpoints[-1]
        self.clock += timedelta(seconds=1)
        number = before["number"] + 1 if before else 1
        previous = candor_verify.sha256(rfc8785.dumps(before)) if before else FIRST
        document = {
            **{"format": 1, "agency": self.agency, "number": number, "entries": len(self.links)},
            **{"head": self.links[-1]["head"], "previous": previous, "at": moment(self.clock)},
        }
        self.checkpoints.append(signed(document, key or self.keys[-1]))
        return self.checkpoints[-1]

    def rotate(self) -> None:
        if len(self.keys) == len(KEYS):
            return
        old, new = self.keys[-1], KEYS[len(self.keys)]
        document = {
            **{"format": 1, "old_key_id": old.id, "new_key_id": new.id},
            **{"new_public_key": new.public, "at": moment(self.clock)},
        }
        self.changes.append({"document": document, "signature": old.sign("key-change", document)})
        self.keys.append(new)

    # --- What an attacker does afterwards -------------------------------------------------------

    def recompute(self) -> None:
        """Renumber, and compute every digest and every head anew."""
        entries = [link["entry"] for link in self.links]
        self.links = []
        for entry in entries:
            self.append(entry)

    def copy(self) -> "History":
        twin = copy.copy(self)
        twin.links = copy.deepcopy(self.links)
        twin.checkpoints = copy.deepcopy(self.checkpoints)
        twin.contents = copy.deepcopy(self.contents)
        return twin

    # --- As an export ---------------------------------------------------------------------------

    def files(
        self, shows: Callable[[Document], bool] = lambda entry: True, start: int = 0
    ) -> Files:
        """An export without a manifest; from `start` on it is a segment."""
        head = {"number": start, "head": self.links[start - 1]["head"]} if start else None
        lines = [head] if head else []
        for link in self.links[start:]:
            entry = link["entry"]
            hidden = entry is not None and not shows(entry)
            lines.append({k: v for k, v in link.items() if not (k == "entry" and hidden)})
        shown = [line for line in lines if line.get("entry")]
        checkpoints = [c for c in self.checkpoints if c["document"]["entries"] > start or not start]
        return Files(
            {
                "record.jsonl": jsonl(lines),
                "record.csv": self._csv(shown),
                "contents.jsonl": jsonl(
                    {"entry": line["entry"]["id"], **self.contents[line["entry"]["id"]]}
                    for line in shown
                    if line["entry"]["id"] in self.contents
                ),
                "checkpoints.jsonl": jsonl(checkpoints[-1:] if start else checkpoints),
                "keys.json": json.dumps(
                    {
                        "keys": [{"key_id": k.id, "public_key": k.public} for k in self.keys],
                        "changes": self.changes,
                    }
                ).encode(),
            }
        )

    def _csv(self, shown: list[Document]) -> bytes:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(candor_verify.CSV_HEADER)
        for link in shown:
            writer.writerow(candor_verify.csv_cells(link["number"], link["entry"]))
        return text.getvalue().encode()


def signed(document: Document, key: Key) -> Document:
    signature = key.sign("checkpoint", document)
    return {
        "document": document,
        "key_id": key.id,
        "signature": signature,
        "public_key": key.public,
    }


def jsonl(values: Any) -> bytes:
    return b"".join(json.dumps(value, ensure_ascii=False).encode() + b"\n" for value in values)


def outside(*checkpoints: Document) -> list[candor_verify.Checkpoint]:
    return [candor_verify.checkpoint_of(one, "published.json", True) for one in checkpoints]


def honest(chance: random.Random, *, rounds: int = 5, rotations: bool = True) -> History:
    """Some days of a portal, and at its end a checkpoint over everything."""
    history = History(chance)
    history.write()
    for _ in range(chance.randrange(rounds) + 1):
        history.write()
        if chance.random() < 0.6:
            history.sign()
        if rotations and chance.random() < 0.2:
            history.rotate()
        if chance.random() < 0.3:
            history.clock += timedelta(days=chance.randrange(5))
    history.sign()
    return history
