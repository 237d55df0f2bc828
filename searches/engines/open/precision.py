"""Decides by measurement whether a stage runs in int8 on this machine."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession

from searches.engines.base import RGBImage, overlap

from .detector import Detection, find_faces, framed, pyramid
from .quantise import quantise
from .sessions import open_session

SAME_PERSON = 0.6  # Euclidean distance below which dlib's published rule says "same person"
# Drawn faces lie closer together than real ones, so few of their pairs are near the rule's
# distance. Therefore no embedding may move by more than a tenth of that distance either.
LARGEST_MOVE = 0.06
SMALLEST_OVERLAP = 0.8  # of a face's two boxes, as intersection over union
SMALLEST_GAIN = 1.3  # times faster; less is not worth a second form of the weights
FEWEST_FACES = 12
_ROUNDS = 3
_CALIBRATION_PICTURES = 8
_TIMED_PICTURES = 3
_TIMED_CHIPS = 8

Blob = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was measured for one stage; goes into the manifest.

    `changed` counts decisions that int8 made differently out of `decisions`; `shift` is the
    largest move of an embedding (recogniser) or the smallest overlap of a face's two boxes
    (detector); `gain` is CPU time of fp32 over CPU time of int8 on the building machine.
    """

    int8: bool
    reason: str
    decisions: int = 0
    changed: int = 0
    shift: float = 0.0
    gain: float = 0.0


def settle_recogniser(model: Path, chips: Sequence[RGBImage]) -> Verdict:
    """Replace `model` by its int8 form if that keeps every decision on `chips` and is faster."""
    if len(chips) < FEWEST_FACES:
        return Verdict(False, f"fp32: fewer than {FEWEST_FACES} faces to measure with")
    blobs = [chip.transpose(2, 0, 1)[None].astype(np.float32) for chip in chips]
    small = model.with_suffix(".int8")
    quantise(model, small, blobs)
    exact, coarse = open_session(model, 1), open_session(small, 1)
    before, after = (_embeddings(session, blobs) for session in (exact, coarse))
    pairs = np.triu_indices(len(blobs), 1)
    rule_before, rule_after = (_distances(e)[pairs] < SAME_PERSON for e in (before, after))
    timed = blobs[:_TIMED_CHIPS]
    verdict = _verdict(
        decisions=len(rule_before),
        changed=int((rule_before != rule_after).sum()),
        shift=float(np.linalg.norm(before - after, axis=1).max()),
        within=lambda shift: shift <= LARGEST_MOVE,
        gain=_gain(lambda: _embeddings(exact, timed), lambda: _embeddings(coarse, timed)),
    )
    _keep(verdict, model, small)
    return verdict


def settle_detector(
    model: Path, pictures: Sequence[RGBImage], before: Sequence[Sequence[Detection]]
) -> Verdict:
    """Replace `model` by its int8 form if that finds the same faces in `pictures`, and faster.

    `before` are the faces that `model` itself finds in each picture.
    """
    if sum(map(len, before)) < FEWEST_FACES:
        return Verdict(False, f"fp32: fewer than {FEWEST_FACES} faces to measure with")
    small = model.with_suffix(".int8")
    step = math.ceil(len(pictures) / _CALIBRATION_PICTURES)
    quantise(
        model,
        small,
        (framed(level) for picture in pictures[::step] for level, _, _ in pyramid(picture)),
    )
    exact, coarse = open_session(model, 1), open_session(small, 1)
    after = [find_faces(coarse, picture) for picture in pictures]
    overlaps = [_overlaps(a, b) for a, b in zip(before, after, strict=True)]
    shared = [value for values in overlaps for value in values]
    timed = [framed(level) for p in pictures[:_TIMED_PICTURES] for level, _, _ in pyramid(p)]
    verdict = _verdict(
        decisions=len(shared),
        changed=sum(value < SMALLEST_OVERLAP for value in shared),
        shift=min(shared),
        within=lambda shift: shift >= SMALLEST_OVERLAP,
        gain=_gain(lambda: _scan(exact, timed), lambda: _scan(coarse, timed)),
    )
    _keep(verdict, model, small)
    return verdict


def _verdict(
    *, decisions: int, changed: int, shift: float, within: Callable[[float], bool], gain: float
) -> Verdict:
    if changed or not within(shift):
        reason = f"fp32: int8 changes {changed} of {decisions} decisions (shift {shift:.3f})"
    elif gain < SMALLEST_GAIN:
        reason = f"fp32: int8 is only {gain:.2f} times as fast on this processor"
    else:
        reason = f"int8: keeps all {decisions} decisions, {gain:.2f} times as fast"
    chosen = reason.startswith("int8")
    return Verdict(chosen, reason, decisions, changed, round(shift, 4), round(gain, 2))


def _keep(verdict: Verdict, model: Path, small: Path) -> None:
    if verdict.int8:
        small.replace(model)
    else:
        small.unlink()


def _embeddings(session: InferenceSession, blobs: Sequence[Blob]) -> Blob:
    return np.concatenate([session.run(None, {"chips": blob})[0] for blob in blobs])


def _distances(embeddings: Blob) -> Blob:
    distances: Blob = np.linalg.norm(embeddings[:, None] - embeddings[None], axis=2)
    return distances


def _scan(session: InferenceSession, levels: Sequence[Blob]) -> None:
    for level in levels:
        session.run(None, {"image": level})


def _overlaps(before: Sequence[Detection], after: Sequence[Detection]) -> list[float]:
    """Each face's overlap with its partner in the other list; 0 for one without a partner."""
    forth = [max((overlap(a.box, b.box) for b in after), default=0.0) for a in before]
    extra = [b for b in after if all(overlap(a.box, b.box) < SMALLEST_OVERLAP for a in before)]
    return forth + [0.0] * len(extra)


def _gain(exact: Callable[[], object], coarse: Callable[[], object]) -> float:
    """CPU time of `exact` over that of `coarse`: best of alternating rounds on a busy machine."""
    times: dict[Callable[[], object], float] = {}
    for _ in range(_ROUNDS):
        for run in (exact, coarse):
            start = time.process_time()
            run()
            times[run] = min(times.get(run, np.inf), time.process_time() - start)
    return times[exact] / times[coarse]
