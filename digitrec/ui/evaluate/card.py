"""One image's card: the answer and its reasons, other networks' answers, and the nearest training images."""

from __future__ import annotations

import functools

import numpy as np
import streamlit as st

from digitrec.data import DatasetError, evaluation_dataset, loading
from digitrec.evaluation import Score, label_errors
from digitrec.explain import neighbours
from digitrec.imaging import InkError
from digitrec.inference import Classifier, ClassifierError, Verdict, calibrated_classifier, verdict_words
from digitrec.metrics import log_losses
from digitrec.reporting import format_probability, sections
from digitrec.runs import Run, provenance, store
from digitrec.ui import pickers, state
from digitrec.ui.components import canvas, digits, embeddings
from digitrec.ui.components.digits import escape_markdown, figure_html, probabilities
from digitrec.ui.components.evidence import evidence
from digitrec.ui.evaluate import address, listing

IMAGE_SIDE = 252  # pixels on the screen: nine for each of the image's
MAX_NEIGHBOURS = 8
MAX_OTHER_RUNS = 8


def is_open(score: Score) -> bool:
    """Whether the card of one of these images is open."""
    index = address.get_selection().image
    return index is not None and index < len(score.proba)


def view(score: Score) -> None:
    """The card of the selected image."""
    index = address.get_selection().image
    assert index is not None, "the page asks `is_open` first"
    _navigation(score, index)
    st.header(escape_markdown(_title(score, index)), anchor=False)
    image, names = score.split.images[index], score.run.class_names
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.html(figure_html(image, "", f"{_title(score, index)}, labelled {_label(score, index)}", IMAGE_SIDE))
    try:
        model = pickers.load_classifier(score.run)
        verdict = pickers.judge_image(score.run, model, image)
    except ClassifierError as error:
        model, verdict, problem = None, None, str(error)
    with right:
        _answer_and_label(score, index)
        _show_refusal(verdict)
        probabilities(score.calibrated[index], names)
    if model is None:
        st.warning(f"The reasons cannot be computed: {problem}", icon=":material/warning:")
        return
    st.session_state.setdefault("card-evidence", True)  # a person opens a card to see why
    evidence("card", calibrated_classifier(score.run, model), image, names, verdict=verdict)
    st.header("Other networks", anchor=False)
    _other_networks(score, index)
    st.header("Nearest training images", anchor=False)
    _neighbours(score, index, model)


def _navigation(score: Score, index: int) -> None:
    """Buttons back to the list, and to the previous and next image in it."""
    found = listing.last_listed(score)
    (at,) = np.nonzero(found == index)
    before = int(found[at[0] - 1]) if len(at) and at[0] > 0 else None
    after = int(found[at[0] + 1]) if len(at) and at[0] + 1 < len(found) else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("Back to the images", icon=":material/arrow_back:", key="card-close", on_click=address.select)
        for label, icon, to, keys in (
            ("Previous", "chevron_left", before, "Left"),
            ("Next", "chevron_right", after, "Right"),
        ):
            st.button(
                label,
                key=f"card-{label}",
                icon=f":material/{icon}:",
                disabled=to is None,
                shortcut=keys,
                on_click=functools.partial(address.select, image=to),
            )
        if len(at):
            st.markdown(f"{at[0] + 1:,} of {len(found):,}")
        on_click = functools.partial(_place_in_draw, score, index)
        if st.button("Open in Draw", key="card-draw", icon=":material/draw:", on_click=on_click):
            st.switch_page(pickers.page_path("draw"))


def _place_in_draw(score: Score, index: int) -> None:
    text = f"{_title(score, index)}, labelled {_label(score, index)}."
    try:
        canvas.place(state.CANVAS, score.split.images[index], text)
    except InkError as error:  # an imported image may be blank
        canvas.refuse(state.CANVAS, error)
    st.session_state[state.DRAW_MODEL] = score.run.name


def _title(score: Score, index: int) -> str:
    return f"{score.split_name.capitalize()} image {index:,} of {score.dataset.title}"


def _label(score: Score, index: int) -> str:
    return score.run.class_names[int(score.split.labels[index])]


def _answer_and_label(score: Score, index: int) -> None:
    """The answer, its confidence and the label, and the image's position in its data set."""
    names, proba, label = score.run.class_names, score.calibrated[index], score.split.labels[index : index + 1]
    second, best = np.argsort(proba, kind="stable")[-2:]
    sign = "✓" if best == label[0] else "✗"
    st.markdown(
        f"### {sign} Read as {escape_markdown(names[best])}, labelled {escape_markdown(_label(score, index))}\n"
        f"Confidence {format_probability(proba[best])}. Next best: {escape_markdown(names[second])} "
        f"({format_probability(proba[second])})."
    )
    if remark := sections.label_remark(score, index):
        st.markdown(f"⚑ {remark[0].upper()}{remark[1:]}.")
    (loss,) = log_losses(label, proba[None])
    st.caption(f"Loss {loss:.2f}. {_describe_place(score, index)}")


