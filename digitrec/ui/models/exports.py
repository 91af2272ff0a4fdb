"""The network as files for elsewhere: made and compared with Keras by a worker, with a program that uses each."""

from __future__ import annotations

from functools import partial

import streamlit as st

from digitrec import files
from digitrec.evaluation import shared_work
from digitrec.exchange import FORMATS, LANGUAGES, Proof, find_proof, make_export, read_export, write_snippet
from digitrec.reporting import describe_images, tabulate_proof
from digitrec.runs import DownloadError, Run
from digitrec.ui.components import downloads
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.downloads import File

_HELP = """Each file is made, loaded in its own runtime, and compared with Keras on 1,000 images before you get it.
That takes up to two minutes, once."""


def export_section(run: Run) -> None:
    """Choose a format; make, check and download its file; see the numbers and a program that reads a digit."""
    if not run.has_model:
        return
    st.header("Export", anchor=False, help=_HELP)
    st.fragment(_choose_format)(run)


def _choose_format(run: Run) -> None:
    kind = st.selectbox(
        "Format",
        list(FORMATS),
        format_func=lambda kind: f"{FORMATS[kind].label}: {FORMATS[kind].title}",
        key="models-format",
        persist_state="session",
        width=560,
    )
    proofs = {each: proof for each in FORMATS if (proof := find_proof(run, each)) is not None}
    if (proof := proofs.get(kind)) is None:
        made = _offer_making(run, kind)
        if made is not None:
            proof = proofs[kind] = made
    if proof is not None:
        _offer_file(run, kind, proof)
    if proofs:
        _show_proofs(list(proofs.values()))
    _show_program(run, kind)


def _offer_making(run: Run, kind: str) -> Proof | None:
    """A button that makes the file, or the proof of the file that was just made."""
    if files.is_read_only():
        st.caption("This server only reads: it makes no files. `digitrec export` makes them on your machine.")
        return None
    place, asked = st.empty(), f"make {kind} asked"
    if st.session_state.pop(asked, None) == run.name:
        place.progress(0.0, text=f"Making and checking the {FORMATS[kind].label} file: up to two minutes ...")
        try:
            shared_work.run_shared(("export", run.path, kind), lambda progress: make_export(run, kind))
            place.empty()
            return find_proof(run, kind)
        except DownloadError as error:
            st.error(escape_markdown(f"No file: {error}"), icon=":material/warning:")
    with place.container():
        is_there = FORMATS[kind].is_stored
        st.button(
            "Check" if is_there else "Make and check",
            key=f"make {kind}",
            on_click=_request,
            args=(asked, run.name),
            icon=":material/fact_check:" if is_there else ":material/build:",
        )
    return None


def _request(key: str, name: str) -> None:
    st.session_state[key] = name


def _offer_file(run: Run, kind: str, proof: Proof) -> None:
    about = FORMATS[kind]
    if proof.warning:
        st.warning(escape_markdown(proof.warning), icon=":material/warning:")
    if not about.is_stored:  # else it stands among the run's files
        style = {"icon": ":material/download:", "help": about.title}
        name = f"{run.name}{about.suffix}"
        make = partial(read_export, run, kind)
        downloads.offer([File(f"Download {name}", name, about.mime, make, f"download {kind}", style)])
    if proof.images and proof.note:
        st.caption(escape_markdown(proof.note))


def _show_proofs(proofs: list[Proof]) -> None:
    compared = [proof for proof in proofs if proof.images]
    if compared:
        st.caption(escape_markdown(f"Compared with Keras on {describe_images(compared[-1])}."))
    rows = [tabulate_proof(proof) for proof in proofs]
    st.table(
        rows, border="horizontal", hide_index=True, alt="The files and how their answers compare with Keras's"
    )


def _show_program(run: Run, kind: str) -> None:
    languages = FORMATS[kind].languages
    language = languages[0]
    with st.expander("A program that reads a digit with this file", icon=":material/code:"):
        if len(languages) > 1:
            language = st.segmented_control(
                "Language",
                languages,
                format_func=LANGUAGES.__getitem__,
                default=languages[0],
                required=True,
                key=f"models-language {kind}",
            )
        text = write_snippet(kind, language, name=run.name, class_names=run.class_names)
        st.code(text, language=language, height=420)
