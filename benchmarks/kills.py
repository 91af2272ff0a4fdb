"""Kill a training at random moments, resume it each time: `python -m benchmarks.kills [--kills 100]`.

Each training is a process of its own, ended by SIGKILL between half a second and some seconds after its start.
After each kill the run's files must be whole: the history can be read, a checkpoint can be loaded, and of the
epochs that the history has at most the last one is lost. At the end the training is finished in peace and compared
with one that nobody killed. TensorFlow is imported once: each process is a fork that has not used it yet.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from digitrec.runs import Run, TrainConfig, checkpoints, jobs, processes, store

CONFIG = TrainConfig(dataset="digits", network="mlp", epochs=150, batch_size=64, rotation=8.0, dropout=0.3)
EARLIEST, LATEST = 0.5, 5.0  # seconds from the start of a process to its end


def main() -> None:
    """Print what the kills cost, and fail where a run could not go on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    processes.prepare_tensorflow()
    import keras  # noqa: F401  once, for all forks

    with tempfile.TemporaryDirectory() as folder:
        os.environ["DIGITREC_MODELS"] = folder
        names = tuple("0123456789")
        calm, killed = store.create(CONFIG, names, "calm"), store.create(CONFIG, names, "killed")
        _wait(_fork(lambda: _train(calm)))
        rng, lost, kills = np.random.default_rng(options.seed), [], 0
        while kills < options.kills and killed.history().end is None:
            pid = _fork(lambda: _train(killed))
            time.sleep(rng.uniform(EARLIEST, LATEST))
            os.kill(pid, signal.SIGKILL)
            _wait(pid)
            kills += 1
            lost.append(_check(killed))
            if jobs.status(killed) is jobs.Status.INTERRUPTED:  # else it was killed before it had begun
                jobs.prepare_to_go_on(killed)
        if killed.history().end is None:
            _wait(_fork(lambda: _train(killed)))
        print(f"{kills} kills, {sum(lost)} epochs done twice, at most {max(lost, default=0)} a kill")
        for run in (calm, killed):
            last = run.history().epochs[-1]
            print(f"{run.name}: epoch {last.epoch}, loss {last.loss:.4f}, validation loss {last.val_loss:.4f}")


def _check(run: Run) -> int:
    """How many epochs of the history are lost; fails where more than one is, or a file is damaged."""
    done = run.history().epochs[-1].epoch if run.history().epochs else 0
    last = checkpoints.load_last(run)
    kept = last.epoch if last else 0
    damaged = [epoch for epoch in checkpoints.epochs(run) if checkpoints.load(run, epoch) is None]
    assert not damaged and 0 <= done - kept <= 1, (done, kept, damaged)
    return done - kept


def _train(run: Run) -> None:
    from digitrec.inference import ood_fit
    from digitrec.training import fit

    ood_fit.calibrate = lambda *given: None  # type: ignore[assignment]  # what comes after the epochs is not in question
    jobs.claim(run)
    fit.train(run, echo=lambda line: None)


def _fork(work: Callable[[], None]) -> int:
    pid = os.fork()
    if not pid:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def _wait(pid: int) -> None:
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
