"""Pieces of work in threads, with BLAS on one thread in each, however many callers there are."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import threadpoolctl

from forward.fast import threads
from forward.fast.threads import SingleThreaded, spread

LONG = 20  # seconds; whoever has not come back by then waits for ever


@pytest.fixture(autouse=True)
def anew(monkeypatch):
    """Nobody has been inside yet."""
    monkeypatch.setattr(threads, "BLAS", SingleThreaded())


def test_order_threads_and_errors(blas_threads):
    seen = set()

    def work(piece):
        seen.add((threading.current_thread().name, blas_threads()))
        if piece == 7:
            raise ArithmeticError
        return piece * 2

    assert spread(work, range(6), 2) == [0, 2, 4, 6, 8, 10]
    assert seen and all(each[1] == 1 for each in seen)
    assert not any(each[0] == threading.main_thread().name for each in seen)
    with pytest.raises(ArithmeticError):
        spread(work, range(9), 2)
    assert blas_threads() == 2


def test_turns_are_short_while_someone_is_inside():
    before = sys.getswitchinterval()
    assert {*spread(lambda _: sys.getswitchinterval(), range(3), 2)} == {threads.TURN}
    with pytest.raises(ZeroDivisionError):
        spread(lambda _: 1 / 0, range(3), 2)
    assert sys.getswitchinterval() == before > threads.TURN


@pytest.mark.parametrize(("number", "pieces", "expected"), [(1, 5, 1), (3, 5, 3), (None, 5, 2), (4, 1, 1)])
def test_as_many_threads_as_asked_for(number, pieces, expected, blas_threads):
    """As many as BLAS would take, if none are asked for; each waits until all are there."""
    together, names = threading.Barrier(expected), set()

    def work(piece):
        if piece < expected:
            together.wait(LONG)
        names.add(threading.current_thread().name)
        return blas_threads()

    assert {*spread(work, range(pieces), number)} == {1}
    assert len(names) == expected
    assert blas_threads() == 2


def test_who_overlaps_in_any_order(blas_threads):
    """The first one leaves before the second, while a third has come; BLAS is given back by the last one alone."""
    inside, leave, seen = [threading.Event() for _ in range(3)], [threading.Event() for _ in range(3)], {}

    def work(number):
        inside[number].set()
        assert leave[number].wait(LONG)
        seen[number] = blas_threads()
        if number == 1:
            raise ArithmeticError

    with ThreadPoolExecutor(3) as pool:
        callers = []
        for number in (0, 1):
            callers.append(pool.submit(spread, work, [number], 2 - number))
            assert inside[number].wait(LONG)
        leave[0].set()
        callers[0].result(LONG)
        assert blas_threads() == 1
        callers.append(pool.submit(spread, work, [2]))
        assert inside[2].wait(LONG)
        leave[1].set()
        with pytest.raises(ArithmeticError):
            callers[1].result(LONG)
        assert blas_threads() == 1
        leave[2].set()
        callers[2].result(LONG)
    assert blas_threads() == 2
    assert {*seen.values()} == {1}


def test_the_number_of_others_does_not_count_as_ones_own(blas_threads):
    """BLAS has one thread while someone is inside: that is not how many the next one may take."""
    names, together = set(), threading.Barrier(2)

    def inner(piece):
        together.wait(LONG)
        names.add(threading.current_thread().name)

    spread(lambda piece: spread(inner, range(2)), range(1))
    assert len(names) == 2


def test_numpys_error_state_holds():
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        spread(np.exp, [np.full(3, 1e3)] * 4, 2)


def test_a_blas_that_only_threadpoolctl_knows(monkeypatch):
    class Other:
        threads = 3

        def get_num_threads(self):
            return self.threads

        def set_num_threads(self, number):
            self.threads = number

    other = Other()
    controller = type("", (), {"select": lambda self, user_api: self, "lib_controllers": [other]})
    monkeypatch.setattr(threads, "OPENBLAS", ())
    monkeypatch.setattr(threadpoolctl, "ThreadpoolController", controller)
    assert spread(lambda _: other.threads, range(4)) == [1] * 4
    assert other.threads == 3


def test_an_unknown_blas(monkeypatch):
    """One piece after the other, unless several threads are asked for."""
    monkeypatch.setattr(threads, "OPENBLAS", ())
    monkeypatch.setattr(threads, "threadpoolctl", None)
    together = threading.Barrier(2)
    assert len({*spread(lambda _: threading.get_ident(), range(9))}) == 1
    assert len({*spread(lambda _: (together.wait(LONG), threading.get_ident()), range(2), 2)}) == 2


SCRIPT = """
import sys
sys.modules["threadpoolctl"] = None
import forward.fast.threads as threads
((ask, put),) = threads.blas_controls()
print(ask())
with threads.BLAS as own:
    print(own, ask())
print(ask())
"""


def test_numpys_own_openblas_is_found():
    """As OPENBLAS_NUM_THREADS sets it, without threadpoolctl."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "2", "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=True)
    own = str(min(2, os.cpu_count()))
    assert run.stdout.split() == [own, own, "1", own]
