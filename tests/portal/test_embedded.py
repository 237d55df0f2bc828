"""The embedded database under real processes that start, end, fork and are killed."""

import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.embedded import EmbeddedError, account, cluster, ensure_running, service
from portal.embedded.account import Account
from portal.embedded.paths import SOCKET, SOCKET_PATH_BYTES
from portal.embedded.roles import Passwords
from tests.portal.embedded_clients import World, roomy_folder, wait_until

pytestmark = pytest.mark.processes

NOBODY = 65534
KEEPERS = 2  # the one at work and its guard

FORKING_CLIENT = """
import os, sys, time
from pathlib import Path
from portal.embedded import ensure_running
ensure_running(Path(sys.argv[1]))
if os.fork() == 0:
    sys.exit(0)  # runs whatever atexit holds, unlike os._exit
os.wait()
if os.fork() == 0:
    print("ready", flush=True)
    time.sleep(600)
os._exit(0)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Closed to other users, like a root's home; pytest's tmp_path is reset to that at any time."""
    with tempfile.TemporaryDirectory(dir=roomy_folder()) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def stopped() -> Iterator[Path]:
    """A data folder that is set up and at rest, to start the tests from copies of it."""
    with tempfile.TemporaryDirectory(dir=roomy_folder()) as name:
        made = World(Path(name) / "var")
        try:
            made.client().wait_ready().end()
            wait_until(lambda: not made.keepers())
        finally:
            made.kill_everything()
        yield made.paths.var


@pytest.fixture
def world(folder: Path, stopped: Path) -> Iterator[World]:
    subprocess.run(["cp", "-a", stopped, folder / "var"], check=True)
    made = World(folder / "var")
    yield made
    made.kill_everything()


def test_four_processes_make_and_start_one_server(folder: Path) -> None:
    world = World(folder / "var")
    try:
        clients = [world.client() for _ in range(4)]
        for client in clients:
            client.wait_ready()
        keepers = {process.pid for process in world.keepers()}
        assert len(keepers) == KEEPERS
        assert world.postmaster().ppid() in keepers
        assert sum(process.cmdline()[1:2] == ["-D"] for process in world.servers()) == 1
    finally:
        world.kill_everything()


def test_server_stops_when_the_last_one_ends(world: World) -> None:
    first, second = world.client().wait_ready(), world.client().wait_ready()
    first.end()
    time.sleep(1.0)
    assert world.accepts()
    second.end()
    wait_until(lambda: not world.servers() and not world.keepers())
    assert not (world.paths.data / "postmaster.pid").exists(), "it was not shut down cleanly"


def test_kill_of_one_client_harms_nobody(world: World) -> None:
    first, second = world.client().wait_ready(), world.client().wait_ready()
    started = world.value("SELECT pg_postmaster_start_time()")
    first.kill()
    time.sleep(1.0)
    assert world.value("SELECT pg_postmaster_start_time()") == started
    second.end()
    wait_until(lambda: not world.servers())


def test_kill_of_all_clients_stops_the_server(world: World) -> None:
    for client in [world.client().wait_ready(), world.client().wait_ready()]:
        client.kill()
    wait_until(lambda: not world.servers() and not world.keepers())


def test_ended_fork_keeps_and_living_fork_holds_the_server(world: World) -> None:
    parent = world.client(FORKING_CLIENT).wait_ready()
    assert parent.process.wait() == 0
    time.sleep(1.0)
    assert world.accepts(), "the second fork still uses the server"
    for child in world.users():
        child.kill()
    wait_until(lambda: not world.servers())


def test_killed_postmaster_comes_back_with_its_data(world: World) -> None:
    world.client().wait_ready()
    with world.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed = world.postmaster()
    killed.kill()
    wait_until(lambda: killed.pid not in {process.pid for process in world.servers()})
    wait_until(world.accepts)
    assert world.value("SELECT answer FROM kept") == 42
    assert world.postmaster().pid != killed.pid


CALLING_CLIENT = """
import sys
from pathlib import Path
import psycopg
from portal.embedded import ensure_running
for _ in iter(sys.stdin.readline, ""):
    psycopg.connect(ensure_running(Path(sys.argv[1])).app_url).close()
    print("ready", flush=True)
"""


def test_calling_again_waits_for_the_restarted_server(world: World) -> None:
    client = world.client(CALLING_CLIENT)
    assert client.process.stdin is not None
    for killed in ([], ["postmaster"], ["keepers", "postmaster"]):
        for process in world.keepers() if "keepers" in killed else []:
            process.kill()
        if killed:
            world.postmaster().kill()
        print(file=client.process.stdin, flush=True)
        client.wait_ready()


@pytest.mark.parametrize("guard", [True, False])
def test_one_killed_keeper_changes_nothing(world: World, guard: bool) -> None:
    client = world.client().wait_ready()
    started = world.value("SELECT pg_postmaster_start_time()")
    killed = world.keepers()[0 if guard else 1]
    killed.kill()
    wait_until(lambda: killed.pid not in {process.pid for process in world.keepers()})
    assert world.value("SELECT pg_postmaster_start_time()") == started
    client.kill()
    wait_until(lambda: not world.servers() and not world.keepers())


def test_next_client_replaces_killed_keepers(world: World) -> None:
    first = world.client().wait_ready()
    started = world.value("SELECT pg_postmaster_start_time()")
    for killed in world.keepers():
        killed.kill()
    wait_until(lambda: not world.keepers())
    second = world.client().wait_ready()
    assert world.value("SELECT pg_postmaster_start_time()") == started
    assert len(world.keepers()) == KEEPERS
    first.end()
    second.end()
    wait_until(lambda: not world.servers() and not world.keepers())


