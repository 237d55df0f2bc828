"""What becomes of searches, galleries and templates when an agency moves."""

import binascii
from base64 import b64decode
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

import numpy as np

from accounts.moving.checks import check_also
from accounts.moving.faults import MoveRefused
from accounts.moving.mapping import Moving
from accounts.moving.rules import (
    after,
    change,
    leave,
    may_lack,
    other_agencies,
    prepare,
    write_by,
)
from accounts.offboarding.archive import CONTRACTS
from searches.models import Contract, Gallery
from searches.template_rows import template_blocks
from searches.vectors import TABLE, NewTemplate, add_templates, nearest_subjects

GRANT, LOAN = "searches_gallerygrant", "searches_examinerloan"
KEYS = {"agency_id", "gallery_id", "subject_id", "image_id", "contract", "dimension", "vector"}

leave(
    "worked out anew from the pictures here",
    *("searches_galleryleaf", "searches_gallerymark", "searches_templatechange"),
    "searches_scanholder",
)
leave("what hosts were asked, of no use once it was answered", "searches_scanquestion")
leave("what somebody began and did not submit is theirs alone", "searches_searchdraft")
other_agencies(GRANT, "borrower_id")
other_agencies(LOAN, "lending_agency_id")
other_agencies("searches_searchedgrant", "owner_id")
may_lack(GRANT, "borrower_id", "looked_up_at")
may_lack(LOAN, "borrowed_id", "lending_agency_id")
after(TABLE, "searches_faceimage")


class _Contracts(dict[int, int]):
    """Numbers of contracts here by those there; one that is named by no row is not made."""

    def __init__(self, listed: dict[int, dict[str, Any]]) -> None:
        super().__init__()
        self._listed = listed

    def __missing__(self, old: int) -> int:
        facts = self._listed[old]
        self[old] = contract_here(facts["contract"], facts["engine"], facts["dimension"])
        return self[old]


def contract_here(contract: str, engine: str, dimension: int) -> int:
    """The row of an embedding contract, which is the same for all agencies."""
    row, _ = Contract.objects.get_or_create(
        contract=contract, defaults={"engine": engine, "dimension": dimension}
    )
    if row.dimension != dimension:
        raise MoveRefused("import_row_malformed", CONTRACTS)
    return row.pk


def _read_contracts(moving: Moving) -> None:
    try:
        listed = {row["id"]: row for row in moving.package.lines(CONTRACTS)}
        for row in listed.values():
            if not row["contract"] or not row["engine"] or type(row["dimension"]) is not int:
                raise ValueError(row["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise MoveRefused("import_row_malformed", CONTRACTS) from error
    moving.contracts = _Contracts(listed)


def _write_templates(moving: Moving) -> int:
    by_name = _numbers(moving)
    written = 0
    for contract, rows in groupby(moving.package.rows(TABLE), lambda row: row.get("contract")):
        if contract not in by_name:
            raise MoveRefused("import_reference_unknown", f"contract {contract}"[:80])
        pk = moving.contract(by_name[contract])
        written += add_templates(pk, _templates(rows, moving))
    return written


def _numbers(moving: Moving) -> dict[Any, int]:
    return {row["contract"]: row["id"] for row in moving.package.lines(CONTRACTS)}


def _templates(rows: Iterator[dict[str, Any]], moving: Moving) -> Iterator[NewTemplate]:
    for row in rows:
        if row.keys() != KEYS:
            raise MoveRefused("import_columns_differ", TABLE)
        if row["agency_id"] != moving.old_agency_id:
            raise MoveRefused("import_row_of_another", TABLE)
        try:
            ids = (UUID(row["gallery_id"]), UUID(row["subject_id"]), UUID(row["image_id"]))
            half = np.frombuffer(b64decode(row["vector"], validate=True), ">f2")
            if len(half) != row["dimension"] or not np.isfinite(half).all():
                raise ValueError("dimension")
        except (AttributeError, TypeError, ValueError, binascii.Error) as error:
            raise MoveRefused("import_row_malformed", TABLE) from error
        yield NewTemplate(*ids, half.astype(np.float32))


def _end_grant(row: dict[str, Any], moving: Moving) -> bool:
    """Its other agency is not here: nobody searches in the gallery any more."""
    if row.get("revoked_at") is None and row.get("declined_at") is None:
        row |= {"revoked_at": moving.now.isoformat(), "revoked_by_label": moving.label}
    return True


def _end_loan(row: dict[str, Any], moving: Moving) -> bool:
    """The examiner works for an agency that is not here."""
    if row.get("revoked_at") is None and row.get("declined_at") is None:
        row |= {"revoked_at": moving.now.isoformat(), "revoked_by_label": moving.label}
    return True


def _search_once(moving: Moving) -> None:
    """In each gallery a picture of its own is found, and nobody before it."""
    places = Gallery.objects.exclude(contract=None).values_list("pk", "contract_id")
    for gallery, contract in places:
        block = next(template_blocks(contract_pk=contract, gallery_id=gallery, rows=1), None)
        if block is None:
            continue
        probe = block.vectors[0].astype(np.float32)
        hits = nearest_subjects(probe, contract_pk=contract, galleries=[gallery], limit=1)
        if not hits or hits[0].similarity < float(probe @ probe) - 0.001:
            raise MoveRefused("import_check_failed", f"search in {gallery}")


prepare(_read_contracts)
write_by(TABLE, _write_templates)
change(GRANT, _end_grant)
change(LOAN, _end_loan)
check_also(_search_once)
