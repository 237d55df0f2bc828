"""Templates of a gallery as rows: read in blocks, counted, moved with their pictures."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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


def move_templates(image_ids: Sequence[UUID], subject_id: UUID) -> None:
    """The templates of pictures that move to another subject, under every contract."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {TABLE} SET subject_id = %s"  # noqa: S608 - a constant
            " WHERE agency_id = %s AND image_id = ANY(%s)",
            [subject_id, current_agency_id(), list(image_ids)],
        )
