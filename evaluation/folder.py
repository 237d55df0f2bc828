"""The labelled folder: who is on which picture, as the folder says."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.faults import EvaluationFault
from searches.bulk import walk

Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Pictures with their labels.

    `names` are the pictures' names for reports (paths below `root`), `subject_of` [pictures] gives
    for each the index of its subject in `subjects`.
    """

    root: Path
    paths: Sequence[Path]
    names: Sequence[str]
    subjects: Sequence[str]
    subject_of: Indices

    @property
    def pictures_of(self) -> Indices:
        """How many pictures each subject has, [subjects]."""
        return np.bincount(self.subject_of, minlength=len(self.subjects)).astype(np.intp)


def read_folder(folder: Path) -> Labelled:
    """The pictures below `folder`, read as `enroll` reads it: a sub-folder is one subject, a file
    directly in it is one too, hidden files are passed over.

    Raises EvaluationFault: folder_missing, folder_empty, one_subject or no_mates.
    """
    if not folder.is_dir():
        raise EvaluationFault("folder_missing", path=folder)
    found = walk(folder)
    if not found:
        raise EvaluationFault("folder_empty", path=folder)
    subjects = sorted({file.reference for file in found})
    place = {name: index for index, name in enumerate(subjects)}
    labelled = Labelled(
        root=folder,
        paths=[file.path for file in found],
        names=[file.path.relative_to(folder).as_posix() for file in found],
        subjects=subjects,
        subject_of=np.array([place[file.reference] for file in found], dtype=np.intp),
    )
    if len(subjects) < 2:
        raise EvaluationFault("one_subject", path=folder)
    if labelled.pictures_of.max() < 2:
        raise EvaluationFault("no_mates", path=folder)
    return labelled
