"""Stacks of pages on the Read page: made of an upload, read in the background, opened again later."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import streamlit as st

from digitrec import files
from digitrec.data import picture_files
from digitrec.imaging import PictureError
from digitrec.reporting import format_count, stack_texts
from digitrec.runs import Run
from digitrec.stacks import Model, Stack, StackError, Way, create, delete, list_stacks, open_stack, work
from digitrec.ui import pickers
from digitrec.ui.components.digits import escape_markdown
from digitrec.ui.components.header import is_read_only
from digitrec.ui.read.corners import moved_corners, page_key
from digitrec.ui.read.pictures import NamedPicture, forget_upload

OPEN = "read-stack"  # in the session and in the address: the id of the stack that is shown
CHOICE = "read-stack-choice"  # key of the list of stacks
POLL_SECONDS = 1.0
MAX_AT_ONCE = 12  # pages that are read while one waits; more are a stack
MAX_PROBLEMS = 200  # pages that are named
_PROBLEM = "read-stack-problem"
_LISTED = 100  # stacks that can be chosen
_ZIP = b"PK\3\4"  # what such a file begins with


def opened() -> Stack | None:
    """The stack that a person has opened, also by its address."""
    id = st.session_state.get(OPEN) or st.query_params.get("stack")
    if not id:
        return None
    try:
        stack = open_stack(id)
    except StackError as error:
        st.warning(str(error), icon=":material/warning:")
        close()
        return None
    st.session_state[OPEN] = st.query_params["stack"] = stack.id
    return stack


def close() -> None:
    """Show no stack any more; it stays on the disk."""
    st.session_state.pop(OPEN, None)
    st.session_state[CHOICE] = None
    if "stack" in st.query_params:
        del st.query_params["stack"]


def make_if_many(pictures: Sequence[NamedPicture], run: Run, way: Way) -> None:
    """Make a stack of pages that are too many to be read at once, or in a ZIP; the page ends here then."""
    if len(pictures) > MAX_AT_ONCE or any(picture.data.startswith(_ZIP) for picture in pictures):
        make(pictures, run, way)
        st.stop()


def make(pictures: Sequence[NamedPicture], run: Run, way: Way) -> None:
    """Store an upload as a stack, begin to read it, and open it; on a problem, say it."""
    sha256 = pickers.load_classifier(run).sha256
    moved = {
        (picture.sha256_of_file, picture.page): found.tolist()
        for picture in pictures
        if way.kind != "numbers" and (found := moved_corners(page_key(picture))) is not None
    }
    try:
        model = Model(run.name, sha256, tuple(run.class_names))
        stack = create(_unpack(pictures), model, way, corners=moved)
        work.start(stack)
    except (StackError, OSError) as error:
        reason = error.strerror or error if isinstance(error, OSError) else error
        st.error(f"The pages cannot be stored: {reason}", icon=":material/error:")
        return
    st.session_state[OPEN] = stack.id
    forget_upload()
    st.rerun()


def offer_check(pictures: Sequence[NamedPicture], answers: Sequence[object], run: Run, way: Way) -> None:
    """Let a person keep these pictures as a stack, to check them by the keyboard; only if one of them was read."""
    if files.is_read_only():
        return
    if all(isinstance(answer, Exception) for answer in answers):
        st.caption("There is nothing to check, as nothing was read. What can be done is said above.")
        return
    help = "They are kept on the server's disk, and checked by the keyboard, by rules, or side by side."
    if st.button("Check these", icon=":material/keyboard:", help=help, key="read-check-these"):
        make(pictures, run, way)


def choose() -> None:
    """A list of the stacks that are there, if there are any."""
    stacks = list_stacks()[:_LISTED]
    if not stacks:
        return
    names = {stack.id: stack for stack in stacks}
    st.selectbox(
        "Or open pages that were uploaded before",
        list(names),
        index=None,
        format_func=lambda id: _title(names[id]) if id in names else id,
        key=CHOICE,
        on_change=_open_choice,
        placeholder="Choose",
    )


def show_status(stack: Stack) -> None:
    """Its name, how far it is read, what went wrong, and what can be done with it."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.header(escape_markdown(stack.name), anchor=False, width="content")
        with st.container(horizontal=True, width="content"):
            st.button("Other pages", on_click=close, icon=":material/arrow_back:", key="read-stack-close")
            _delete_button(stack)
    st.caption(escape_markdown(stack_texts.describe_stack(stack)))
    if problem := st.session_state.pop(_PROBLEM, None):
        st.error(problem, icon=":material/error:")
    progress = work.find_progress(stack)
    if progress.is_live:
        st.fragment(_watch, run_every=POLL_SECONDS)(stack)
    else:
        _show_end(stack, progress)
    _show_problems(stack)


