"""Moto's server over HTTP: AWS KMS and S3 on this machine."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import boto3
from moto.server import ThreadedMotoServer

REGION = "eu-central-1"


@contextmanager
def aws() -> Iterator[str]:
    """Its address; boto3 asks it, and nobody else, until the end of the block."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    environment = {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "stand-in",
        "AWS_SECRET_ACCESS_KEY": "stand-in",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    try:
        with patch.dict(os.environ, environment):
            yield address
    finally:
        server.stop()


def client(service: str) -> Any:
    return boto3.session.Session().client(service, region_name=REGION)


def new_kms_key() -> str:
    """The ARN of a fresh key."""
    return str(client("kms").create_key()["KeyMetadata"]["Arn"])


def new_bucket(address: str) -> tuple[str, str]:
    """An empty bucket that keeps every version of an object, and CANDOR_STORAGE_URL for it."""
    name = f"candor-{uuid.uuid4()}"
    s3 = client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name, f"s3://{name}/files?endpoint={address}&region={REGION}"


def names_in(bucket: str) -> set[str]:
    """The names of the objects that are there now, without folders."""
    found = client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"].rpartition("/")[2] for one in found}
