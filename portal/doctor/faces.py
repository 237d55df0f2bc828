"""The engines: each loads, finds a face, embeds it; and what its licence permits."""

import numpy as np

from portal.doctor.problems import Problem
from searches.engines.base import EngineError, FaceEngine
from searches.engines.synthetic import Identity, Scene, draw
from searches.recognition import Slot, loaded, slots

NO_SECOND = "none: set CANDOR_ENGINE_NEXT to change engines"


def check_engine() -> str:
    return _check(slots()[0])


def check_licence() -> str:
    return _licence(slots()[0], "CANDOR_ENGINE")


def check_second_engine() -> str:
    """The one that galleries change to, or have changed from."""
    return _check(slots()[1]) if len(slots()) > 1 else NO_SECOND


def check_second_licence() -> str:
    return _licence(slots()[1], "CANDOR_ENGINE_NEXT") if len(slots()) > 1 else NO_SECOND


def _check(slot: Slot) -> str:
    try:
        used = loaded(slot)
    except EngineError as error:
        raise Problem(error.message, "Build or install the models: docs/engines.md") from error
    if used.name == "open":
        _require_a_face(used)
    where = ", ".join(used.providers)
    return f"{used.name}, {used.contract.dimension} dimensions, {where}, {used.contract.id[-12:]}"


def _require_a_face(used: FaceEngine) -> None:
    picture = draw(Identity.from_seed(1), Scene.from_seed(1))
    faces = used.detect(picture)
    vector = used.embed(picture, faces[:1])
    if len(faces) != 1 or not np.isclose(np.linalg.norm(vector), 1.0, atol=1e-4):
        raise Problem("a drawn face is not recognised", "python manage.py models build")


def _licence(slot: Slot, setting: str) -> str:
    try:
        licence = slot.describe().licence
    except EngineError as error:
        raise Problem("no engine to ask", "First see to the engine") from error
    if not licence.permits_agency_use:
        raise Problem(
            f"{licence.title} ({licence.state}): {licence.message}",
            f"Obtain a commercial licence for these weights, or change {setting}",
        )
    return f"{licence.title} ({licence.state})"
