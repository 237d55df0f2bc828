"""The real processes of an installation: people, workers, brokers."""

import json
import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
import redis

from tests.portal.embedded_clients import wait_until

LISTEN_SECONDS = 60.0


class Hand:
    """A process that calls services (tests/searches/hand.py)."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process

    def ask(self, do: str, **values: Any) -> None:
        """Send an act without waiting for its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the process has died"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def do(self, do: str, **values: Any) -> Any:
        self.ask(do, **values)
        return self.answer()

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


class Worker:
    """`manage.py work` and what it forked."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, broker: str) -> None:
        self.process, self.log, self.broker = process, log, broker
        self.main = psutil.Process(process.pid)
        self.family: list[psutil.Process] = []

    def wait_ready(self) -> "Worker":
        wait_until(lambda: " ready." in self.log.read_text() or not self.alive, LISTEN_SECONDS)
        assert self.alive, self.log.read_text()
        self.members()
        return self

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def members(self) -> list[psutil.Process]:
        """The main process first, then its children."""
        if self.alive:
            self.family = [self.main, *self.main.children(recursive=True)]
        return self.family

    def signal(self, number: signal.Signals) -> None:
        """To the whole group, as a terminal or a service manager does."""
        os.killpg(self.process.pid, number)

    def kill_children(self) -> None:
        for child in self.members()[1:]:
            child.kill()

    def kill_main(self) -> None:
        self.members()
        self.process.kill()
        self.process.wait()

    def kill_group(self) -> None:
        self.members()
        with suppress(ProcessLookupError):
            self.signal(signal.SIGKILL)
        self.process.wait()

    def left(self) -> list[psutil.Process]:
        """Who of the family still runs."""
        return [p for p in self.family if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


class Redis:
    """A real redis-server without persistence."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command = [redis_server(), *options, "--dir", str(self.folder)]
        with (self.folder / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.ask("PING"))
        except redis.exceptions.ConnectionError:
            return False

    def ask(self, *command: str) -> Any:
        with redis.Redis(port=self.port) as client:
            return client.execute_command(*command)

    def signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def redis_server() -> str:
    """The program; its absence is a failure in CI, which installs it."""
    found = shutil.which("redis-server")
    if found is None:
        text = "redis-server is not installed (Debian: apt-get install redis-server)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(text)
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
