"""Fits one network and reports to its run, batch by batch. Runs in a worker process."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import keras

from digitrec.data import Dataset, Description, Split, loading, splits
from digitrec.imaging import Floats, Images
from digitrec.inference import ood_fit
from digitrec.runs import Checkpoint, End, History, Run, Start, TrainConfig, checkpoints, jobs, provenance, store
from digitrec.training import export, networks, transfer
from digitrec.training.batches import Batches
from digitrec.training.callback import Reporter, TrainingError
from digitrec.training.loop import SlicedModel
from digitrec.training.steering import Place, Steering, load_state
from digitrec.training.transfer import Teachers
from digitrec.training.watching import Watcher

N_AGREEMENT_IMAGES = 1000  # on which the exported models must agree
VALIDATION_BATCH = 500


class _Parts(NamedTuple):
    """What a run trains on."""

    description: Description
    dataset: Dataset
    training: Split
    validation: Split


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
    config, parts, history = run.config, _load_parts(run), run.history()
    keras.utils.clear_session()  # what an earlier training of this process left
    keras.utils.set_random_seed(config.seed)
    steering = Steering(run, _make_batches(run, parts), epochs=history.planned_epochs or None)
    model = _compile_model(config, len(run.class_names), steering)
    checkpoint = checkpoints.load(run, history.resumes[-1].epoch) if history.resumes else None
    if config.start_names and checkpoint is None:
        model.set_weights(transfer.load_start_weights(run, len(model.weights)))
    if history.start is None:
        run.append(_describe_start(config, parts, len(steering.batches), model.count_params()))
    reporter = Reporter(run, steering, echo, Watcher(run, parts.validation, parts.training, echo))
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
    bare = _strip_optimizer(model, config, len(run.class_names))
    export.save_checked(bare, run, parts.dataset.test.images[:N_AGREEMENT_IMAGES])
    if run.search is None:  # a trial answers nobody: `digitrec calibrate` does it for one that shall
        ood_fit.calibrate(run, parts.training, parts.validation)
    reason = reporter.stop_reason or "finished"
    run.append(End(reason=reason, best_epoch=best.epoch, val_accuracy=best.val_accuracy))


def _fit(run: Run, model: SlicedModel, parts: _Parts, steering: Steering, reporter: Reporter) -> None:
    """Epoch by epoch, because their number and what is in them may change."""
    done = reporter.place.epoch if reporter.has_begun else 0
    model.use(steering.batches, adversarial=run.config.adversarial, first_epoch=done)
    validation = _validation_data(parts.validation, len(run.class_names))
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


def _load_parts(run: Run) -> _Parts:
    """The data set of a run and its parts; the name is looked up here, once."""
    config = run.config
    description = loading.describe(config.dataset)
    loading.check_trainable(description)
    dataset = loading.load(description)
    if dataset.class_names != run.class_names:
        raise TrainingError(
            f"the data set {config.dataset!r} has the classes {', '.join(dataset.class_names)}: the run was made "
            f"for {', '.join(run.class_names)}. Start a new run."
        )
    training, validation = (
        splits.select_part(dataset, name, share=config.validation_share, seed=config.seed)
        for name in ("train", "validation")
    )
    return _Parts(description, dataset, training, validation)


def _make_batches(run: Run, parts: _Parts) -> Batches:
    config, dataset = run.config, parts.dataset
    groups, writers = (
        select(dataset, "train", share=config.validation_share, seed=config.seed)
        for select in (splits.select_groups, splits.select_writers)
    )
    drawn = None if writers is None else writers >= 0
    teachers = Teachers(config, run.class_names, parts.description) if config.teacher_names else None
    return Batches(parts.training, len(run.class_names), config, groups=groups, drawn=drawn, teachers=teachers)


def _validation_data(validation: Split, classes: int) -> tuple[Images, Floats] | None:
    if not len(validation.labels):
        return None
    return validation.images, keras.utils.to_categorical(validation.labels, classes)


def _describe_start(config: TrainConfig, parts: _Parts, steps_per_epoch: int, parameters: int) -> Start:
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


def _compile_model(config: TrainConfig, classes: int, steering: Steering) -> SlicedModel:
    # The averages must have forgotten their start by the end, however short the training is.
    momentum = min(networks.NORM_MOMENTUM, max(0.5, 1 - 10 / (config.epochs * len(steering.batches))))
    plain = networks.build(
        config.architecture, classes, dropout=config.dropout, norm_momentum=momentum, fused=True
    )
    model = SlicedModel(plain.inputs, plain.outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(steering.rate, beta_1=config.beta_1, beta_2=config.beta_2),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=config.label_smoothing),
        metrics=["accuracy"],
        jit_compile=False,  # XLA makes these networks several times slower on a CPU
    )
    return model


def _strip_optimizer(model: keras.Model, config: TrainConfig, classes: int) -> keras.Model:
    """The network without its optimizer's state, which is twice the size of the weights."""
    bare = networks.build(config.architecture, classes, dropout=config.dropout)
    bare.set_weights(model.get_weights())
    return bare
