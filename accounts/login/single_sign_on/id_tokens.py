"""Checking ID tokens (OpenID Connect Core 1.0, section 3.1.3.7)."""

import json
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from accounts.login.single_sign_on.refusals import Refused
from accounts.models import IdentityProvider, SecondFactorRule

# Signatures by private keys alone: neither "none" nor the HMACs, whose key would be public here.
KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
ALGORITHMS = [f"{kind}{bits}" for kind in KEY_TYPES for bits in (256, 384, 512)]
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]
LEEWAY_SECONDS = 60
MIN_RSA_BITS = 2048
MOST_SUBJECT = 191


def read_id_token(token: str, keys: Any, provider: IdentityProvider) -> dict[str, Any]:
    """The claims of a token that this provider signed for us. Raises Refused."""
    try:
        header = jwt.get_unverified_header(token)
        algorithm = header.get("alg")
        if algorithm not in ALGORITHMS:
            raise Refused("sso_refused", "algorithm")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=_key_for(header, keys),
            algorithms=[algorithm],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise Refused("sso_refused", type(error).__name__) from error
    _require_parties(claims, provider)
    return claims


def _key_for(header: Mapping[str, Any], keys: Any) -> Any:
    """The published key that the header names, if it is one of the algorithm's kind."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    usable = [
        key
        for key in listed or []
        if isinstance(key, dict)
        and key.get("kty") == KEY_TYPES[header["alg"][:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", header["alg"]) == header["alg"]
        and ("kid" not in header or key.get("kid") == header["kid"])
    ]
    if len(usable) != 1:
        raise Refused("sso_refused", "key")
    found = jwt.PyJWK.from_json(json.dumps(usable[0]), header["alg"]).key
    if isinstance(found, RSAPublicKey) and found.key_size < MIN_RSA_BITS:
        raise Refused("sso_refused", "short key")
    return found


def _require_parties(claims: Mapping[str, Any], provider: IdentityProvider) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if several and "azp" not in claims:
        raise Refused("sso_refused", "azp")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise Refused("sso_refused", "azp")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MOST_SUBJECT:
        raise Refused("sso_refused", "sub")


def require_recent(claims: Mapping[str, Any], asked_at: float, *, proof: bool) -> None:
    """The token was made for this visit; with `proof` the person has just proved themselves.

    Raises Refused. `asked_at` is our clock when the person was sent to the provider.
    """
    if float(claims["iat"]) < asked_at - LEEWAY_SECONDS:
        raise Refused("sso_refused", "iat")
    when = claims.get("auth_time")
    if proof and not (isinstance(when, int | float) and when >= asked_at - LEEWAY_SECONDS):
        raise Refused("sso_not_fresh")


def require_second_factor(claims: Mapping[str, Any], provider: IdentityProvider) -> None:
    """Raises Refused unless the token shows what the agency demands."""
    if provider.second_factor == SecondFactorRule.NONE:
        return
    shown = claims.get(str(provider.second_factor))
    values = shown if isinstance(shown, list) else [shown]
    if not set(provider.accepted_values) & {value for value in values if isinstance(value, str)}:
        raise Refused("sso_second_factor_missing")


def verified_address(claims: Mapping[str, Any], provider: IdentityProvider) -> str:
    """The e-mail address in lower case. Raises Refused when nobody vouches for it."""
    address = claims.get("email")
    if not isinstance(address, str) or address.count("@") != 1:
        raise Refused("sso_address_missing")
    # Some providers write booleans as texts.
    verified = claims.get("email_verified") in (True, "true")
    said_no = claims.get("email_verified") in (False, "false")
    if not verified and (said_no or not provider.addresses_verified):
        raise Refused("sso_address_not_verified")
    return address.strip().lower()
