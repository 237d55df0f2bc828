"""The keys of the installation; part of portal.settings."""

from django.core.exceptions import ImproperlyConfigured

from portal import env, keys
from portal.masterkeys.specs import LOCAL, SpecProblem, parse_spec
from portal.settings_places import VAR_DIR

# Who wraps the agencies' data keys, and who did before: docs/keys.md.
KEY_PROVIDER = env.env_str("CANDOR_KEY_PROVIDER", LOCAL)
RETIRED_KEY_PROVIDERS = env.env_list("CANDOR_RETIRED_KEY_PROVIDERS", "")
try:
    for _spec in (KEY_PROVIDER, *RETIRED_KEY_PROVIDERS):
        parse_spec(_spec)
except SpecProblem as problem:
    raise ImproperlyConfigured(f"CANDOR_KEY_PROVIDER: {problem}") from problem


def _master_key() -> bytes:
    """The local key: made when it is the provider and there is none, never when it was one."""
    given, path = env.env_secret("CANDOR_MASTER_KEY"), VAR_DIR / "keys/master.key"
    if KEY_PROVIDER == LOCAL:
        return keys.parse(given or keys.load_or_create(path))
    if LOCAL not in RETIRED_KEY_PROVIDERS:
        return b""
    return keys.parse(given or "".join(keys.lines_of(path)))


try:
    MASTER_KEY = _master_key()
    # Keys that the local one has replaced: they unwrap, and wrap nothing any more.
    RETIRED_MASTER_KEYS = [
        keys.parse(key)
        for key in (
            *env.env_secret("CANDOR_RETIRED_MASTER_KEYS").replace(",", " ").split(),
            *keys.lines_of(VAR_DIR / "keys/retired-master.keys"),  # by `rotate_keys new-master`
        )
    ]
except keys.KeyProblem as problem:
    raise ImproperlyConfigured(f"CANDOR_MASTER_KEY: {problem}") from problem

# A token from a file is read anew at each use: Vault's agent exchanges it while we run.
VAULT_TOKEN = env.env_secret("CANDOR_VAULT_TOKEN")
VAULT_TOKEN_FILE = env.env_str("CANDOR_VAULT_TOKEN_FILE")
VAULT_CA_FILE = env.env_str("CANDOR_VAULT_CA_FILE")

try:
    # The private Ed25519 key of licenses and receipts, and public ones that it has replaced.
    SIGNING_KEY = keys.parse(
        env.env_secret("CANDOR_SIGNING_KEY") or keys.load_or_create(VAR_DIR / "keys/signing.key")
    )
    RETIRED_SIGNING_KEYS = [
        keys.parse(key)
        for key in (
            *env.env_list("CANDOR_RETIRED_SIGNING_KEYS", ""),
            *keys.lines_of(VAR_DIR / "keys/retired.keys"),  # by `manage.py rotate_signing_key`
        )
    ]
except keys.KeyProblem as problem:
    raise ImproperlyConfigured(f"CANDOR_SIGNING_KEY: {problem}") from problem
