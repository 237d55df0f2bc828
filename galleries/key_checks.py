"""Whether the keys of this installation are those that a backup was sealed with."""

from base64 import b64decode, b64encode
from collections.abc import Mapping

from accounts.access import files_of
from accounts.models import Agency
from portal.keys import KeyProblem
from portal.tenancy import platform_scope, scope

TEXT, IDENTITY = "candor", "backup"


def key_checks() -> dict[str, str]:
    """A sealed word of each agency that has a key, by its id."""
    return {str(pk): _seal(pk) for pk in _agencies()}


def unopened(checks: Mapping[str, str]) -> list[str]:
    """The agencies whose word does not open: other keys. Those without a word are not asked."""
    return [pk for pk in map(str, _agencies()) if pk in checks and not _opens(int(pk), checks[pk])]


def _agencies() -> list[int]:
    with platform_scope():
        return list(
            Agency.objects.exclude(data_key=b"").order_by("pk").values_list("pk", flat=True)
        )


def _seal(agency_id: int) -> str:
    with scope(agency_id):
        return b64encode(files_of(agency_id).seal_text(TEXT, IDENTITY)).decode("ascii")


def _opens(agency_id: int, sealed: str) -> bool:
    with scope(agency_id):
        try:
            return files_of(agency_id).unseal_text(b64decode(sealed), IDENTITY) == TEXT
        except KeyProblem:
            return False
