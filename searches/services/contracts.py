"""Under which contract galleries are searched: one for a search, and the same to its end."""

from collections.abc import Iterable
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from portal.tenancy import current_agency_id
from searches.engines.base import FaceEngine
from searches.engines.orientation import turned
from searches.faults import Fault
from searches.models import Contract, Gallery, Search
from searches.recognition import embed_face, same_face
from searches.services.pictures import current_pixels

_CONTRACTS = """
SELECT c.* FROM searches_gallery g LEFT JOIN searches_contract c ON c.id = g.contract_id
WHERE g.agency_id = %s AND g.id = ANY(%s) ORDER BY g.id
"""


def contract_for(galleries: Iterable[UUID], *, hold: bool = False) -> Contract | None:
    """The contract under which these galleries are searched; None while all of them are empty.

    With `hold` none of them goes over to another one before the open transaction ends. Raises
    Fault when they have several: similarities under different contracts are never compared.
    """
    sql = f"{_CONTRACTS} FOR SHARE OF g" if hold else _CONTRACTS
    rows = Contract.objects.raw(sql, [current_agency_id(), list(galleries)])
    found = {row for row in rows if row.pk is not None}
    if len(found) > 1:
        raise Fault("contracts_differ")
    return found.pop() if found else None


def contract_asked(gallery: Gallery) -> str:
    """The id of the contract under which pictures are enrolled now; "" lets the first decide."""
    contract = contract_for([gallery.pk])
    return contract.contract if contract else ""


def embedded_face(search: Search, used: FaceEngine) -> NDArray[np.float32]:
    """The template of the chosen face, by the engine of the galleries.

    Another engine may have found the faces of the probe; its landmarks mean nothing to this one,
    which therefore finds the chosen face again. Raises Fault when it does not.
    """
    probe = search.probe
    upright = turned(current_pixels(probe).rgb, probe.quarter_turns)
    face = search.face
    if probe.found_by != used.contract.id:
        again = same_face(used.detect(upright), face.box)
        if again is None:
            raise Fault("face_not_found_again")
        face = again
    return embed_face(upright, face, by=used)
