"""One and two workers, measured: on this machine's processes, and on a Dask cluster.

    python benchmarks/scale.py

`study/reckoning.py` reckons from the committed tables what more workers bring.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import psutil

from study import datasets, evaluation, training
from study.architectures import ARCHITECTURES
from study.files import ROOT
from study.runs import Place

MEASURED = "simple_rnn"  # runs of a few seconds each: what is not training shows most


def measured(data_dir: str) -> pd.DataFrame:
    """A row for each way: the seconds for all variants of MEASURED, and what a run took of memory and of the network.

    Each way in a process of its own, on as many cores as it has workers.
    """
    rows = []
    for way in ("here", "Dask"):
        for workers in (1, 2):
            command = [sys.executable, __file__, "--once", way, str(workers), "--data", data_dir]
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
            rows.append({"way": way, "workers": workers, **json.loads(done.stdout)})
    return pd.DataFrame(rows)


def once(way: str, workers: int, data_dir: str) -> dict[str, float]:
    """Train all variants of MEASURED with so many workers."""
    data = datasets.load(ARCHITECTURES[MEASURED].dataset, data_dir, "auto")
    with ExitStack() as ends:
        out = ends.enter_context(tempfile.TemporaryDirectory())
        address = ends.enter_context(_cluster(workers)) if way == "Dask" else ""
        if way == "here":
            os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:workers])
        before, start = psutil.net_io_counters().bytes_sent, time.perf_counter()
        runs = training.train(MEASURED, data, Place("full", data.is_sample, out), seeds=1, scheduler=address)
        found = {
            "runs": len(runs),
            "seconds": round(time.perf_counter() - start, 1),
            "of it epochs": round(sum(run.record["train_s"] for run in runs), 1),
            "model MB a run": round(sum(run.path.stat().st_size for run in runs) / len(runs) / 1e6, 2),
            "sent MB a run": round((psutil.net_io_counters().bytes_sent - before) / len(runs) / 1e6, 2),
        }
        start = time.perf_counter()
        evaluation.check(runs, data)
        found["check s a run"] = round((time.perf_counter() - start) / len(runs), 1)
        if way == "here":
            from joblib.externals.loky import get_reusable_executor

            get_reusable_executor().shutdown()
    return found | {"GB a worker": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20, 2)}


def _cluster(workers: int) -> ExitStack:
    """A scheduler and so many workers of one thread, as processes of this machine; entered, it gives the address."""
    from distributed import LocalCluster

    class Address(LocalCluster):
        def __enter__(self):
            return super().__enter__().scheduler_address

    return Address(n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs=50)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--once", nargs=2, metavar=("WAY", "WORKERS"), help=argparse.SUPPRESS)
    parser.add_argument("--data", default="data")
    options = parser.parse_args()
    if options.once:
        way, workers = options.once
        print(json.dumps(once(way, int(workers), str(Path(options.data).absolute()))))
        return
    print(measured(options.data).to_string(index=False))


if __name__ == "__main__":
    main()
