"""Who disturbs: kills, stops and cuts, each of a random kind at a random moment, and noted."""

import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil  # type: ignore[import-untyped]

from tests.soak.fleet import START_SECONDS, Fleet, Kept
from tests.soak.plan import Plan

SHORTEST = 0.5  # seconds that something is stopped, cut or away
SESSIONS = "SELECT pid FROM pg_stat_activity WHERE usename = 'candor_app' ORDER BY random() LIMIT 1"


class Dice(random.Random):
    """Chance from a seed, and for how many seconds a fault lasts at most."""

    def __init__(self, seed: int, longest: float) -> None:
        super().__init__(seed)
        self.longest = longest


Act = Callable[[Fleet, Dice], str]


@dataclass(frozen=True, slots=True)
class Fault:
    """What was done, after how many seconds of the soak, and to what share of the work."""

    kind: str
    at: float
    share: float
    what: str


def _while(dice: Dice, begin: Callable[[], None], end: Callable[[], None]) -> str:
    seconds = dice.uniform(SHORTEST, dice.longest)
    begin()
    time.sleep(seconds)
    end()
    return f"for {seconds:.1f} s"


def _worker(fleet: Fleet, dice: Dice) -> Kept:
    return dice.choice(fleet.workers)


def _kill_child(kept: Kept, dice: Dice) -> str:
    child = dice.choice(_at_work(kept))
    with suppress(psutil.Error):
        child.kill()
    return f"process {child.pid}"


def _at_work(kept: Kept) -> list[psutil.Process]:
    """Its children, once it has some: it may be starting after the last fault."""
    until = time.monotonic() + START_SECONDS
    while not (found := kept.children()):
        assert time.monotonic() < until, f"{kept.process.args!r} does not start"
        time.sleep(0.05)
    return found


def _kill(kept: Kept) -> str:
    _at_work(kept)
    kept.signal(signal.SIGKILL)
    return f"group {kept.process.pid}"


def _stop(kept: Kept, dice: Dice) -> str:
    _at_work(kept)
    return _while(dice, lambda: kept.signal(signal.SIGSTOP), lambda: kept.signal(signal.SIGCONT))


def _kill_database(fleet: Fleet, dice: Dice) -> str:
    with suppress(psutil.Error, OSError):
        fleet.world.postmaster().kill()
    return "the postmaster"


def _session(fleet: Fleet) -> int | None:
    with suppress(Exception):  # the database may be away just now
        for (pid,) in fleet.place.rows(SESSIONS):
            return int(pid)
    return None


def _kill_session(fleet: Fleet, dice: Dice) -> str:
    """PostgreSQL then ends all others and recovers: it cannot know what the dead one has spoilt."""
    if (pid := _session(fleet)) is None:
        return "there was none"
    with suppress(psutil.Error):
        psutil.Process(pid).kill()
    return f"backend {pid}"


def _end_session(fleet: Fleet, dice: Dice) -> str:
    pid = _session(fleet)
    with suppress(Exception):
        fleet.place.value("SELECT pg_terminate_backend(%s)", pid)
    return f"backend {pid}"


def _stop_database(fleet: Fleet, dice: Dice) -> str:
    servers = fleet.world.servers()

    def send(number: signal.Signals) -> None:
        for process in servers:
            with suppress(psutil.Error):
                process.send_signal(number)

    return _while(dice, lambda: send(signal.SIGSTOP), lambda: send(signal.SIGCONT))


def _kill_broker(fleet: Fleet, dice: Dice) -> str:
    """It comes back empty."""
    assert fleet.redis is not None
    return _while(dice, fleet.redis.kill, fleet.redis.start)


def _stop_broker(fleet: Fleet, dice: Dice) -> str:
    broker = fleet.redis
    assert broker is not None
    return _while(
        dice, lambda: broker.signal(signal.SIGSTOP), lambda: broker.signal(signal.SIGCONT)
    )


def _cut(name: str) -> Act:
    return lambda fleet, dice: _while(dice, fleet.wires[name].cut, fleet.wires[name].mend)


def _hang(name: str) -> Act:
    return lambda fleet, dice: _while(dice, fleet.wires[name].hang, fleet.wires[name].mend)


EVERYWHERE: dict[str, Act] = {
    "web killed": lambda fleet, dice: _kill(fleet.web),
    "web process killed": lambda fleet, dice: _kill_child(fleet.web, dice),
    "web stopped": lambda fleet, dice: _stop(fleet.web, dice),
    "worker killed": lambda fleet, dice: _kill(_worker(fleet, dice)),
    "worker process killed": lambda fleet, dice: _kill_child(_worker(fleet, dice), dice),
    "worker stopped": lambda fleet, dice: _stop(_worker(fleet, dice), dice),
    "database killed": _kill_database,
    "database session killed": _kill_session,
    "database session ended": _end_session,
    "database stopped": _stop_database,
}
BY_ADDRESS: dict[str, Act] = {
    "broker killed": _kill_broker,
    "broker stopped": _stop_broker,
    "broker cut off": _cut("broker"),
    "broker hangs": _hang("broker"),
    "database cut off": _cut("database"),
    "database hangs": _hang("database"),
}


def kinds_for(plan: Plan) -> dict[str, Act]:
    return EVERYWHERE if plan.embedded_broker else EVERYWHERE | BY_ADDRESS


def moments(plan: Plan, dice: Dice) -> list[tuple[float, str]]:
    """At which share of the work what happens: every kind as often as any other, by chance."""
    kinds = list(kinds_for(plan))
    chosen = [kinds[number % len(kinds)] for number in range(plan.faults)]
    dice.shuffle(chosen)
    shares = sorted(dice.random() * plan.disturbed for _ in chosen)
    return list(zip(shares, chosen, strict=True))


class Saboteur(threading.Thread):
    """Carries the plan's faults out, one after another; each waits for its share of the work."""

    def __init__(self, fleet: Fleet, plan: Plan, share: Callable[[], float]) -> None:
        super().__init__(daemon=True)
        self._fleet, self._plan, self._share = fleet, plan, share
        self._dice = Dice(plan.seed, plan.longest)
        self._ending = threading.Event()
        self.done: list[Fault] = []
        self.error: BaseException | None = None

    def run(self) -> None:
        began, acts = time.monotonic(), kinds_for(self._plan)
        try:
            for share, kind in moments(self._plan, self._dice):
                while self._share() < share:
                    if self._ending.wait(0.05):
                        return
                at = time.monotonic() - began
                what = acts[kind](self._fleet, self._dice)
                self.done.append(Fault(kind, at, self._share(), what))
                print(f"{at:8.1f} s  {share:6.1%}  {kind}: {what}", flush=True)
        except BaseException as error:  # told by whoever waits for this thread
            self.error = error

    def end(self) -> None:
        self._ending.set()
        self.join()
        if self.error is not None:
            raise self.error
