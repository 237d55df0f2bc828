"""Every state of a package's licence, signed with a key of the test's own."""

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from searches.engines.base import EngineConfig, LicenceState, ModelLicence
from searches.engines.insightface.engine import load
from searches.engines.insightface.licence import inspect_licence

from .synthetic_package import build, legacy_folder, sign_licence

KEY = Ed25519PrivateKey.generate()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return build(tmp_path)


def inspected(package: Path, key: Ed25519PrivateKey = KEY) -> ModelLicence:
    return inspect_licence(package, package.name, keys=[key.public_key()])


def test_a_commercial_licence_permits_agency_use(package: Path) -> None:
    sign_licence(package, KEY, valid_until="2999-12-31T00:00:00Z")
    licence = inspected(package)
    assert licence.state is LicenceState.COMMERCIAL
    assert licence.permits_agency_use
    for part in ("synthetic_s", "TEST-1", "Metropolis Police", "2999-12-31"):
        assert part in licence.title


def test_a_signed_non_commercial_licence_does_not(package: Path) -> None:
    sign_licence(package, KEY, grant="non-commercial")
    licence = inspected(package)
    assert licence.state is LicenceState.NON_COMMERCIAL
    assert not licence.permits_agency_use


def test_no_licence_file_means_non_commercial(package: Path) -> None:
    licence = inspected(package)
    assert licence.state is LicenceState.NON_COMMERCIAL
    assert "absent" in licence.message


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"valid_until": "2021-01-01T00:00:00Z"}, id="expired"),
        pytest.param({"valid_from": "2999-01-01T00:00:00Z"}, id="not yet valid"),
        pytest.param({"model_id": "other_model"}, id="another model"),
        pytest.param({"issuer": "Somebody"}, id="another issuer"),
        pytest.param({"grant": "everything"}, id="unknown grant"),
        pytest.param({"seats": "5"}, id="unknown field"),
    ],
)
def test_a_licence_that_proves_nothing_is_invalid(package: Path, fields: dict[str, Any]) -> None:
    sign_licence(package, KEY, **fields)
    licence = inspected(package)
    assert licence.state is LicenceState.INVALID
    assert not licence.permits_agency_use


def test_a_licence_counts_only_for_the_model_that_was_loaded(package: Path) -> None:
    sign_licence(package, KEY)
    licence = inspect_licence(package, "exchanged_since", keys=[KEY.public_key()])
    assert licence.state is LicenceState.INVALID


def test_a_forged_licence_is_invalid(package: Path) -> None:
    sign_licence(package, Ed25519PrivateKey.generate())
    assert inspected(package).state is LicenceState.INVALID


def test_a_licence_changed_after_signing_is_invalid(package: Path) -> None:
    sign_licence(package, KEY, grant="non-commercial")
    path = package / "MODEL.LICENSE"
    path.write_text(json.dumps({**json.loads(path.read_text()), "grant": "commercial"}))
    assert inspected(package).state is LicenceState.INVALID


@pytest.mark.parametrize("content", ["", "{}", "[1]", "no json", '{"grant": "commercial"}'])
def test_an_unreadable_licence_never_falls_back(package: Path, content: str) -> None:
    (package / "MODEL.LICENSE").write_text(content)
    assert inspected(package).state is LicenceState.INVALID


def test_a_broken_link_never_falls_back(package: Path) -> None:
    (package / "MODEL.LICENSE").symlink_to(package / "gone")
    assert inspected(package).state is LicenceState.INVALID


def test_without_test_keys_only_insightface_itself_can_sign(package: Path) -> None:
    sign_licence(package, KEY)
    engine = load(EngineConfig(models=package.parent, package=package))
    assert engine.licence.state is LicenceState.INVALID


def test_the_engine_carries_the_licence(package: Path) -> None:
    sign_licence(package, KEY)
    engine = load(
        EngineConfig(models=package.parent, package=package), licence_keys=[KEY.public_key()]
    )
    assert engine.licence == inspected(package)
    assert engine.licence.permits_agency_use


def test_a_legacy_folders_licence_is_for_the_folders_name(tmp_path: Path) -> None:
    folder = legacy_folder(tmp_path)
    sign_licence(folder, KEY)
    config = EngineConfig(models=tmp_path, package=folder)
    engine = load(config, licence_keys=[KEY.public_key()])
    assert engine.licence.state is LicenceState.COMMERCIAL
