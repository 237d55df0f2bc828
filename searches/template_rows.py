"""Templates of a gallery as rows: read in blocks, counted, moved with their pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from portal.tenancy import current_agency_id
from searches.vectors import TABLE, vector_cursor

_BLOCK = f"""
SELECT image_id, subject_id, vector FROM {TABLE}
WHERE agency_id = {{agency}} AND contract_id = {{contract}} AND gallery_id = %(gallery)b
    AND image_id > %(after)b
ORDER BY image_id LIMIT {{rows}}
"""  # noqa: S608 - the table is a constant

_OF_IMAGES = f"""
SELECT image_id, vector FROM {TABLE}
WHERE agency_id = {{agency}} AND contract_id = {{contract}} AND gallery_id = %(gallery)b
    AND image_id = ANY(%(images)b)
"""  # noqa: S608 - the table is a constant

_COPIED = f"""
COPY (SELECT image_id, vector FROM {TABLE}
    WHERE agency_id = {{agency}} AND contract_id = {{contract}} AND gallery_id = '{{gallery}}')
TO STDOUT (FORMAT binary)
"""  # noqa: S608 - the table is a constant
_HEADER = 19  # bytes before the first row
AT_ONCE = 8192


@dataclass(frozen=True, slots=True)
class TemplateBlock:
    """Some templates of a gallery in the order of their images: `vectors` is float16 [n, d]."""

    images: list[UUID]
    subjects: list[UUID]
    vectors: NDArray[np.float16]


def template_blocks(
    *, contract_pk: int, gallery_id: UUID, rows: int = 4096
) -> Iterator[TemplateBlock]:
    """All templates of a gallery under a contract, some at a time."""
    sql = _BLOCK.format(agency=current_agency_id(), contract=int(contract_pk), rows=int(rows))
    after = UUID(int=0)
    while True:
        with vector_cursor() as cursor:
            cursor.execute(sql.encode(), {"gallery": gallery_id, "after": after})
            found = cursor.fetchall()
        if not found:
            return
        images, subjects, vectors = zip(*found, strict=True)
        yield TemplateBlock(
            list(images), list(subjects), np.stack([half.to_numpy() for half in vectors])
        )
        after = images[-1]


def templates_of_images(
    images: Sequence[UUID], *, contract_pk: int, gallery_id: UUID
) -> dict[UUID, NDArray[np.float16]]:
    """The vectors [dimension] of those of these images that have one in the gallery."""
    sql = _OF_IMAGES.format(agency=current_agency_id(), contract=int(contract_pk))
    with vector_cursor() as cursor:
        cursor.execute(sql.encode(), {"gallery": gallery_id, "images": list(images)})
        return {image: half.to_numpy().astype(np.float16) for image, half in cursor.fetchall()}


def copy_templates(
    ids: BinaryIO, vectors: BinaryIO, *, contract_pk: int, gallery_id: UUID, dimension: int
) -> int:
    """Write all templates of a gallery under a contract to two files; returns how many.

    Of each the image's id (16 bytes), and the vector (half precision, little-endian), in the same
    order, as one statement sees them. Raises ValueError for a vector of another dimension.
    """
    place = {"agency": current_agency_id(), "contract": int(contract_pk), "gallery": gallery_id}
    row = _copied_row(dimension)
    rows, buffer = 0, bytearray()
    with vector_cursor() as cursor, cursor.copy(_COPIED.format(**place).encode()) as copied:
        for chunk in copied:
            buffer += chunk
            start = _HEADER if rows == 0 else 0
            whole = (len(buffer) - start - 2) // row.itemsize  # two bytes end it all
            if whole >= AT_ONCE:
                rows += _write_rows(buffer, start, whole, row, ids, vectors)
                del buffer[: start + whole * row.itemsize]
        start = _HEADER if rows == 0 else 0
        whole = (len(buffer) - start - 2) // row.itemsize
        if (len(buffer) - start - 2) % row.itemsize:
            raise ValueError(f"a template has not {dimension} dimensions")
        return rows + _write_rows(buffer, start, whole, row, ids, vectors)


def _copied_row(dimension: int) -> "np.dtype[np.void]":
    """A row of a binary COPY: each field after its length; a vector as pgvector sends it."""
    fields = [("fields", ">i2"), ("bytes", ">i4"), ("id", "V16"), ("more", ">i4")]
    return np.dtype([*fields, ("dimension", ">u2"), ("zero", ">u2"), ("vector", ">f2", dimension)])


def _write_rows(
    buffer: bytearray,
    start: int,
    whole: int,
    row: "np.dtype[np.void]",
    ids: BinaryIO,
    vectors: BinaryIO,
) -> int:
    if not whole:
        return 0
    found = np.frombuffer(bytes(buffer), row, whole, start)
    dimension = row["vector"].shape[0]
    if (found["dimension"] != dimension).any() or (found["fields"] != 2).any():
        raise ValueError(f"a template has not {dimension} dimensions")
    ids.write(found["id"].tobytes())
    vectors.write(found["vector"].astype("<f2").tobytes())
    return whole


def more_templates_than(most: int, *, contract_pk: int, gallery_id: UUID) -> bool:
    """Whether a gallery has more templates under a contract; counts no further."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM (SELECT FROM {TABLE}"  # noqa: S608 - a constant
            " WHERE agency_id = %s AND contract_id = %s AND gallery_id = %s LIMIT %s) AS counted",
            [current_agency_id(), contract_pk, gallery_id, most + 1],
        )
        (found,) = cursor.fetchone()
    return bool(found > most)


def count_of_images(images: Sequence[UUID]) -> int:
    """How many templates these images have, under every contract."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FROM {TABLE} WHERE agency_id = %s AND image_id = ANY(%s)",  # noqa: S608
            [current_agency_id(), list(images)],
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def delete_templates(*, contract_pk: int, gallery: UUID, limit: int) -> int:
    """Delete at most so many templates of a gallery under a contract; returns how many."""
    agency = current_agency_id()
    chosen = (
        f"SELECT image_id FROM {TABLE}"  # noqa: S608 - a constant
        " WHERE agency_id = %s AND contract_id = %s AND gallery_id = %s LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE}"  # noqa: S608 - constants
            f" WHERE agency_id = %s AND contract_id = %s AND image_id IN ({chosen})",
            [agency, contract_pk, agency, contract_pk, gallery, limit],
        )
        return int(cursor.rowcount)


def move_templates(image_ids: Sequence[UUID], subject_id: UUID) -> None:
    """The templates of pictures that move to another subject, under every contract."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET subject_id = %s"  # noqa: S608 - a constant
            " WHERE agency_id = %s AND image_id = ANY(%s)",
            [subject_id, current_agency_id(), list(image_ids)],
        )
