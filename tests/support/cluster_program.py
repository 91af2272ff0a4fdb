"""Runs in place of the command line on the machines of a test's cluster: trains without TensorFlow, else as it is.

A run with the batch size `WAITS` waits after its second epoch for a wish, or until it goes on elsewhere.
"""

import itertools
import os
import sys
import time
from pathlib import Path

from digitrec.runs import Checkpoint, End, Epoch, Start, checkpoints, jobs, pins, spare, store

WAITS = 64
WAITING_RATE = 0.05  # learning rate with which it does as well: of one trial of a search
FAILS, DIES = 72, 80  # batch sizes of a run that fails, and of one whose process ends at once


def train(name: str) -> None:
    """The rows and files of a training, in a moment."""
    run = store.open_run(name)
    jobs.claim(run)
    resumes = run.history().resumes
    done = resumes[-1].epoch if resumes else 0
    print(f"Trains {name} from epoch {done}", flush=True)
    if run.config.batch_size == FAILS:
        run.record_error("The loss became nan in epoch 1 by step 3.")
        return
    if run.config.batch_size == DIES:
        sys.exit(1)
    if run.history().start is None:
        run.append(Start(epochs=run.config.epochs, steps_per_epoch=10, parameters=99, validation_images=200))
    waits = run.config.batch_size == WAITS or run.config.learning_rate == WAITING_RATE
    for epoch in range(done + 1, run.config.epochs + 1):
        while run.wish is None and (run.wishes.paused or (waits and epoch > 2 and not resumes)):
            time.sleep(0.02)
        if run.wish is not None:
            break
        rate = run.wishes.learning_rate or run.config.learning_rate
        values = {"val_loss": 2 / epoch, "val_accuracy": 0.5 + epoch / 100, "learning_rate": rate}
        run.append(Epoch(epoch=epoch, loss=1 / epoch, accuracy=0.9, **values))
        checkpoints.save(run, Checkpoint(epoch, [], {"pins": len(pins.load(run))}), keep=())
        time.sleep(0.05)
    if run.wish == jobs.DISCARD:
        store.delete(run)
        return
    if run.wish == jobs.PRUNED:
        run.append(End(reason=jobs.PRUNED))
        return
    run.tflite_path.write_bytes(name.encode() * 700_000)  # several pieces
    run.keras_path.write_bytes(b"x")
    reason = "stopped" if run.wish == "stop" else "finished"
    run.append(End(reason=reason, best_epoch=max(done, epoch - (run.wish is not None)), val_accuracy=0.8))


def hang_if_asked() -> None:
    """Let a measurement of robustness stop after two steps, once."""
    from digitrec.robustness import corruptions

    try:
        (Path(os.environ["CLUSTER_FOLDER"]) / "hang").unlink()
    except FileNotFoundError:
        return
    corrupt, calls = corruptions.corrupt, itertools.count(1)
    corruptions.corrupt = lambda *args, **options: (
        time.sleep(600) if next(calls) > 2 else corrupt(*args, **options)
    )


if __name__ == "__main__":
    if sys.argv[1:3] == ["train", "--series"]:
        for name in spare.wait_for_runs():
            train(name)
    else:
        from digitrec.cli.main import main  # seconds that a training does not need

        hang_if_asked()
        sys.exit(main(sys.argv[1:]))
