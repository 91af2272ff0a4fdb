"""The Models page: the table of runs, their curves, and downloading, renaming and deleting one."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from digitrec.evaluation import RunSummary, shared_work
from digitrec.reporting import format_duration, format_setting
from digitrec.runs import FORMATS, DownloadError, Run, RunError, Status, jobs, read_model_file, store
from digitrec.ui import state
from digitrec.ui.components import downloads
from digitrec.ui.components.downloads import File

_FOLD = re.compile(
    r"<details[^>]*>\s*<summary>(?P<title>.*?)</summary>(?P<body>.*?)</details>\s*", re.DOTALL
)  # of a card
STATUS_ICONS = {
    Status.QUEUED: "○",
    Status.TRAINING: "▶",
    Status.FINISHED: "✓",
    Status.STOPPED: "■",
    Status.FAILED: "✗",
    Status.INTERRUPTED: "⚠",
}
N_COMPARED = 3  # so many of the newest runs are compared at first


def run_table(overviews: Sequence[RunSummary]) -> None:
    """All runs in one table."""
    validation, test = (
        st.column_config.NumberColumn(format="%.2f %%", help=f"Share of the {images} images right")
        for images in ("validation", "test")
    )
    st.dataframe(
        [_row(found) for found in overviews],
        hide_index=True,
        height="content",
        placeholder="–",
        column_config={
            "Parameters": st.column_config.NumberColumn(format="localized"),
            "Validation": validation,
            "Test": test,
            "Date": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm"),
        },
        alt="All runs with status, data set, network, parameters, accuracies and date",
    )


def compare_runs(overviews: Sequence[RunSummary]) -> None:
    """The learning curves of chosen runs over each other."""
    names = [found.run.name for found in overviews if found.epochs]
    if not names:
        st.caption("No run has finished an epoch yet.")
        return
    before = st.session_state.get("models-compared", names[:N_COMPARED])
    if "models-compared" not in st.session_state or not set(before) <= set(names):
        st.session_state["models-compared"] = [name for name in before if name in names]  # without deleted runs
    left, right = st.columns([2, 1])
    chosen = left.multiselect("Runs", names, key="models-compared", persist_state="session")
    metric = right.segmented_control(
        "Metric",
        ("accuracy", "loss"),
        format_func=str.capitalize,
        default="accuracy",
        required=True,
        key="models-metric",
        persist_state="session",
    )
    if not chosen:
        st.caption("Choose one or more runs.")
        return
    from digitrec.charts.live_curves import compare_curves  # Altair and pandas take 0.3 s

    histories = {found.run.name: found.run.history() for found in overviews if found.run.name in chosen}
    chart = compare_curves(histories, metric)
    st.altair_chart(chart, key="compare", alt=f"{metric.capitalize()} of {', '.join(chosen)} over the epochs")


def run_facts(found: RunSummary) -> None:
    """Why the run failed, if it did, its card and its settings."""
    run = found.run
    if reason := jobs.failure_reason(run):
        st.warning(f"{found.status.capitalize()}: {reason}", icon=":material/warning:")
    if run.card:
        _show_card(run.card)
    settings = [
        {"Setting": format_setting(name), "Value": str(value)} for name, value in run.config.to_dict().items()
    ]
    with st.expander("Settings", expanded=not run.card):
        st.table(settings, border="horizontal", hide_index=True, alt=f"Settings of {run.name}")


def download_buttons(run: Run) -> None:
    """Buttons that download the network as a file."""
    if not run.has_model:
        st.caption("Nothing to download: this run has no network.")
        return
    for kind, about in FORMATS.items():
        if about.is_stored:
            downloads.offer([_file(run, kind, partial(read_model_file, run, kind))])
        else:
            st.fragment(_offer_made_file)(run, kind)


def _offer_made_file(run: Run, kind: str) -> None:
    """A file that is made before it can be downloaded, so that the page can show a failure."""
    place = st.empty()
    key, version = f"made {kind}", (run.path, run.keras_path.stat().st_mtime_ns)
    if st.session_state.pop(f"make {kind} asked", None) == run.name:
        place.progress(0.0, text=f"Making the .{kind} file: this takes some seconds ...")
        try:
            data = shared_work.run_shared((*version, kind), lambda progress: read_model_file(run, kind))
        except DownloadError as error:
            st.error(f"No .{kind} file: {error}", icon=":material/warning:")
        else:
            st.session_state[key] = version, data
    made_of, data = st.session_state.get(key, (None, b""))
    with place.container():
        if made_of == version:
            downloads.offer([_file(run, kind, lambda: data)])
        else:
            st.button(
                f"Make .{kind}",
                key=f"make {kind}",
                on_click=_request_file,
                args=(run, kind),
                help=FORMATS[kind].title,
                icon=":material/build:",
                width="stretch",
            )


def _request_file(run: Run, kind: str) -> None:
    st.session_state[f"make {kind} asked"] = run.name


def _file(run: Run, kind: str, make: Callable[[], bytes]) -> File:
    about = FORMATS[kind]
    style = {"help": about.title, "icon": ":material/download:", "width": "stretch"}
    return File(f"Download .{kind}", f"{run.name}.{kind}", about.mime, make, f"download {kind}", style)


def rename_and_delete(run: Run) -> None:
    """Rename or delete the run; neither is possible for built-in runs, nor during a training."""
    if run.is_shipped:
        st.caption("Built-in models cannot be renamed or deleted.")
        return
    if live := jobs.is_live(run):
        st.caption("This run is training. Stop it on the Train page before you rename or delete it.")
    st.text_input("New name", key="models-new-name", placeholder=run.name, max_chars=64, disabled=live)
    st.button("Rename", key="rename", on_click=_rename, args=(run,), disabled=live, width="stretch")
    st.button(
        "Delete ...",
        key="delete",
        on_click=_request_deletion,
        args=(run,),
        disabled=live,
        icon=":material/delete:",
        width="stretch",
    )
    if problem := st.session_state.pop("models-problem", None):
        st.error(problem, icon=":material/warning:")
    if st.session_state.pop("models-asked", None) == run.name:
        _confirm_deletion(run)


@st.dialog("Delete this run?")
def _confirm_deletion(run: Run) -> None:
    st.markdown(f"**{run.name}** will be deleted with its network, curves and evaluations. This cannot be undone.")
    with st.container(horizontal=True):
        yes = st.button("Delete", key="delete-yes", type="primary", on_click=_delete, args=(run,))
        no = st.button("Cancel", key="delete-no")
    if yes or no:
        st.rerun()


def _show_card(card: str) -> None:
    """A model card, each of its <details> as a fold of the page."""
    text = _FOLD.sub("", card)
    st.expander("Model card", expanded=True).markdown(_lower_headings(text))
    for fold in _FOLD.finditer(card):
        st.expander(fold["title"]).markdown(_lower_headings(fold["body"]))


def _lower_headings(markdown: str) -> str:
    """Markdown with its headings below those of the page."""
    return re.sub(r"^#", "###", markdown, flags=re.MULTILINE)


def _rename(run: Run) -> None:
    try:
        renamed = store.rename(run, st.session_state["models-new-name"])
    except RunError as error:
        st.session_state["models-problem"] = f"Not renamed: {error}"
    else:
        was_chosen = {key for key in state.PAGE_MODELS if st.session_state.get(key) == run.name}
        st.session_state.update(dict.fromkeys({state.MODELS_MODEL, *was_chosen}, renamed.name))
        st.session_state["models-new-name"] = ""


def _request_deletion(run: Run) -> None:
    st.session_state["models-asked"] = run.name


def _delete(run: Run) -> None:
    try:
        if jobs.is_live(run):
            raise RunError(f"the run {run.name!r} is training: stop it first.")
        store.delete(run)
    except RunError as error:
        st.session_state["models-problem"] = f"Not deleted: {error}"


def _row(found: RunSummary) -> dict[str, Any]:
    run = found.run
    return {
        "Name": run.name,
        "Status": f"{STATUS_ICONS[found.status]} {found.status}",
        "Data set": run.config.dataset,
        "Network": run.config.network,
        "Parameters": found.parameters,
        "Validation": _to_percent(found.val_accuracy),
        "Test": _to_percent(found.test_accuracy),
        "Date": found.created,
        "Epochs": f"{found.epochs} of {run.config.epochs}",
        "Time": None if found.seconds is None else format_duration(found.seconds),
    }


def _to_percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