def test_hard_stop_with_reused_pids_loses_nothing(world: World) -> None:
    world.client().wait_ready()
    with world.connect() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    owner = world.paths.data.stat().st_uid
    world.kill_everything()
    # After a restart of the machine the old pids belong to others, here to the same user's.
    with subprocess.Popen(["sleep", "600"], user=owner) as stranger:
        for file in (
            world.paths.data / "postmaster.pid",
            world.paths.sockets / f"{SOCKET}.lock",
        ):
            lines = file.read_text().splitlines(keepends=True)
            file.write_text("".join([f"{stranger.pid}\n", *lines[1:]]))
        world.client().wait_ready()
        assert world.value("SELECT answer FROM kept") == 42
        assert stranger.poll() is None
        stranger.kill()


def test_long_path_gets_a_private_socket_folder_elsewhere(folder: Path) -> None:
    world = World(folder / ("long" * 30) / "var")
    try:
        world.client().wait_ready()
        assert world.value("SELECT 1") == 1
        sockets = world.paths.sockets
        assert not sockets.is_relative_to(world.paths.var)
        assert len(os.fsencode(sockets / SOCKET)) <= SOCKET_PATH_BYTES
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finally:
        world.kill_everything()
        shutil.rmtree(world.paths.sockets)


def test_nothing_is_open_to_other_users(world: World) -> None:
    world.client().wait_ready()
    files = [world.paths.secrets, world.paths.log, world.paths.lease, world.paths.setup]
    for path in [*files, world.paths.keeper, world.paths.sockets, world.paths.data]:
        assert not path.stat().st_mode & 0o077, path
    assert world.value("SHOW listen_addresses") == ""
    rules = world.value("SELECT string_agg(DISTINCT auth_method, ' ') FROM pg_hba_file_rules")
    assert rules == "scram-sha-256"


def test_way_through_a_closed_folder_is_opened_for_one_user_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    stranger, server = NOBODY - 1, Account(uid=NOBODY, gid=NOBODY)
    account._allow_search(tmp_path, stranger)
    tmp_path.chmod(0o700)  # the owner shuts the stranger out again, by the mask
    account.open_the_way(server, [tmp_path / "var"])
    rights = account._acl(tmp_path)
    assert rights[account.USER, NOBODY] == rights[account.MASK, account.NO_ID] == account.SEARCH
    assert rights[account.USER, stranger] == rights[account.OTHERS, account.NO_ID] == 0


def test_server_that_cannot_start_shows_its_log(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    (world.paths.data / "postgresql.auto.conf").write_text("no_such_setting = on\n")
    monkeypatch.setattr(service, "START_SECONDS", 2.0)
    try:
        with pytest.raises(EmbeddedError, match="no_such_setting") as caught:
            ensure_running(world.paths.var)
    finally:
        os.close(service._leases.pop(world.paths.lease))
    assert caught.value.code == "embedded_not_started"
    wait_until(lambda: not world.keepers())


def test_lost_passwords_are_reported(world: World) -> None:
    world.paths.secrets.unlink()
    with pytest.raises(EmbeddedError, match="backup") as caught:
        ensure_running(world.paths.var)
    os.close(service._leases.pop(world.paths.lease))
    assert caught.value.code == "embedded_passwords_lost"


def test_foreign_passwords_are_reported(world: World) -> None:
    world.paths.secrets.unlink()
    world.paths.data.rename(world.paths.var / "aside")
    Passwords.load_or_make(world.paths)
    (world.paths.var / "aside").rename(world.paths.data)
    try:
        with pytest.raises(EmbeddedError, match="put back") as caught:
            ensure_running(world.paths.var)
    finally:
        os.close(service._leases.pop(world.paths.lease))
    assert caught.value.code == "embedded_not_prepared"


def test_killed_initdb_is_repeated(folder: Path) -> None:
    world = World(folder / "var")
    try:
        world.client()
        wait_until(lambda: (world.paths.unfinished / "base").exists(), seconds=20)
        world.kill_everything()
        assert not world.paths.data.exists()
        world.client().wait_ready()
        assert world.value("SELECT 1") == 1
        assert not world.paths.unfinished.exists()
    finally:
        world.kill_everything()


def test_missing_library_is_named(tmp_path: Path) -> None:
    # initdb finds its libpq beside itself: alone in a folder the real loader refuses it.
    shutil.copy(cluster.programs() / "initdb", tmp_path / "postgres")
    with pytest.raises(EmbeddedError, match="libpq") as caught:
        cluster.check_runs(tmp_path, Account())
    assert caught.value.code == "embedded_missing_library"


def test_program_that_may_not_run_is_reported(tmp_path: Path) -> None:
    (tmp_path / "postgres").write_bytes(b"\x7fELF")
    with pytest.raises(EmbeddedError, match="noexec") as caught:
        cluster.check_runs(tmp_path, Account())
    assert caught.value.code == "embedded_not_executable"


def test_missing_useradd_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "NAME", "candor-test-absent")
    monkeypatch.setattr(account, "SBIN", "/nonexistent")
    with pytest.raises(EmbeddedError, match="ordinary user") as caught:
        account._system_user()
    assert caught.value.code == "embedded_no_user"