def _show_refusal(verdict: Verdict | None) -> None:
    """Why Draw says "not sure" of this image, if it does; Evaluate counts the best guess all the same."""
    if verdict is not None and not verdict.sure:
        reasons = " ".join(verdict_words.describe_measured(reason, verdict) for reason in verdict.reasons)
        st.markdown(f"On Draw: **not sure**. {escape_markdown(reasons)}")


def _describe_place(score: Score, index: int) -> str:
    file, place = neighbours.locate_original(score.run, loading.load(score.dataset.name), score.split_name, index)
    text = f"Image {index:,} of {len(score.proba):,}"
    same = score.split_name == file and index == place
    return f"{text}, counted from 0." if same else f"{text}, image {place:,} of the {file} set, counted from 0."


def _other_networks(score: Score, index: int) -> None:
    """The verdicts of other networks with classes of the same names on this image."""
    others = [
        run
        for run in store.list_runs()
        if run.has_model and run.path != score.run.path and run.class_names == score.run.class_names
    ]
    if not others:
        st.caption("There is no other network with these classes. Train one to compare.")
        return
    rows = [_row(run, score, index) for run in others[:MAX_OTHER_RUNS]]
    st.dataframe(rows, hide_index=True, height="content", width="content", alt="Answers of other networks")
    if len(others) > MAX_OTHER_RUNS:
        st.caption(f"The first {MAX_OTHER_RUNS} of {len(others)}.")


def _row(run: Run, score: Score, index: int) -> dict[str, str]:
    try:
        verdict = pickers.judge_image(run, pickers.load_classifier(run), score.split.images[index])
    except ClassifierError:
        return {"Network": run.name, "Data set": run.config.dataset, "Answer": "cannot be read"}
    confidence = format_probability(verdict.confidence) if verdict.has_probabilities else ""
    return {
        "Network": run.name,
        "Data set": run.config.dataset,  # classes of the same names may be others
        "Answer": verdict.answer if verdict.sure else f"not sure, maybe {verdict.answer}",
        "Confidence": confidence,
        "Result": judge_answer(score, index, verdict.ranking[0]),
    }


def judge_answer(score: Score, index: int, answer: int) -> str:
    """Whether an answer is right: by the label that people agree on, where they found the given one wrong."""
    error = label_errors.find_label_error(score.dataset.name, score.split_name, index)
    if error is None:
        return "✓ right" if answer == score.split.labels[index] else "✗ wrong"
    if error.correction is None:
        return "⚑ label disputed"
    return "✓ right by the corrected label" if answer == error.correction.agreed else "✗ wrong"


def _neighbours(score: Score, index: int, model: Classifier) -> None:
    """The nearest training images in the network's own embedding; the first time, with progress."""
    name = evaluation_dataset(score.run.config.dataset)
    try:
        provenance.find_learnt_dataset(score.run)  # looking at an image does not ask for a download
    except DatasetError as error:
        st.caption(escape_markdown(f"They cannot be shown: {error}"))
        return
    try:
        dataset = loading.load(name)
        known = embeddings.training_embeddings(score.run, model)
        if known is None:
            return
    except (ClassifierError, DatasetError, OSError) as error:
        st.warning(f"They cannot be shown: {error}", icon=":material/warning:")
        return
    itself = index if (score.dataset.name, score.split_name) == (name, "train") else None
    one = neighbours.scale_to_unit(model.embed(score.split.images[index : index + 1]))[0]
    near = neighbours.find_nearest(one, known, MAX_NEIGHBOURS, without=itself)
    places = neighbours.training_places(score.run, dataset)[near.indices]
    names = [score.run.class_names[label] for label in dataset.train.labels[places]]
    captions = [f"{name} · {like:.3f}" for name, like in zip(names, near.likeness, strict=True)]
    alts = [f"Training image {place:,}, a {name}" for place, name in zip(places, names, strict=True)]
    answer = score.run.class_names[int(score.proba[index].argmax())]
    st.caption(_describe_neighbours(names, _label(score, index), answer))
    digits.digit_gallery(dataset.train.images[places], captions, alts=alts, size=76)


def _describe_neighbours(names: list[str], label: str, answer: str) -> str:
    """How many of the nearest images have the answer, and the label, of this one."""
    text = f"{names.count(answer)} of the {len(names)} nearest images have the answer's label, {answer}"
    if answer != label:
        text += f"; {names.count(label)} have this image's label, {label}"
    return f"{escape_markdown(text)}. Below each: its label and its cosine similarity; 1 means equal."
