"""The evaluation.json of a folder of forty people, as `evaluate` writes it."""

import json
from pathlib import Path
from typing import Any

import jsonschema

import evaluation
from tests.factories import engines_contract

SCHEMA = Path(evaluation.__file__).parent / "evaluation.schema.json"


def evaluation_json(subjects: int = 40) -> dict[str, Any]:
    """What the schema wants, with the figures of docs/evaluation.md."""
    few = {"value": None, "not_measured": "300 non-mated searches are needed, there are 162"}
    rate = {"trials": 162, "subjects": subjects}
    hit = {"value": 0.9259, "low": 0.8571, "high": 0.9756, **rate}
    document = {
        "format": "candor-evaluation",
        "version": 1,
        "candor": "0.1.0",
        "made_at": "2026-11-01T10:00:00+00:00",
        "source": {
            "kind": "folder",
            "folder": "/a/path/of/ours",
            "pairs_file": None,
            "pictures": 163,
            "subjects": subjects,
            "subjects_with_two_pictures": subjects,
            "pairs": 0,
            "sha256": "0" * 64,
        },
        "plan": {
            "enrol": "all",
            "several": "refuse",
            "rounds": 1000,
            "seed": 1,
            "fpir_targets": [0.1, 0.01],
            "fmr_targets": [0.01],
            "ranks": [1, 50],
        },
        "engines": [_engine(few, rate, hit, subjects)],
        "comparison": [],
        "limits": [],
    }
    jsonschema.validate(document, json.loads(SCHEMA.read_text()))
    return document


def _engine(
    few: dict[str, Any], rate: dict[str, Any], hit: dict[str, Any], subjects: int
) -> dict[str, Any]:
    contract = engines_contract()
    fnir = {"value": 0.0247, "low": 0.0062, "high": 0.439, **rate}
    fpir = {"value": 0.0994, "low": 0.06, "high": 0.14, **rate}
    rows = [
        {"fpir_target": 0.1, "threshold": 0.9, "fpir": fpir, "fnir": fnir, "with_failures": fnir},
        {"fpir_target": 0.01, "threshold": None, "fpir": few, "fnir": few, "with_failures": few},
    ]
    return {
        "engine": {
            "label": "open",
            "name": "open",
            "contract": contract.id,
            "weights_sha256": "0" * 64,
            "dimension": contract.dimension,
            "scale": "cosine",
            "licence": "open",
            "providers": [],
            "threads": 1,
            "published_threshold": None,
        },
        "failures": {"pictures": 163, "templates": 162, "rate": hit, "reasons": [], "listed": []},
        "speed": [],
        "identification": {
            "enrolled_subjects": subjects,
            "mated_searches": 162,
            "non_mated_searches": 162,
            "investigation": [
                {"rank": 1, "hit_rate": hit, "with_failures": hit},
                {"rank": 50, "hit_rate": few, "with_failures": few},
            ],
            "identification": rows,
            "published_threshold": None,
            "cmc": [{"rank": 1, "hit_rate": hit}],
            "det": [{"fpir": 0.1, "threshold": 0.9, "fnir": fnir}],
        },
        "verification": few,
        "accuracy": {"pairs": 0, "lost": 0, "accuracy": few, "with_failures": few},
        "discard": {"start_fnmr": 0.05, "threshold": None, "measures": []},
        "label_errors": {"resembling_another": [], "nearly_the_same": []},
    }
