"""A thousand operations from eight clients that are killed at random lose and double nothing."""

import json
import multiprocessing
import multiprocessing.process
import os
import signal
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gridplan.register import open_register, read_adoptions, read_codes, read_events, verify
from gridplan.register.read import members_of
from tests import register_client
from tests.test_database import SECRET, server  # noqa: F401

CLIENTS = 8
OPERATIONS = 1000
KILLS = 24
PATIENCE_S = 240

Process = multiprocessing.process.BaseProcess


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, quick_folder: Path) -> str:
    """Address of a register that does not exist yet."""
    if request.param == "sqlite":
        return str(quick_folder / "grids.sqlite")
    return f"postgresql://planner:{SECRET}@{request.getfixturevalue('server')}"


def test_nothing_is_lost_doubled_or_reused(address: str, tmp_path: Path) -> None:
    """Every confirmed operation is there once and whole; no code comes twice."""
    kills = _run(address, tmp_path)
    intents, done = _logs(tmp_path)
    assert kills >= KILLS // 2
    assert len(done) >= OPERATIONS

    assert verify(address) == []

    with open_register(address) as register:
        adoptions, events = read_adoptions(register), read_events(register)
        codes = read_codes(register)
        held = register.read(lambda c: members_of(c, codes["code"]))
    names = [row.source or row.reason for row in adoptions.itertuples()]
    assert max(Counter(names).values()) == 1
    assert set(done) <= set(names) <= set(intents)
    assert set(intents[name]["kind"] for name in names) == {"issue", "retire", "split", "merge"}

    grids = codes[codes["level"] == "grid"]
    assert grids["code"].is_unique
    active = _replayed(dict(zip(adoptions["id"], names, strict=True)), intents, events)
    assert {code: sorted(units) for code, units in held.items()} == active
    assert set(grids["code"][grids["code_status"] == "active"]) == set(active)


def _run(address: str, folder: Path) -> int:
    """Start the clients, kill one now and then, start it again; return how many were killed."""
    spawn = multiprocessing.get_context("forkserver")
    spawn.set_forkserver_preload(["tests.register_client"])

    def start(number: int) -> Process:
        arguments = (address, str(folder / f"{number}.log"), number, -(-OPERATIONS // CLIENTS))
        client = spawn.Process(target=register_client.work, args=arguments, daemon=True)
        client.start()
        return client

    dice = np.random.default_rng(5)
    clients = [start(number) for number in range(CLIENTS)]
    until = time.monotonic() + PATIENCE_S
    kills = 0
    try:
        while any(client.is_alive() for client in clients):
            assert time.monotonic() < until, "the clients do not come to an end"
            time.sleep(float(dice.uniform(0.02, 0.4)))
            number = int(dice.integers(CLIENTS))
            victim = clients[number]
            if kills < KILLS and victim.is_alive() and victim.pid:
                os.kill(victim.pid, signal.SIGKILL)
                victim.join()
                clients[number] = start(number)
                kills += 1
        assert [client.exitcode for client in clients] == [0] * CLIENTS
    finally:
        for client in clients:
            client.kill()
            client.join()
    return kills


def _logs(folder: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """What the clients were about to do, by name, and the names of what they saw done."""
    intents, done = {}, []
    for path in sorted(folder.glob("*.log")):
        for line in path.read_text(encoding="utf-8").splitlines():
            record = json.loads(line) if line.endswith("}") else {}
            if "try" in record:
                intents[record["try"]] = record
            if "done" in record:
                done.append(record["done"])
    return intents, done


def _replayed(names: dict[int, str], intents: dict[str, Any], events: Any) -> dict[str, list[str]]:
    """Live through all changes in their order, checking that each left all of its events."""
    written: dict[int, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for event in events[events["level"] == "grid"].itertuples():
        written[event.adoption][str(event.kind)].add(event.code)
    standing: dict[str, dict[str, list[str]]] = defaultdict(dict)
    spent: set[str] = set()
    for number in sorted(names):
        intent, happened = intents[names[number]], written[number]
        before = standing[intent["community"]]
        after = intent.get("plan") or {c: u for c, u in before.items() if c != intent["code"]}
        created, ended = set(after) - set(before), set(before) - set(after)
        assert happened["created"] == created
        assert happened["retired"] == ended
        assert happened["kept"] == {
            code for code in before if before[code] == after.get(code) and "plan" in intent
        }
        assert happened["reshaped"] == {
            code for code in before if code in after and before[code] != after[code]
        }
        assert not created & spent
        spent |= created
        standing[intent["community"]] = after
    return {code: units for grids in standing.values() for code, units in grids.items()}
