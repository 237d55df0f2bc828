"""A POST with an Idempotency-Key is done once; whoever sends it again gets the same answer.

The key is the token's own. Requests that come at the same moment wait for one another on an
advisory lock, and the answer is kept in the transaction of the act itself: there is never one
without the other. After draft-ietf-httpapi-idempotency-key-header; answers are kept
for a day (accounts/services/answers.py).
"""

import json
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder

from accounts.access import files_of
from accounts.faults import Fault
from accounts.models import ApiToken, IdempotentAnswer
from accounts.rest.problems import MEDIA_TYPE, UNPROCESSABLE, Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

Act = Callable[[], Response]


def once(request: Request, act: Act, failed: Callable[[Exception], Response]) -> Response:
    """The answer to this request: `act`'s, or the one that was given before.

    `failed` makes an answer of an exception, which is kept as well; what it raises undoes all.
    Raises Problem for a key that is none or was used for something else.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return act()
    if not _KEY.fullmatch(key):
        raise Problem(400, Fault("idempotency_key_invalid"))
    token: ApiToken = request._request.token  # type: ignore[attr-defined]
    asked = digest_of(request)
    with transaction.atomic():
        _wait_for_turn(token, key)
        if found := IdempotentAnswer.objects.filter(token=token, key=key).first():
            return _again(found, asked)
        try:
            with transaction.atomic():
                response = act()
        except Exception as error:
            response = failed(error)
        _keep(IdempotentAnswer(token=token, key=key, digest=asked), response)
        return response


def digest_of(request: Request) -> str:
    """SHA-256 of method, address and body, in hex; of a file what is in it, not its name."""
    parts = [request.method or "", request.get_full_path()]
    data: Any = request.data
    if isinstance(data, bytes):
        parts.append(sha256(data).hexdigest())
    elif isinstance(data, Mapping) and hasattr(data, "lists"):
        for name, values in sorted(data.lists()):
            parts += [name, *(_value(one) for one in values)]
    else:
        parts.append(json.dumps(data, sort_keys=True, cls=JSONEncoder))
    return sha256("\0".join(parts).encode()).hexdigest()


def _value(value: Any) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    digest = sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return digest.hexdigest()


def _json(data: Any) -> str:
    return json.dumps(data, cls=JSONEncoder, ensure_ascii=False)


def _wait_for_turn(token: ApiToken, key: str) -> None:
    with connection.cursor() as cursor:
        name = f"idempotency:{token.pk}:{key}"
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _keep(answer: IdempotentAnswer, response: Response) -> None:
    answer.take_scope()
    answer.status = response.status_code
    answer.location = response.get("Location", "")
    answer.body = files_of(answer.agency_id).seal_text(
        _json(response.data), body_identity(answer.token_id, answer.key)
    )
    answer.save(force_insert=True)


def _again(found: IdempotentAnswer, asked: str) -> Response:
    if found.digest != asked:
        raise Problem(UNPROCESSABLE, Fault("idempotency_key_reused"))
    text = files_of(found.agency_id).unseal_text(
        bytes(found.body), body_identity(found.token_id, found.key)
    )
    media_type = MEDIA_TYPE if found.status >= HTTPStatus.BAD_REQUEST else None
    headers = {REPLAYED: "true"} | ({"Location": found.location} if found.location else {})
    return Response(json.loads(text), found.status, headers=headers, content_type=media_type)


def body_identity(token_id: object, key: str) -> str:
    """What the sealed body is bound to, so that no row's body passes for another's."""
    return f"idempotent answer {token_id} {key}"
