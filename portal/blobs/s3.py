"""A bucket of S3, or of anything that speaks as S3 does, by django-storages.

Credentials come as boto3 finds them (a role of the machine, AWS_* variables, a profile).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

from portal.away import StoreAway
from portal.blobs.base import Blob, MissingFile

_CONFIG = Config(
    connect_timeout=3,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    signature_version="s3v4",
)
_MISSING = ("404", "NoSuchKey", "NotFound")


class S3Blobs:
    """`s3://BUCKET/PREFIX?endpoint=https://...&region=...`; the prefix may be empty."""

    def __init__(self, url: str) -> None:
        parts, asked = urlsplit(url), dict(parse_qsl(urlsplit(url).query))
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")
        self._storage = S3Storage(
            bucket_name=self._bucket,
            location=self._prefix,
            endpoint_url=asked.get("endpoint"),
            region_name=asked.get("region"),
            client_config=_CONFIG,
            default_acl=None,
            file_overwrite=True,
            querystring_auth=False,
            object_parameters={"ContentType": "application/octet-stream"},
        )

    def put(self, name: str, sealed: bytes) -> None:
        with _answers(name):
            self._storage.save(name, ContentFile(sealed))

    def get(self, name: str) -> bytes:
        with _answers(name):
            return bytes(self._object(name).get()["Body"].read())

    def head(self, name: str, length: int) -> bytes:
        with _answers(name):
            try:
                found = self._object(name).get(Range=f"bytes=0-{length - 1}")
            except ClientError as error:
                if _code_of(error) == "InvalidRange":
                    return b""  # an empty object has no first byte
                raise
            return bytes(found["Body"].read())

    def delete(self, name: str) -> None:
        with _answers(name):
            self._storage.delete(name)

    def under(self, folder: str) -> Iterator[Blob]:
        begins = self._key(folder).rstrip("/")
        with _answers(folder):
            for found in self._storage.bucket.objects.filter(Prefix=begins and begins + "/"):
                name = found.key.removeprefix(f"{self._prefix}/") if self._prefix else found.key
                yield Blob(name, found.size, found.last_modified)

    def clear(self, folder: str) -> None:
        """In a bucket with versions older ones stay, as noise: their keys are destroyed first."""
        with _answers(folder):
            self._storage.bucket.objects.filter(Prefix=self._key(folder) + "/").delete()

    def describe(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def _object(self, name: str) -> Any:
        return self._storage.bucket.Object(self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name


@contextmanager
def _answers(name: str) -> Iterator[None]:
    """S3's errors as ours; all but a missing object may be put right."""
    try:
        yield
    except ClientError as error:
        code = _code_of(error)
        if code in _MISSING:
            raise MissingFile(name) from error
        raise StoreAway(f"S3: {code}") from error
    except BotoCoreError as error:
        raise StoreAway(f"S3: {type(error).__name__}") from error


def _code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
