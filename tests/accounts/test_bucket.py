"""Files in a bucket of S3 with versions, by moto's server over HTTP."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from accounts.access import files_of
from accounts.actor import command_actor
from accounts.models import Agency, Offboarding, User
from accounts.offboarding.file_keys import stored_keys
from accounts.services import strays
from accounts.services.agency_lifecycle import close_agency
from accounts.services.offboarding_job import run_offboarding
from accounts.services.strays import check_files
from portal.away import StoreAway
from portal.blobs.s3 import S3Blobs
from portal.doctor.files import check_store
from portal.doctor.problems import Problem
from portal.keys import KeyProblem
from portal.storage import MissingFile
from portal.tenancy import platform_scope, scope
from tests.factories import make_case, make_probe, person_jpeg
from tests.portal.aws_stand_in import aws, client, new_bucket

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    with aws() as address:
        yield address


@pytest.fixture
def bucket(moto: str, settings: Any) -> str:
    """An empty bucket that keeps every version of an object, and is the portal's store."""
    name, settings.STORAGE_URL = new_bucket(moto)
    return name


def older(bucket: str) -> list[tuple[str, bytes]]:
    """Every version of every object, current or not, as whoever holds the bucket has them."""
    s3 = client("s3")
    found = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    return [
        (one["Key"], s3.get_object(Bucket=bucket, **named)["Body"].read())
        for one in found
        for named in [{"Key": one["Key"], "VersionId": one["VersionId"]}]
    ]


def put_back(bucket: str) -> None:
    """Make what a bucket remembers current again."""
    for key, sealed in older(bucket):
        client("s3").put_object(Bucket=bucket, Key=key, Body=sealed)


def test_a_file_in_a_bucket_is_sealed_whole_or_refused(
    alder: Agency, bucket: str, settings: Any
) -> None:
    s3, plain = client("s3"), b"the face of a person" * 1000
    with scope(alder.pk):
        store = files_of(alder.pk)
        key = store.put(plain)
        [(name, sealed)] = older(bucket)
        assert name.startswith(f"files/{alder.pk}/")
        assert plain not in sealed
        assert store.get(key) == plain
        for damaged in (
            sealed[:-1],
            sealed[:20],
            b"",
            sealed[:50] + bytes([sealed[50] ^ 1]) + sealed[51:],
        ):
            s3.put_object(Bucket=bucket, Key=name, Body=damaged)
            with pytest.raises(KeyProblem):
                store.get(key)
        s3.put_object(Bucket=bucket, Key=name, Body=sealed)
        store.delete(key)
        store.delete(key)
        with pytest.raises(MissingFile):
            store.get(key)
        assert "written, read and removed" in check_store()
        settings.STORAGE_URL = "s3://candor/x?endpoint=http://127.0.0.1:9&region=eu-central-1"
        with pytest.raises(StoreAway):
            files_of(alder.pk).get(key)
        with pytest.raises(Problem, match="S3"):
            check_store()


def test_what_was_erased_cannot_be_read_from_the_versions_that_a_bucket_keeps(
    alder: Agency, bucket: str
) -> None:
    with scope(alder.pk):
        make_probe(make_case(alder), person_jpeg(1), analysed=False)
        store, [key] = files_of(alder.pk), stored_keys(alder.pk)
        store.delete(key)  # as an erasure does when the row that names it is gone
        put_back(bucket)
        agency, name, _ = key.split("/")
        assert len(older(bucket)) == 2
        for guess in (f"{agency}/{name}", f"{agency}/{name}/", f"{agency}/{name}/{'A' * 22}"):
            with pytest.raises(KeyProblem):
                store.get(guess)


def test_strays_are_found_in_a_bucket(
    alder: Agency, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(alder.pk):
        make_probe(make_case(alder), person_jpeg(1), analysed=False)
        [named] = stored_keys(alder.pk)
        stray = files_of(alder.pk).put(b"x")
        assert check_files(alder.pk).strays == []
        monkeypatch.setattr(strays, "GRACE", timedelta(seconds=-5))
        assert len(check_files(alder.pk).strays) == 1
        assert files_of(alder.pk).get(named)
        with pytest.raises(MissingFile):
            files_of(alder.pk).get(stray)


def test_nothing_of_a_destroyed_agency_can_be_read_from_a_bucket(
    alder: Agency, ada: User, bucket: str, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OFFBOARDING_DAYS = -2
    monkeypatch.setattr("accounts.services.offboarding_job.LEAST_TIME", timedelta(days=-1))
    # The probe waits for a worker, and here is none.
    monkeypatch.setattr("accounts.services.offboarding_job.obstacle_of", lambda agency_id: "")
    with scope(alder.pk):
        make_probe(make_case(alder), person_jpeg(1), analysed=False)
        [key] = stored_keys(alder.pk)
        store = files_of(alder.pk)
    close_agency(actor=command_actor("test", None), agency=alder, reason="The contract has ended")
    with scope(alder.pk):
        run_offboarding(alder.pk)
        row = Offboarding.objects.get()
        assert (row.state, row.exported_rows != {}) == ("exported", True)
        run_offboarding(alder.pk)
        assert Offboarding.objects.get().state == "destroyed"
    assert list(S3Blobs(settings.STORAGE_URL).under(str(alder.pk))) == []
    put_back(bucket)
    assert store.get(key), "the bucket still has it; only who kept the key itself could read it"
    with platform_scope():
        assert bytes(Agency.objects.get(pk=alder.pk).data_key) == b""
    with scope(alder.pk), pytest.raises(KeyProblem, match="destroyed"):
        files_of(alder.pk)
