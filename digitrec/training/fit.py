"""Fits one network and reports to its run, batch by batch. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from digitrec.data import Split, evaluation_dataset, hash_images, loading, mapped, splits
from digitrec.imaging import Mask
from digitrec.inference import ood_fit
from digitrec.runs import (
    Checkpoint,
    End,
    History,
    Run,
    Start,
    TrainConfig,
    checkpoints,
    jobs,
    provenance,
    starts,
    store,
)
from digitrec.training import export, networks, transfer
from digitrec.training.callback import Reporter
from digitrec.training.loop import SlicedModel
from digitrec.training.parts import Parts, TrainingError, compile_model, load_parts
from digitrec.training.steering import Place, Steering, load_state
from digitrec.training.watching import Watcher

VALIDATION_BATCH = 500


def train(run: Run, echo: Callable[[str], None] = print) -> None:
    """Train the run's network to its end and leave the model, checked, in the run's folder.

    Args:
        run: a new run.
        echo: gets a line of text for a person now and then.

    Raises:
        TrainingError: the loss became NaN, or the data set does not fit the run.
        StartError: the training cannot start from the weights of the runs that it names.
        TeacherError: a run cannot teach.
        DatasetError: the data set cannot be loaded.
        ExportError: the exported models disagree.
        OSError: the disk is full.
    """
    config, history = run.config, run.history()
    if not history.resumes:
        starts.open_starts(config)  # refuses what does not fit, before anything is loaded
    parts = load_parts(config, run.class_names)
    keras.utils.clear_session()  # what an earlier training of this process left
    keras.utils.set_random_seed(config.seed)
    batches = parts.make_batches(config)
    steering = Steering(run, batches, epochs=history.planned_epochs or None)
    model = compile_model(config, len(run.class_names), steering.rate, steps=config.epochs * len(batches))
    checkpoint = checkpoints.load(run, history.resumes[-1].epoch) if history.resumes else None
    if config.start_names and checkpoint is None:
        model.set_weights(transfer.load_start_weights(config, run.class_names, model.get_weights()))
    if history.start is None:
        run.append(_describe_start(config, parts, len(steering.batches), model.count_params()))
    # Nobody watches a trial of a search: it would only take more time and room.
    watcher = Watcher(run, parts.validation, parts.training, echo) if run.search is None else None
    reporter = Reporter(run, steering, echo, watcher)
    if checkpoint is not None:
        _restore(checkpoint, model, steering, reporter, history)
    _fit(run, model, parts, steering, reporter)
    if reporter.stop_reason == jobs.DISCARD:
        store.delete(run)
        return
    if reporter.stop_reason == jobs.PRUNED:
        run.append(End(reason=jobs.PRUNED))
        return
    best = reporter.restore_best_weights()
    for part in (parts.training, parts.validation):
        mapped.release(part.images)
    bare = _strip_optimizer(model, config, len(run.class_names))
    # On test images nothing is chosen, not even whether weights of 8 bits are used.
    tried = parts.validation if len(parts.validation.labels) else parts.training
    export.save_checked(bare, run, tried.images[: export.N_AGREEMENT_IMAGES])
    if run.search is None:  # a trial answers nobody: `digitrec calibrate` does it for one that shall
        ood_fit.calibrate(run, parts.training, *_images_to_calibrate(config, parts))
    reason = reporter.stop_reason or "finished"
    run.append(End(reason=reason, best_epoch=best.epoch, val_accuracy=best.val_accuracy))


def _images_to_calibrate(config: TrainConfig, parts: Parts) -> tuple[Split, Mask | None]:
    """The validation images, and which of them are usual. Without any, those of the run that it started from.

    Those must have the same classes, and none that the training has learnt from counts.
    """
    if len(parts.validation.labels) or not config.start_names:
        return parts.validation, parts.mask_usual_validation()
    start = store.open_run(config.start_names[0])
    name = evaluation_dataset(start.config.dataset)
    if start.class_names != parts.dataset.class_names or not loading.is_available(name):
        return parts.validation, None
    share, seed = start.config.validation_share, start.config.seed
    images, labels = splits.select_part(loading.load(name), "validation", share=share, seed=seed)
    learnt = set(hash_images(parts.training.images))
    is_new = np.array([each not in learnt for each in hash_images(images)], bool)
    return splits.make_split(images[is_new], labels[is_new]), None


def _fit(run: Run, model: SlicedModel, parts: Parts, steering: Steering, reporter: Reporter) -> None:
    """Epoch by epoch, because their number and what is in them may change."""
    done = reporter.place.epoch if reporter.has_begun else 0
    model.use(steering.batches, adversarial=run.config.adversarial, first_epoch=done)
    validation = parts.validation_data()
    while done < steering.epochs and reporter.stop_reason is None:
        steps = steering.begin_epoch(run.wishes, model, Place(done + 1, done))
        model.fit(
            steps,
            initial_epoch=done,
            epochs=done + 1,
            validation_data=validation,
            validation_batch_size=VALIDATION_BATCH,
            callbacks=[reporter],
            shuffle=False,  # the batches are shuffled
            verbose=0,
        )
        done += 1


def _restore(
    checkpoint: Checkpoint, model: SlicedModel, steering: Steering, reporter: Reporter, history: History
) -> None:
    """Bring a training to where it was after the epoch of a checkpoint."""
    model.optimizer.build(model.trainable_variables)
    if not load_state(model, checkpoint.arrays):
        raise TrainingError(
            f"the checkpoint of epoch {checkpoint.epoch} does not fit the network {model.name!r}: the training "
            "cannot go on from it. Start a new run."
        )
    steering.restore(dict(checkpoint.facts), epochs=history.planned_epochs)
    reporter.set_model(model)
    reporter.go_on(history, checkpoint)


def _describe_start(config: TrainConfig, parts: Parts, steps_per_epoch: int, parameters: int) -> Start:
    own = provenance.describe_training_data(config, parts.description)
    before = provenance.list_inherited_data(config)
    notes = provenance.overlap_notes_for([own, *before], parts.description, "validation", parts.validation)
    return Start(
        epochs=config.epochs,
        steps_per_epoch=steps_per_epoch,
        parameters=parameters,
        data_sha256=own.data_sha256,
        learnt_before=tuple(before),
        validation_notes=tuple(notes),
        train_images=len(parts.training.labels),
        validation_images=len(parts.validation.labels),
    )


def _strip_optimizer(model: keras.Model, config: TrainConfig, classes: int) -> keras.Model:
    """The network without its optimizer's state, which is twice the size of the weights."""
    bare = networks.build(config.architecture, classes, dropout=config.dropout)
    bare.set_weights(model.get_weights())
    return bare
