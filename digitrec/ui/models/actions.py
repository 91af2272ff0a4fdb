"""What can be done with a run on the Models page: downloads, name, tags and note, deletion."""

from __future__ import annotations

from functools import partial

import streamlit as st

from digitrec.exchange import FORMATS, make_bundle, read_export
from digitrec.offline import PAGES
from digitrec.runs import Notes, Run, RunError, jobs, store
from digitrec.ui import state
from digitrec.ui.components import downloads
from digitrec.ui.components.downloads import File

MAX_NOTE = 2000  # characters


def download_buttons(run: Run) -> None:
    """Buttons that download what is ready: the run's own files, and the page that reads offline."""
    if not run.has_model:
        st.caption("Nothing to download: this run has no network.")
        return
    for kind, about in FORMATS.items():
        if about.is_stored:
            style = {"help": about.title, "icon": ":material/download:", "width": "stretch"}
            name, make = f"{run.name}{about.suffix}", partial(read_export, run, kind)
            downloads.offer([File(f"Download {about.label}", name, about.mime, make, f"download {kind}", style)])
    for kind, page in PAGES.items():
        style = {"help": page.title, "icon": ":material/download:", "width": "stretch"}
        name = f"{run.name}{page.suffix}"
        make = partial(page.make, run)
        downloads.offer([File(f"Download {page.label}", name, page.mime, make, f"download {kind}", style)])
    _bundle_button(run)


def _bundle_button(run: Run) -> None:
    about = "The run in one ZIP, for another digitrec: network, card, calibration, history, evaluations, licence"
    style = {"help": about, "icon": ":material/inventory_2:", "width": "stretch"}
    name, make = f"{run.name}-bundle.zip", partial(make_bundle, run)
    downloads.offer([File("Download bundle", name, "application/zip", make, "download bundle", style)])


def notes_form(run: Run) -> None:
    """Let a person write tags and a note about the run; both are saved at once."""
    notes, key = run.notes, f"notes {run.path}"
    st.session_state.setdefault(f"{key} tags", list(notes.tags))
    st.session_state.setdefault(f"{key} text", notes.text)
    used = {tag for each in store.list_runs() for tag in each.notes.tags}
    tags = sorted(used.union(st.session_state[f"{key} tags"]))
    save = partial(_save_notes, run, key)
    st.multiselect(
        "Tags", tags, key=f"{key} tags", accept_new_options=True, placeholder="Type a tag", on_change=save
    )
    st.text_area("Note", key=f"{key} text", max_chars=MAX_NOTE, placeholder="What is it for?", on_change=save)


def _save_notes(run: Run, key: str) -> None:
    notes = Notes(tuple(st.session_state[f"{key} tags"]), st.session_state[f"{key} text"].strip())
    try:
        run.save_notes(notes)
    except FileNotFoundError:
        st.session_state["models-problem"] = f"Not saved: {run.name} is gone. It was deleted or renamed meanwhile."
    except OSError as error:
        st.session_state["models-problem"] = f"The notes cannot be saved in {run.path}: {error.strerror}."


def rename_and_delete(run: Run) -> None:
    """Rename or delete the run; neither is possible for built-in runs, nor during a training."""
    if problem := st.session_state.pop("models-problem", None):
        st.error(problem, icon=":material/warning:")
    if run.is_shipped:
        st.caption("Built-in models cannot be renamed or deleted.")
        return
    if live := jobs.is_live(run):
        st.caption("This run is training. Stop it on the Train page before you rename or delete it.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input("New name", key="models-new-name", placeholder=run.name, max_chars=64, disabled=live)
        st.button("Rename", key="rename", on_click=_rename, args=(run,), disabled=live)
    st.button(
        "Delete ...",
        key="delete",
        on_click=_request_deletion,
        args=(run,),
        disabled=live,
        icon=":material/delete:",
    )
    if st.session_state.pop("models-asked", None) == run.name:
        _confirm_deletion(run)


@st.dialog("Delete this run?")
def _confirm_deletion(run: Run) -> None:
    st.markdown(f"**{run.name}** will be deleted with its network, curves and evaluations. This cannot be undone.")
    with st.container(horizontal=True):
        no = st.button("Cancel", key="delete-no", type="primary")
        yes = st.button("Delete", key="delete-yes", icon=":material/delete:", on_click=_delete, args=(run,))
    if yes or no:
        st.rerun()


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
    else:
        for key in state.PAGE_MODELS:
            if st.session_state.get(key) == run.name:  # the person knows that it is gone
                del st.session_state[key]
