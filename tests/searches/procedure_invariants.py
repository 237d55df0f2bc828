"""What must be true of every search at any moment, worked out anew from the rows.

It reads as superuser and asks none of the product's functions: neither those of the database nor
the services. `broken` returns sentences, so that a test can also expect some.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import psycopg
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from psycopg.rows import dict_row

GONE = {"refused", "expired", "erased"}
EXAMINED = {"examination", "second_examination", "adjudication", "concluded"}
OF_SEARCHES = {
    "authorizations": "searches_authorization",
    "tokens": "searches_searchtoken",
    "receipts": "searches_erasurereceipt",
    "galleries": "searches_searchedgallery",
    "candidates": "searches_candidate",
    "faces": "searches_searchedface",
    "examinations": "searches_examination",
    "conclusions": "searches_conclusion",
}

Row = dict[str, Any]


class Facts:
    """The rows of one agency."""

    def __init__(self, connection: psycopg.Connection, agency: int) -> None:
        def rows(query: str) -> list[Row]:
            with connection.cursor(row_factory=dict_row) as cursor:
                return cursor.execute(query, {"agency": agency}).fetchall()

        def of(table: str) -> list[Row]:
            return rows(f"SELECT * FROM {table} WHERE agency_id = %(agency)s")

        self.searches = of("searches_search")
        self.of = {name: of(table) for name, table in OF_SEARCHES.items()}
        self.items = of("searches_examinationitem")
        self.members = {
            row["user_id"]: set(row["roles"])
            for row in of("accounts_membership")
            if row["deactivated_at"] is None
        }
        versions = of("accounts_licenseversion")
        self.purposes = {p for row in versions if row["signature"] for p in row["purposes"]}
        self.reservations = {row["key"]: row for row in of("accounts_quotareservation")}
        self.used = [row["key"] for row in of("accounts_usageentry")]
        self.record = rows(
            "SELECT action, subject_id FROM audit_auditentry"
            " WHERE agency_id = %(agency)s AND subject_type = 'search'"
        )

    def rows(self, name: str, search: Row) -> list[Row]:
        return [row for row in self.of[name] if row["search_id"] == search["id"]]

    def recorded(self, action: str, search: Row) -> int:
        subject = str(search["id"])
        return sum(r["action"] == action and r["subject_id"] == subject for r in self.record)


def broken(connection: psycopg.Connection, agency: int) -> list[str]:
    """What is not as it must be, or nothing."""
    facts = Facts(connection, agency)
    return [
        f"{search['id']} at {search['stage']}: {what}"
        for search in facts.searches
        for what in (*_grounds(facts, search), *_result(facts, search), *_end(facts, search))
    ]


def _grounds(facts: Facts, s: Row) -> Iterator[str]:
    """Purpose, basis, reasons, authorization and token of whatever may run or has run."""
    if s["stage"] in GONE:
        return
    if s["purpose"] not in facts.purposes:
        yield "purpose not licensed"
    if s["basis"] not in ("initial_identification", "authorized", "urgent"):
        yield "no basis"
    if not s["reason_sealed"]:
        yield "no reason"
    if s["basis"] == "initial_identification" and not s["facts_sealed"]:
        yield "no facts"
    if s["basis"] == "authorized" and not (s["reference_sealed"] and s["document_sha256"]):
        yield "no warrant"
    if s["stage"] == "awaiting_authorization":
        return
    decisions = facts.rows("authorizations", s)
    approved = [row for row in decisions if row["decision"] == "approved"]
    if len(approved) < len(decisions):
        yield "refused, and goes on"
    if (s["authorization"] == "before" or s["basis"] == "authorized") and not approved:
        yield "not authorized"
    for row in approved:
        if row["decided_by_id"] == s["requested_by_id"]:
            yield "authorized by the requester"
        if "supervisor" not in facts.members.get(row["decided_by_id"], ()):
            yield "authorized by somebody without the right"
    yield from _token(facts, s)


def _token(facts: Facts, s: Row) -> Iterator[str]:
    tokens = facts.rows("tokens", s)
    if len(tokens) != 1:
        yield f"{len(tokens)} tokens"
        return
    document = json.loads(tokens[0]["document"])
    if not _signed("authorization", document, tokens[0]["signature"]):
        yield "token not signed"
    sealed = {row["id"] for row in document["galleries"]}
    if sealed != {str(row["gallery_id"]) for row in facts.rows("galleries", s)}:
        yield "other galleries than sealed"
    if document["search"] != str(s["id"]):
        yield "another search's token"


def _result(facts: Facts, s: Row) -> Iterator[str]:
    """Candidates and their price come together and from a search that was done."""
    was_done = s["stage"] in EXAMINED
    key = f"search:{s['id']}"
    reservation = facts.reservations.get(key)
    uses = facts.used.count(reservation["id"]) if reservation else 0
    if s["stage"] not in GONE and uses != was_done:
        yield f"used {uses} times"
    if facts.rows("candidates", s) and not was_done:
        yield "candidates without a result"
    if facts.rows("faces", s) and not was_done:
        yield "a searched face without a result"
    if was_done and facts.recorded("search.finished", s) != 1:
        yield "result not on record"
    if s["stage"] in ("failed", "expired") and reservation and reservation["state"] == "reserved":
        yield "quota still held"


def _end(facts: Facts, s: Row) -> Iterator[str]:
    conclusions = facts.rows("conclusions", s)
    if s["stage"] in GONE:
        yield from _erased(facts, s)
    elif s["stage"] == "concluded":
        if len(conclusions) != 1:
            yield f"{len(conclusions)} conclusions"
        else:
            yield from _concluded(facts, s, conclusions[0])
    elif conclusions:
        yield "concluded before its end"


def _erased(facts: Facts, s: Row) -> Iterator[str]:
    for name in ("candidates", "faces", "examinations", "conclusions"):
        if facts.rows(name, s):
            yield f"{name} left"
    if s["reason_sealed"] or s["facts_sealed"] or s["reference_sealed"] or s["document_key"]:
        yield "reasons left"
    receipts = facts.rows("receipts", s)
    if len(receipts) != 1 or not _signed(
        "erasure", receipts[0]["document"], receipts[0]["signature"]
    ):
        yield "no signed receipt"


def _concluded(facts: Facts, s: Row, conclusion: Row) -> Iterator[str]:
    if facts.recorded("search.concluded", s) != 1:
        yield "conclusion not on record"
    approved = [r for r in facts.rows("authorizations", s) if r["decision"] == "approved"]
    is_late = s["basis"] == "urgent" and conclusion["concluded_at"] > s["authorize_by"]
    if is_late and not approved:
        yield "urgent, too late and not authorized"
    rounds: dict[int, Row] = {}
    for row in facts.rows("examinations", s):
        if row["state"] == "submitted":
            if row["round"] in rounds:
                yield f"round {row['round']} twice"
            rounds[row["round"]] = row
    if not {1, 2} <= set(rounds):
        yield "not examined twice"
        return
    people = [row["examiner_id"] for row in rounds.values()]
    if len(set(people)) != len(people):
        yield "one person in two rounds"
    for number, row in rounds.items():
        if number > 1 and row["examiner_id"] == s["requested_by_id"]:
            yield "the requester reviewed"
        wanted = "supervisor" if number == 3 else "examiner"
        if wanted not in facts.members.get(row["examiner_id"], ()):
            yield "examined by somebody without the right"
    yield from _outcome(facts, s, conclusion, rounds)


def _outcome(facts: Facts, s: Row, conclusion: Row, rounds: dict[int, Row]) -> Iterator[str]:
    candidates = {row["id"] for row in facts.rows("candidates", s)}
    said = {
        number: {
            item["candidate_id"]: item["disposition"]
            for item in facts.items
            if item["examination_id"] == row["id"] and item["candidate_id"] is not None
        }
        for number, row in rounds.items()
    }
    first, second, third = said[1], said[2], said.get(3, {})
    for words in (first, second):
        if set(words) != candidates or not all(words.values()):
            yield "not every candidate disposed of"
            return
    disputed = {c for c in candidates if (first[c] == "retained") != (second[c] == "retained")}
    if disputed != set(third) or not all(third.values()):
        yield "disputed and not adjudicated"
        return
    final = {c: [third[c]] if c in third else [first[c], second[c]] for c in candidates}
    if any(set(words) == {"retained"} for words in final.values()):
        expected = "lead"
    elif any("inconclusive" in words for words in final.values()):
        expected = "inconclusive"
    else:
        expected = "no_lead"
    if conclusion["outcome"] != expected:
        yield f"{conclusion['outcome']} instead of {expected}"


def _signed(kind: str, document: Row, signature: str) -> bool:
    key = Ed25519PrivateKey.from_private_bytes(settings.SIGNING_KEY).public_key()
    try:
        key.verify(b64decode(signature), f"candor {kind}\n".encode() + rfc8785.dumps(document))
    except (InvalidSignature, ValueError):
        return False
    return True
