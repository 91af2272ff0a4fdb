"""The controls of a training that runs: pause, stop, throw away, and other settings while it learns."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from digitrec.reporting import format_setting, format_setting_value
from digitrec.runs import MAX_STRENGTH, PAUSED, Change, ConfigError, History, Run, RunError, jobs
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.train import pins, settings

_PROBLEM, _SAID = "steering-problem", "steering-said"  # in the session: what the last wish came to
_DONE = "steering-done-with"  # whether the form with other settings is to close
_DISCARDED = "steering-discarded"  # the name of the run that a person is asked about
STRENGTH_TEXT = "Strength of the augmentation"


def show_controls(run: Run) -> None:
    """The buttons of the run that trains."""
    wishes, progress = run.wishes, jobs.progress(run.history())
    # After the last epoch its worker looks at no wish any more: it saves and checks the network.
    is_ending = wishes.wish is not None or (progress is not None and progress.fraction >= 1)
    with st.container(horizontal=True, gap="small", key="train-controls"):
        # Two buttons, not one that changes: a click that is delivered twice does not undo itself.
        st.button(
            "Go on" if wishes.paused else "Pause",
            key=f"{'go on' if wishes.paused else 'pause'} {run.name}",
            on_click=jobs.pause,
            args=(run,),
            kwargs={"paused": not wishes.paused},
            disabled=is_ending,
            icon=":material/play_arrow:" if wishes.paused else ":material/pause:",
            help="The training rests and keeps its place. Nothing is lost.",
        )
        st.button(
            "Stop",
            key=f"stop {run.name}",
            on_click=jobs.stop,
            args=(run,),
            disabled=is_ending,
            icon=":material/stop_circle:",
            help="Saves the best weights so far. It can be resumed later.",
        )
        # `components.popover` could miss the click that opens it between two polls.
        label, icon = "Change its settings", ":material/tune:"
        if st.session_state.pop(_DONE, False):
            # A popover would stay open. This button takes its place until the next poll.
            st.button(label, icon=icon, key="steering-done", disabled=True)
        else:
            with st.popover(label, icon=icon, disabled=is_ending):
                _show_form(run)
        pins.pins_button(run, key=f"pins {run.name}")
        if st.button("Throw away ...", key=f"discard {run.name}", disabled=is_ending, icon=":material/delete:"):
            st.session_state[_DISCARDED] = run.name
            st.rerun()  # the whole page: a dialog of this part alone would end with the next look at the jobs
    if said := st.session_state.pop(_SAID, None):
        st.toast(escape_markdown(said), icon=":material/tune:")  # a line would end with the next poll, unread
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape_markdown(problem), icon=":material/warning:")


def confirm_discard(run: Run) -> None:
    """Ask once more before a training is thrown away, where a person has pressed that button."""
    if st.session_state.pop(_DISCARDED, None) == run.name:
        _confirm(run)


def resume_button(run: Run) -> None:
    """One click to go on with a run that ended too early, for as many epochs as were planned."""
    st.button(
        "Resume it",
        key=f"resume now {run.name}",
        type="tertiary",
        icon=":material/resume:",
        on_click=_go_on,
        args=(run, None),
        help="It goes on after its last whole epoch.",
    )


def show_resume(run: Run) -> None:
    """Let a person go on with a run that has ended, for as many epochs as they like."""
    history = run.history()
    planned, done = history.planned_epochs or run.config.epochs, len(history.epochs)
    high = settings.limits("epochs")[1]
    with st.form(f"resume {run.name}", border=False):
        epochs = st.number_input(
            "Epochs in all",
            min_value=1,
            max_value=high,
            value=min(high, planned if done < planned else planned + max(1, planned // 2)),
            help="It goes on after its last whole epoch, on the same curve. The learning rate follows its "
            "schedule for this number of epochs.",
        )
        if st.form_submit_button("Resume", icon=":material/resume:"):
            _go_on(run, int(epochs))
            st.rerun()


def list_marks(history: History) -> list[tuple[float, str]]:
    """What a person did while it trained, for marks on the curves: after how many epochs, and in words."""
    marks = [(change.done, _describe(change)) for change in history.changes]
    return [*marks, *((float(resume.epoch), "resumed") for resume in history.resumes)]


def describe_changes(history: History) -> list[str]:
    """Which settings were changed while it trained, a sentence each, the latest first."""
    changes = [change for change in history.changes if change.setting != PAUSED]
    return [f"In epoch {change.epoch}: {_describe(change)}." for change in reversed(changes)]


def _describe(change: Change) -> str:
    if change.setting == PAUSED:
        return "paused" if change.after else "went on"
    if change.setting == "weights":
        return f"the weights of epoch {change.after:g} came back"
    return _describe_step(change.setting, change.before, change.after)


def _show_form(run: Run) -> None:
    """Other settings for the training that runs; each comes into force within a slice of steps."""
    config, wishes, history = run.config, run.wishes, run.history()
    with st.form(f"steer {run.name}", border=False):
        rate = st.number_input(
            "Learning rate",
            min_value=settings.limits("learning_rate")[0],
            max_value=settings.limits("learning_rate")[1],
            value=wishes.learning_rate or _last(history, "learning_rate") or config.learning_rate,
            step=1e-4,
            format="%.5f",
            help="Its peak, where a schedule changes it.",
        )
        epochs = st.number_input(
            "Epochs",
            min_value=1,
            max_value=settings.limits("epochs")[1],
            value=history.planned_epochs or config.epochs,
            help="Of the whole training. Fewer than are done end it after the present one.",
        )
        size = st.number_input(
            "Batch size",
            min_value=8,
            max_value=settings.limits("batch_size")[1],
            value=wishes.batch_size or int(_last(history, "batch_size") or config.batch_size),
            step=8,
        )
        strength = st.slider(
            STRENGTH_TEXT,
            0.0,
            MAX_STRENGTH,
            value=_first(wishes.augmentation, _last(history, "augmentation"), 1.0),
            step=0.1,
            disabled=not config.augments,
            help="Times the ranges of its settings: 0 is off. TensorFlow compiles anew, which takes seconds."
            if config.augments
            else "This run has no augmentation that could be stronger.",
        )
        if st.form_submit_button("Apply", type="primary"):
            _steer(run, learning_rate=rate, epochs=epochs, batch_size=size, augmentation=strength)
    st.button(
        "Back to the best weights",
        key=f"restore {run.name}",
        on_click=_restore,
        args=(run,),
        disabled=not any(row.val_loss is not None for row in history.epochs),
        help="The weights of the epoch with the lowest validation loss. It needs validation images and an epoch.",
        icon=":material/settings_backup_restore:",
    )


def _steer(run: Run, *, learning_rate: float, epochs: int, batch_size: int, augmentation: float) -> None:
    history, config = run.history(), run.config
    wanted = {
        "learning_rate": (learning_rate, _last(history, "learning_rate") or config.learning_rate),
        "epochs": (epochs, history.planned_epochs or config.epochs),
        "batch_size": (batch_size, _last(history, "batch_size") or config.batch_size),
        "augmentation": (augmentation, _first(_last(history, "augmentation"), 1.0)),
    }
    changed = {name: value for name, (value, now) in wanted.items() if value != now}
    try:
        jobs.steer(run, **changed)
    except (ConfigError, OSError) as error:
        st.session_state[_PROBLEM] = f"Not changed: {error}"
    else:
        st.session_state[_SAID] = _describe_wish(changed, wanted, is_paused=run.wishes.paused)
        st.session_state[_DONE] = True
    st.rerun()


def _describe_wish(
    changed: Mapping[str, float], wanted: Mapping[str, tuple[float, float]], *, is_paused: bool
) -> str:
    """What was asked of a training, in words: it comes into force within some batches."""
    if not changed:
        return "Nothing is different."
    words = [_describe_step(name, wanted[name][1], value) for name, value in changed.items()]
    return f"{'When it goes on: ' if is_paused else ''}{', '.join(words)}."


def _describe_step(setting: str, before: float, after: float) -> str:
    title = STRENGTH_TEXT if setting == "augmentation" else format_setting(setting)
    return f"{title} from {format_setting_value(float(before))} to {format_setting_value(float(after))}"


def _restore(run: Run) -> None:
    jobs.restore_best(run)
    st.session_state[_SAID] = "It goes on from the best weights."


def _go_on(run: Run, epochs: int | None) -> None:
    try:
        jobs.go_on(run, epochs)
    except (RunError, ConfigError, OSError) as error:
        st.session_state[_PROBLEM] = f"The training could not go on: {error}"


def show_problem() -> None:
    """What the last wish came to, where no training runs that could say it."""
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(escape_markdown(problem), icon=":material/warning:")


@st.dialog("Throw this training away?")
def _confirm(run: Run) -> None:
    st.markdown(f"**{escape_markdown(run.name)}** ends and is deleted, with all that it has learnt.")
    with st.container(horizontal=True):
        no = st.button("Keep it", key="discard-no", type="primary")
        yes = st.button(
            "Throw away", key="delete-discard", icon=":material/delete:", on_click=jobs.discard, args=(run,)
        )
    if yes or no:
        st.rerun()


def _last(history: History, setting: str) -> float | None:
    """What a setting was last changed to, or None."""
    return next((change.after for change in reversed(history.changes) if change.setting == setting), None)


def _first(*values: float | None) -> float:
    """The first value that is not None."""
    return next(value for value in values if value is not None)
