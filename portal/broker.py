"""Celery's broker inside PostgreSQL, when there is no BROKER_URL.

kombu's SQLAlchemy transport with what a portal needs of it: a short poll, consumers that never wait
for each other, messages that are deleted when taken (kombu keeps them for ever), an engine that
survives restarts of the database and is not shared across forks, and tables in a schema of their
own. Celery finds it by `broker_transport = "portal.broker:Transport"` with a plain postgresql://
URL as `broker_url`; kombu refuses dotted paths inside URLs.

A message is gone once a worker has taken it, so a worker that is killed loses what it had fetched
ahead: senders must be able to ring again, as the sweeper of searches does. A database that goes
away loses nothing: unfinished messages wait in the worker until it is back.
"""

import json
import os
import threading
from queue import Empty
from typing import Any

import sqlalchemy as sa
from kombu import Connection
from kombu.transport import virtual
from kombu.transport.sqlalchemy import Transport as SQLAlchemyTransport
from sqlalchemy import exc

SCHEMA = "broker"
POLLING_SECONDS = 0.05

_metadata = sa.MetaData(schema=SCHEMA)
_messages = sa.Table(
    "message",
    _metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    sa.Column("queue", sa.Text, nullable=False),
    sa.Column("payload", sa.Text, nullable=False),
    sa.Index("message_queue_id", "queue", "id"),
)

# FOR UPDATE SKIP LOCKED: consumers pass over what another one is just taking.
_oldest = (
    sa.select(_messages.c.id)
    .where(_messages.c.queue == sa.bindparam("name"))
    .order_by(_messages.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_take = sa.delete(_messages).where(_messages.c.id == _oldest).returning(_messages.c.payload)

DOWN = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)

_engines: dict[str, sa.Engine] = {}
_inherited: list[sa.Engine] = []
_homeless: list[tuple[str, Any]] = []
_mutex = threading.Lock()


def engine_for(url: str) -> sa.Engine:
    """This process's engine for a postgresql:// URL; makes the table at first use."""
    with _mutex:
        if url not in _engines:
            engine = sa.create_engine(
                sa.make_url(url).set(drivername="postgresql+psycopg"),
                isolation_level="AUTOCOMMIT",  # every operation is one statement
                pool_pre_ping=True,
            )
            transactional = engine.execution_options(isolation_level="READ COMMITTED")
            with transactional.begin() as connection:
                # CREATE TABLE IF NOT EXISTS fails if two processes run it at the same time.
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('broker'))"))
                _metadata.create_all(connection)
            _engines[url] = engine
        return _engines[url]


def _forget_engines() -> None:
    """In a forked child: the sockets belong to the parent, and not even closing them is safe."""
    global _mutex  # another thread may have held it during the fork
    _mutex = threading.Lock()
    _inherited.extend(_engines.values())  # kept, so that nothing finalises their connections
    _engines.clear()
    _homeless.clear()


os.register_at_fork(after_in_child=_forget_engines)


def _url(client: Connection | None) -> str:
    if client is None or not client.hostname:
        raise ValueError("The broker's connection has no postgresql:// URL.")
    return client.hostname


class Channel(virtual.Channel):
    """Stores messages as rows; exchanges, routing and acknowledging are kombu's."""

    @property
    def engine(self) -> sa.Engine:
        return engine_for(_url(self.connection.client))

    def _put(self, queue: str, message: Any, **kwargs: Any) -> None:
        row = {"queue": queue, "payload": json.dumps(message)}
        with self.engine.connect() as connection:
            connection.execute(sa.insert(_messages), row)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        with self.engine.connect() as connection:
            payload = connection.execute(_take, {"name": queue}).scalar()
        if payload is None:
            raise Empty
        return json.loads(payload)

    def _size(self, queue: str) -> int:
        count = sa.select(sa.func.count()).where(_messages.c.queue == queue)
        with self.engine.connect() as connection:
            return connection.execute(count).scalar_one()

    def _purge(self, queue: str) -> int:
        with self.engine.connect() as connection:
            return connection.execute(
                sa.delete(_messages).where(_messages.c.queue == queue)
            ).rowcount

    def _restore(self, message: Any) -> None:
        """Give an unfinished message back, later if the database is away just now."""
        info = message.delivery_info
        again = {**message.serializable(), "redelivered": True}
        for queue in self._lookup(info["exchange"], info["routing_key"]):
            try:
                self._put(queue, again)
            except DOWN:
                _homeless.append((queue, again))


class Transport(SQLAlchemyTransport):
    """`broker_transport = "portal.broker:Transport"`.

    The one transport option is `polling_interval`, in seconds.
    """

    Channel = Channel  # type: ignore[assignment]
    polling_interval = POLLING_SECONDS
    connection_errors = (*DOWN, ConnectionError)  # type: ignore[assignment]

    def establish_connection(self) -> Any:
        """Connect for real: kombu's own notices a missing database only at the first message."""
        with engine_for(_url(self.client)).connect() as connection:
            connection.execute(sa.text("SELECT 1"))
        established = super().establish_connection()
        while _homeless:
            self._avail_channels[0]._put(*_homeless[0])  # type: ignore[attr-defined]
            _homeless.pop(0)
        return established
