"""A real RabbitMQ, with its Erlang kept to this machine and to folders of its own."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.portal.embedded_clients import wait_until
from tests.searches.processes import free_port

# Debian's program on the PATH changes to a user of its own, who may not write in the test's folder.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_SECONDS = 60.0


class RabbitMQ:
    """A broker for one test; its names and ports are nobody else's."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log = free_port(), folder / "rabbitmq.log"
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}//"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),  # of Erlang's cookie
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"candor{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "no_plugins"),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        # Erlang would start its name service as a daemon, which outlives all nodes.
        for command in ("epmd", rabbitmq_server()):
            with self.log.open("ab") as log:
                started = subprocess.Popen(
                    [command], stdout=log, stderr=log, env=self.environment, start_new_session=True
                )
            self.processes.append(started)
        wait_until(lambda: "completed with" in self.log.read_text(), START_SECONDS)

    def kill(self) -> None:
        while self.processes:
            process = self.processes.pop()
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def rabbitmq_server() -> str:
    """The program; its absence is a failure in CI, which installs it."""
    if not SERVER.exists() or shutil.which("epmd") is None:
        text = "rabbitmq-server is not installed (Debian: apt-get install rabbitmq-server)"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(text)
    return str(SERVER)
