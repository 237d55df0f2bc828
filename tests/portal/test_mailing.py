"""The address of the mail server: what is understood, what is refused, and what is never said."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.mailing import parse

FOLDER = Path("/somewhere/mail")
ROOT = Path(__file__).resolve().parents[2]


def test_without_an_address_mails_become_files() -> None:
    mail = parse("", FOLDER)
    assert mail.backend.endswith("filebased.EmailBackend")
    assert mail.folder == FOLDER


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mx.example", ("mx.example", 25, "", "", False, False)),
        ("smtp://u:p%40ss%2F@mx.example:2525", ("mx.example", 2525, "u", "p@ss/", False, False)),
        ("smtp://u:p@mx.example?tls=true", ("mx.example", 587, "u", "p", True, False)),
        ("smtp://u:p@mx.example:587?tls=false", ("mx.example", 587, "u", "p", False, False)),
        (
            "smtps://u%40a.example:p@mx.example",
            ("mx.example", 465, "u@a.example", "p", False, True),
        ),
    ],
)
def test_addresses(url: str, expected: tuple[object, ...]) -> None:
    mail = parse(url, FOLDER)
    found = (mail.host, mail.port, mail.user, mail.password, mail.start_tls, mail.tls)
    assert found == expected
    assert mail.backend.endswith("smtp.EmailBackend")


@pytest.mark.parametrize(
    "url",
    [
        "http://u:secret@mx.example",
        "mx.example",
        "smtp://",
        "smtp://u:secret@mx.example?tls=yes",
        "smtp://u:secret@mx.example?starttls=true",
        "smtps://u:secret@mx.example?tls=true",
        "smtp://u:secret@mx.example/path",
        "smtp://u:secret@mx.example:port",
        "smtp://u:secret#more@mx.example",
        "smtp://u:se/secret@mx.example",
    ],
)
def test_what_is_not_understood_is_refused_without_repeating_the_password(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        parse(url, FOLDER)
    assert "secret" not in str(refused.value)


def test_a_wrong_address_stops_the_start(tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "CANDOR_VAR": str(tmp_path),
        "CANDOR_EMAIL_URL": "gopher://u:secret@mx.example",
    }
    done = subprocess.run(
        [sys.executable, "-c", "import portal.settings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "CANDOR_EMAIL_URL" in done.stderr
    assert "secret" not in done.stderr.splitlines()[-1]
