"""What a package's MODEL.LICENSE permits, as far as its signature proves it offline."""

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from insightface.model_zoo import model_license

from searches.engines.base import LicenceState, ModelLicence

STATES = {
    model_license.STATUS_VERIFIED_COMMERCIAL: LicenceState.COMMERCIAL,
    model_license.STATUS_VERIFIED_NON_COMMERCIAL: LicenceState.NON_COMMERCIAL,
    model_license.STATUS_DEFAULT_NON_COMMERCIAL: LicenceState.NON_COMMERCIAL,
}
ADVICE = {
    LicenceState.COMMERCIAL: "The signature covers the model's name, not its files.",
    LicenceState.NON_COMMERCIAL: "An agency may not search with these weights; "
    "ask InsightFace for a commercial licence, or use the open model package.",
    LicenceState.INVALID: "A licence file that proves nothing permits nothing; "
    "put the file that InsightFace issued in its place.",
}


def inspect_licence(
    folder: Path, model_id: str, *, keys: Iterable[Ed25519PublicKey] | None = None
) -> ModelLicence:
    """Inspect a verified package's licence file; never raises for what the file holds.

    `keys` replaces InsightFace's own public keys (for tests). A missing file means the public
    non-commercial terms; a file that is forged, for another model, not yet or no longer valid,
    or unreadable is INVALID and never falls back. Times are compared with the clock at the call,
    so a process that runs for days inspects again.
    """
    found = model_license.inspect_model_package_license(
        folder, expected_model_id=model_id, public_keys=keys
    )
    state = STATES.get(found.status, LicenceState.INVALID)
    return ModelLicence(state, _title(found), f"{found.message}. {ADVICE[state]}")


def _title(found: model_license.ModelLicenseInspection) -> str:
    if found.license is None:
        default = found.status == model_license.STATUS_DEFAULT_NON_COMMERCIAL
        terms = "public non-commercial terms" if default else "no valid licence"
        return f"{found.model_id}: {terms}"
    grant = found.license
    holder = f" to {grant.customer}" if grant.customer else ""
    until = f" until {grant.valid_until:%Y-%m-%d}" if grant.valid_until else ""
    return f"{grant.model_id}: {grant.grant} licence {grant.license_id}{holder}{until}"
