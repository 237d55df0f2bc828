"""What is remembered between tests is no more than follows from what was asked."""

import re
from typing import Any, cast

import numpy as np
import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CheckConstraint, Q
from django.test.utils import CaptureQueriesContext

from accounts.models import Agency
from searches.engines.base import Face, FaceEngine
from tests.factories import FACE
from tests.remembering import Remembering

IMPURE = re.compile(r"\b(now|random|current_\w+|select)\b", re.IGNORECASE)


class Counting:
    """Finds one face everywhere; counts how often it is asked."""

    name = contract = licence = landmark_scheme = scale = published_threshold = providers = None
    asked = 0

    def detect(self, image: Any) -> list[Face]:
        self.asked += 1
        return [FACE]

    def embed(self, image: Any, faces: Any) -> Any:
        self.asked += 1
        return np.zeros((len(faces), 4), np.float32)


def test_other_pixels_and_other_faces_are_asked_anew() -> None:
    counting = Counting()
    engine = Remembering(cast("FaceEngine", counting))
    picture = np.zeros((4, 6, 3), np.uint8)
    other = picture.copy()
    other[3, 5, 2] = 1
    for image in (picture, picture, other, picture.reshape(6, 4, 3)):
        engine.detect(image).clear()
        assert engine.detect(image) == [FACE]
    assert counting.asked == 3
    for faces in ([FACE], [FACE], [FACE, FACE]):
        engine.embed(picture, faces)[:] = 1
        assert not engine.embed(picture, faces).any(), "what a caller changes is a copy"
    assert counting.asked == 5


@pytest.mark.django_db
def test_the_key_of_a_constraint_names_every_column_of_it() -> None:
    with connection.schema_editor(collect_sql=True) as editor:
        for model in apps.get_models():
            columns = {field.column: field for field in model._meta.local_fields}
            for constraint in model._meta.constraints:
                if not isinstance(constraint, CheckConstraint):
                    continue
                sql = constraint._get_check_sql(model, editor)  # type: ignore[attr-defined]
                assert not IMPURE.search(sql), "its answer does not follow from the row alone"
                used = {columns[name] for name in re.findall(r'"(\w+)"', sql) if name in columns}
                named = Q(constraint.condition).referenced_base_fields
                missed = [one for one in used if not {one.name, one.attname} & named]
                assert used, constraint.name
                assert missed == [], constraint.name


def test_what_is_refused_is_refused_again_and_counting_counts(alder: Agency) -> None:
    for _ in range(2):
        with pytest.raises(ValidationError):
            Agency(name="A", slug="a", state="nowhere").validate_constraints()
    alder.validate_constraints()
    with CaptureQueriesContext(connection) as queries:
        alder.validate_constraints()
    assert len(queries) >= 2
