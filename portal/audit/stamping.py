"""RFC 3161 time-stamps: an authority says with its own clock and key when a head existed.

Only where the operator configures one (CANDOR_TIMESTAMP_URL). A stamp over the newest checkpoint
covers everything before it, so the latest one of each chain is stamped.
"""

import logging
from pathlib import Path
from urllib.parse import urlsplit

import requests
from cryptography import x509
from django.conf import settings
from django.db import transaction
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from portal.audit.checkpoints import last_checkpoint
from portal.audit.linking import scope_of
from portal.audit.models import AuditChain, Checkpoint, CheckpointStamp
from portal.outgoing import Outgoing
from portal.tenancy import platform_scope

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/timestamp-query"


class NotStamped(Exception):
    """The authority did not answer, or with something that does not verify."""


def stamp_all() -> int:
    """Stamp the newest checkpoint of every chain that has none yet; returns how many."""
    if not settings.TIMESTAMP_URL:
        return 0
    with platform_scope():
        chains = list(AuditChain.objects.values_list("agency_id", flat=True))
    return sum(_stamp_chain(agency_id) for agency_id in chains)


@transaction.atomic
def _stamp_chain(agency_id: int | None) -> bool:
    with scope_of(agency_id):
        newest = last_checkpoint(agency_id)
        if newest is None or CheckpointStamp.objects.filter(checkpoint_id=newest.pk).exists():
            return False
        try:
            stamp(newest)
        except NotStamped as error:
            logger.warning("Checkpoint %s not stamped (%s); tried again", newest, error)
            return False
        return True


def stamp(checkpoint: Checkpoint) -> CheckpointStamp:
    """Ask the authority, verify its answer and keep it. Raises NotStamped."""
    signed = checkpoint.document.encode()
    request = TimestampRequestBuilder().data(signed).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        with _authority() as session:
            answer = session.post(
                settings.TIMESTAMP_URL,
                data=request.as_bytes(),
                headers={"Content-Type": MEDIA_TYPE},
            )
        answer.raise_for_status()
        response = decode_timestamp_response(answer.content)
        verifier = VerifierBuilder.from_request(request)
        for root in roots():
            verifier = verifier.add_root_certificate(root)
        verifier.build().verify_message(response, signed)
    except (requests.RequestException, ValueError, VerificationError) as error:
        raise NotStamped(type(error).__name__) from error
    return CheckpointStamp.objects.create(
        agency_id=checkpoint.agency_id,
        checkpoint_id=checkpoint.pk,
        token=answer.content,
        stamped_at=response.tst_info.gen_time,
    )


def _authority() -> Outgoing:
    """To the operator's own address, wherever it is; authorities speak plain http, and sign."""
    host = (urlsplit(settings.TIMESTAMP_URL).hostname or "").lower()
    return Outgoing([host], ca_file="", plain=True)


def roots() -> list[x509.Certificate]:
    """The certificates that the operator trusts for stamps."""
    return x509.load_pem_x509_certificates(Path(settings.TIMESTAMP_CA_FILE).read_bytes())