def _watch(stack: Stack) -> None:
    """The bar while it is read; the whole page is shown anew at the end."""
    progress = work.find_progress(stack)
    if not progress.is_live:
        st.rerun()
    st.progress(progress.done / progress.of if progress.of else 0.0, text=stack_texts.describe_progress(progress))
    if files.is_read_only():
        return
    with st.container(horizontal=True):
        st.button("Pause", on_click=_ask, args=(work.pause, stack), icon=":material/pause:", key="read-pause")
        st.button("Stop", on_click=_ask, args=(work.stop, stack), icon=":material/stop:", key="read-stop")
        st.button("Show what is read", icon=":material/refresh:", key="read-refresh", on_click=_show_all)
    if st.session_state.pop(_ALL, False):
        st.rerun()


_ALL = "read-show-all"


def _show_all() -> None:
    st.session_state[_ALL] = True


def _show_end(stack: Stack, progress: work.Progress) -> None:
    if progress.state == "done":
        return
    rest = progress.of - progress.done
    verb = "is" if rest == 1 else "are"
    left = f"{rest:,} of {format_count(progress.of, 'page')} {verb} not read" if progress.of else "no page is read"
    words = {
        "paused": f"Paused: {left}.",
        "stopped": f"Stopped: {left}.",
        "failed": f"The reading failed: {progress.error}",
        "interrupted": "The reading was interrupted.",
    }
    show = st.error if progress.state == "failed" else st.info
    show(words.get(progress.state, left))
    if is_read_only("read pages"):
        return
    label = "Resume" if progress.state == "paused" else "Read the rest"
    st.button(label, on_click=_ask, args=(work.start, stack), icon=":material/play_arrow:", key="read-resume")


def _show_problems(stack: Stack) -> None:
    problems = [page for page in stack.pages if page.problem]
    if not problems:
        return
    verb = "is" if len(problems) == 1 else "are"
    title = f"{format_count(len(problems), 'page')} {verb} left out"
    with st.expander(title, icon=":material/warning:", expanded=not any(page.fields for page in stack.pages)):
        lines = [f"- **{escape_markdown(page.name)}**: {escape_markdown(page.problem)}" for page in problems]
        more = len(lines) - MAX_PROBLEMS
        rest = f"\n\n{more:,} more {'is' if more == 1 else 'are'} in the files." if more > 0 else ""
        st.markdown("\n".join(lines[:MAX_PROBLEMS]) + rest)


def _delete_button(stack: Stack) -> None:
    if files.is_read_only():
        return
    with st.popover("Delete ...", icon=":material/delete:"):
        st.markdown("The pages, what was read, and all corrections are deleted. This cannot be undone.")
        st.button("Delete these pages", on_click=_delete, args=(stack,), type="primary", key="read-stack-delete")


def _delete(stack: Stack) -> None:
    try:
        work.stop(stack)
        delete(stack)
    except OSError as error:
        st.session_state[_PROBLEM] = f"The pages cannot be deleted: {error.strerror or error}."
        return
    close()


def _ask(what: work.Action, stack: Stack) -> None:
    try:
        what(stack)
    except OSError as error:
        st.session_state[_PROBLEM] = f"That could not be done: {error.strerror or error}."
    st.session_state[_ALL] = True


def _open_choice() -> None:
    if id := st.session_state.get(CHOICE):
        st.session_state[OPEN] = id


def _title(stack: Stack) -> str:
    when = datetime.fromtimestamp(stack.about["created"]).astimezone()
    return f"{stack.name} · {when:%Y-%m-%d %H:%M}"


def _unpack(pictures: Sequence[NamedPicture]) -> Iterator[tuple[str, bytes]]:
    """Each file, and each picture in a ZIP; one that cannot be read is handed on as it is, and named later."""
    for picture in pictures:
        if picture.page:  # of a file that has come with its first page
            continue
        if not picture.data.startswith(_ZIP):
            yield picture.file, picture.data
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "pages.zip"
            path.write_bytes(picture.data)
            reader = picture_files.PictureReader()
            for file in picture_files.list_pictures([str(path)]).files:
                name = file.name.replace(str(path), picture.file)
                try:
                    yield name, reader.read(file)
                except (PictureError, OSError):
                    yield name, b""
