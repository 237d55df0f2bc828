"""The engine: loads, finds a face, embeds it; and what its licence permits."""

import numpy as np

from portal.doctor.problems import Problem
from searches.engines.base import EngineError
from searches.engines.synthetic import Identity, Scene, draw
from searches.recognition import engine


def check_engine() -> str:
    try:
        used = engine()
    except EngineError as error:
        raise Problem(error.message, "Build or install the models: docs/engines.md") from error
    if used.name == "open":
        picture = draw(Identity.from_seed(1), Scene.from_seed(1))
        faces = used.detect(picture)
        vector = used.embed(picture, faces[:1])
        if len(faces) != 1 or not np.isclose(np.linalg.norm(vector), 1.0, atol=1e-4):
            raise Problem("a drawn face is not recognised", "python manage.py models build")
    where = ", ".join(used.providers)
    return f"{used.name}, {used.contract.dimension} dimensions, {where}, {used.contract.id[-12:]}"


def check_licence() -> str:
    try:
        licence = engine().licence
    except EngineError as error:
        raise Problem("no engine to ask", "First see to the engine") from error
    if not licence.permits_agency_use:
        raise Problem(
            f"{licence.title} ({licence.state}): {licence.message}",
            "Obtain a commercial licence for these weights, or set CANDOR_ENGINE=open",
        )
    return f"{licence.title} ({licence.state})"
