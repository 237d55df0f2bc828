"""RFC 3161: a real authority (OpenSSL's) stamps heads; answers that do not verify are not kept."""

import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from accounts.actor import command_actor
from accounts.models import Agency
from portal.audit.actions import Action
from portal.audit.checkpoints import take_checkpoint
from portal.audit.models import Checkpoint, CheckpointStamp
from portal.audit.recorder import record
from portal.audit.stamping import NotStamped, stamp, stamp_all
from portal.tenancy import scope
from tests.portal.exports import exported, kinds

EACH_TEST_ALONE = True

pytestmark = pytest.mark.django_db

CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[tsa]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
crypto_device = builtin
"""


class Authority:
    """OpenSSL as a time-stamping authority behind a real HTTP server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        (folder / "serial").write_text("01\n")
        self.spoil: bytes | None = None
        self.redirects_to = ""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        self._certificates()

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def _certificates(self) -> None:
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        own = ["-config", "tsa.cnf", "-days", "30"]
        self._run(
            *["req", "-x509", *new, *own, "-subj", "/CN=Root", "-extensions", "ca"],
            *["-keyout", "root.key", "-out", "root.pem"],
        )
        self._run(
            *["req", *new, "-config", "tsa.cnf", "-subj", "/CN=Clock"],
            *["-keyout", "leaf.key", "-out", "leaf.csr"],
        )
        self._run(
            *["x509", "-req", "-in", "leaf.csr", "-CA", "root.pem", "-CAkey", "root.key"],
            *["-CAcreateserial", "-days", "30", "-extfile", "tsa.cnf", "-extensions", "leaf"],
            *["-out", "leaf.pem"],
        )

    def answer(self, query: bytes) -> bytes:
        (self.folder / "q.tsq").write_bytes(query)
        self._run(
            *["ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", "q.tsq"],
            *["-signer", "leaf.pem", "-inkey", "leaf.key"],
            *["-out", "r.tsr"],
        )
        return (self.folder / "r.tsr").read_bytes()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                query = self.rfile.read(int(self.headers["Content-Length"]))
                if authority.redirects_to:
                    self.send_response(307)
                    self.send_header("Location", authority.redirects_to)
                    self.end_headers()
                    return
                body = authority.spoil if authority.spoil is not None else authority.answer(query)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


def openssl() -> None:
    """Skips where OpenSSL's command is not installed, but for CI, which must have it."""
    if shutil.which("openssl") is None:
        text = "openssl is not installed (Debian: apt-get install openssl)"
        pytest.fail(text) if os.environ.get("CI") else pytest.skip(text)


@pytest.fixture
def authority(tmp_path: Path, settings: Any) -> Iterator[Authority]:
    openssl()
    found = Authority(tmp_path)
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    settings.TIMESTAMP_URL, settings.TIMESTAMP_CA_FILE = found.url, str(tmp_path / "root.pem")
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


@pytest.fixture
def head(alder: Agency) -> Checkpoint:
    record(command_actor("test", alder.pk), Action.CASE_VIEWED)
    made = take_checkpoint(alder.pk)
    assert made is not None
    return made


def test_the_newest_head_of_every_chain_is_stamped_once(
    authority: Authority, head: Checkpoint, alder: Agency
) -> None:
    assert stamp_all() == 1  # the platform's chain has no checkpoint yet
    assert stamp_all() == 0
    with scope(alder.pk):
        row = CheckpointStamp.objects.get()
        assert row.checkpoint_id == head.pk
    (authority.folder / "document").write_bytes(head.document.encode())
    (authority.folder / "kept.tsr").write_bytes(bytes(row.token))
    files = exported(alder.pk)
    name = f"stamps/checkpoint-{head.number:08d}"
    assert files.files[f"{name}.json"] == head.document.encode()
    assert files.files[f"{name}.tsr"] == bytes(row.token)
    assert kinds(files) == set()
    # What the documentation tells outsiders to do.
    shown = subprocess.run(
        [
            *["openssl", "ts", "-verify", "-data", "document", "-in", "kept.tsr"],
            *["-CAfile", "root.pem"],
        ],
        cwd=authority.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "OK" in shown.stdout + shown.stderr


@pytest.mark.parametrize("spoil", [b"", b"no stamp", b"\x30\x03\x02\x01\x02"])
def test_an_answer_that_is_no_stamp_is_not_kept(
    authority: Authority, head: Checkpoint, alder: Agency, spoil: bytes
) -> None:
    authority.spoil = spoil
    with scope(alder.pk), pytest.raises(NotStamped):
        stamp(head)
    assert stamp_all() == 0
    with scope(alder.pk):
        assert not CheckpointStamp.objects.exists()


def test_a_stamp_of_something_else_or_by_somebody_else_is_not_kept(
    authority: Authority, head: Checkpoint, alder: Agency, tmp_path: Path, settings: Any
) -> None:
    with scope(alder.pk):
        stamp(head)
        authority.spoil = bytes(CheckpointStamp.objects.get().token)  # an old answer, repeated
    record(command_actor("test", alder.pk), Action.CASE_VIEWED)
    later = take_checkpoint(alder.pk)
    assert later is not None
    with scope(alder.pk), pytest.raises(NotStamped):
        stamp(later)
    authority.spoil = None
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    other.server.server_close()
    settings.TIMESTAMP_CA_FILE = str(tmp_path / "other" / "root.pem")
    with scope(alder.pk), pytest.raises(NotStamped):
        stamp(later)


def test_nothing_is_asked_without_an_authority(head: Checkpoint, alder: Agency) -> None:
    assert stamp_all() == 0


def test_an_authority_that_is_away_is_asked_again(
    authority: Authority, head: Checkpoint, alder: Agency, settings: Any
) -> None:
    there, settings.TIMESTAMP_URL = settings.TIMESTAMP_URL, "http://127.0.0.1:9/"
    assert stamp_all() == 0
    settings.TIMESTAMP_URL = there
    assert stamp_all() == 1


def test_the_authority_leads_nowhere_else_and_is_not_waited_for_without_end(
    authority: Authority, head: Checkpoint, alder: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    with scope(alder.pk):
        authority.redirects_to = authority.url
        with pytest.raises(NotStamped, match="TooManyRedirects"):
            stamp(head)
        authority.redirects_to = ""
        monkeypatch.setattr("portal.outgoing.MOST_BYTES", 100)
        with pytest.raises(NotStamped, match="ConnectionError"):
            stamp(head)
        monkeypatch.undo()
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        stamp(head)
