"""Turns for hosts, with a clock that moves only when somebody sleeps."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from clerkcore.fetch.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def start(pace: Pace, clock: Clock, host: str) -> float:
    with pace.turn(host):
        return clock.now()


def test_turns_of_one_host_start_a_delay_apart_and_hosts_do_not_wait_for_each_other() -> None:
    clock = Clock()
    pace = Pace(2.0, 1, clock.sleep, clock.now)
    starts = [start(pace, clock, host) for host in ("a.example", "b.example", "A.example", "b.example", "a.example")]
    assert starts == [100.0, 100.0, 102.0, 102.0, 104.0]


def test_a_pace_of_other_numbers_counts_the_turns_of_the_first() -> None:
    clock = Clock()
    slow = Pace(2.0, 1, clock.sleep, clock.now)
    quick = slow.tuned(0.5, 8)
    assert [start(pace, clock, "a.example") for pace in (slow, quick, quick, slow)] == [100.0, 100.5, 101.0, 103.0]


def test_a_turn_given_up_while_waiting_delays_nobody() -> None:
    clock = Clock()
    pace = Pace(2.0, 1, clock=clock.now)
    start(pace, clock, "a.example")

    def give_up(seconds: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError), pace.turn("a.example", give_up):
        pass
    with pace.turn("a.example", clock.sleep):
        assert clock.now() == 102.0


def test_no_more_than_the_allowed_number_of_turns_are_held_at_once() -> None:
    pace = Pace(0.0, 2)
    lock, together = threading.Lock(), threading.Barrier(2)
    held: list[int] = [0]
    most: list[int] = []

    def take() -> None:
        with pace.turn("a.example"):
            with lock:
                held[0] += 1
                most.append(held[0])
            together.wait(5)
            with lock:
                held[0] -= 1

    with ThreadPoolExecutor(6) as pool:
        for taken in [pool.submit(take) for _ in range(6)]:
            taken.result()
    assert max(most) == 2
