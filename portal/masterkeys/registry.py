"""Which provider wraps now, and which may open what it wrapped before."""

from functools import lru_cache
from importlib import import_module

from django.conf import settings

from portal.keys import KeyProblem
from portal.masterkeys.base import MasterKey, pack, unpack
from portal.masterkeys.local import LocalKey
from portal.masterkeys.specs import AWS_KMS, LOCAL, VAULT_TRANSIT, parse_spec

# Imported at their first use: an installation does not load the libraries of the others.
KINDS = {
    AWS_KMS: ("portal.masterkeys.aws_kms", "KmsKey"),
    VAULT_TRANSIT: ("portal.masterkeys.vault_transit", "TransitKey"),
}


def current() -> MasterKey:
    """The provider that wraps what is new."""
    return _provider(settings.KEY_PROVIDER)


def current_label() -> str:
    return current().label


def wrap(key: bytes, identity: str) -> bytes:
    """A data key as it is stored, with the label of who wrapped it. Raises KeyServiceAway."""
    master = current()
    return pack(master.label, master.wrap(key, identity))


def unwrap(stored: bytes, identity: str) -> bytes:
    """The inverse. Raises KeyProblem, also for a provider that the settings do not name.

    Whoever writes into the database must not choose who opens: they could name a key of theirs.
    """
    label, wrapped = unpack(stored)
    if not label:
        return _unwrap_unlabelled(wrapped, identity)
    if label.startswith(f"{LOCAL}:"):
        known: list[MasterKey] = [key for key in local_keys() if key.label == label]
    else:
        specs = (settings.KEY_PROVIDER, *settings.RETIRED_KEY_PROVIDERS)
        known = [_provider(spec) for spec in specs if parse_spec(spec).label == label]
    if not known:
        raise KeyProblem(f"{identity} was wrapped by {label}, which the settings do not name")
    return known[0].unwrap(wrapped, identity)


def forget_providers() -> None:
    """Drop the clients of providers that this process has made."""
    _remote.cache_clear()


def _unwrap_unlabelled(wrapped: bytes, identity: str) -> bytes:
    for key in local_keys():
        try:
            return key.unwrap(wrapped, identity)
        except KeyProblem:
            continue
    raise KeyProblem(f"{identity} cannot be decrypted: wrong key or damaged")


def local_keys() -> list[LocalKey]:
    """The local key, if there is one, and those that it has replaced."""
    own = [settings.MASTER_KEY] if settings.MASTER_KEY else []
    return [LocalKey(key) for key in (*own, *settings.RETIRED_MASTER_KEYS)]


def _provider(spec: str) -> MasterKey:
    return LocalKey(settings.MASTER_KEY) if spec == LOCAL else _remote(spec)


@lru_cache(maxsize=8)
def _remote(spec: str) -> MasterKey:
    parsed = parse_spec(spec)
    module, name = KINDS[parsed.kind]
    made: MasterKey = getattr(import_module(module), name)(parsed)
    return made
