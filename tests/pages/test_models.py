"""The Models page: the table in every state, curves, files, another name, deletion."""

import dataclasses
from pathlib import Path

import pytest

from digitrec.evaluation import scoring
from digitrec.exchange import FORMATS, Proof, proofs
from digitrec.metrics.intervals import wilson_interval
from digitrec.runs import jobs, store
from digitrec.runs.processes import DownloadError
from digitrec.runs.run import Notes
from digitrec.ui.models import exports
from support import made_runs
from support.made_runs import open_page, rerun, words

pytestmark = pytest.mark.usefixtures("alone")


CURVES = ["Curves as CSV", "Curves for TensorBoard"]  # of the compared runs


def names() -> list[str]:
    return [run.name for run in store.list_runs()]


def test_without_any_run_the_page_leads_to_training():
    assert "No models yet" in open_page("models").main.info[0].value


def test_the_table_tells_every_state():
    made_runs.ended(made_runs.new("done"))
    made_runs.ended(made_runs.new("stopped"), "stopped")
    made_runs.ended(made_runs.new("pruned"), "pruned")
    made_runs.new("failed").record_error("the loss became nan")
    made_runs.killed(made_runs.in_epoch(made_runs.new("killed"), 2))
    busy, waiting = made_runs.in_epoch(made_runs.new("busy"), 2), made_runs.new("waiting")
    with made_runs.at_work(busy, waiting):
        table = open_page("models").main.dataframe[0].value
    assert dict(zip(table["Name"], table["Status"], strict=True)) == {
        "done": "✓ finished",
        "stopped": "■ stopped",
        "pruned": "✂ pruned",
        "failed": "✗ failed",
        "killed": "⚠ interrupted",
        "busy": "▶ training",
        "waiting": "○ queued",
    }


def test_the_table_tells_the_numbers(run):
    row = open_page("models").main.dataframe[0].value.iloc[0]
    assert (row["Data set"], row["Network"], row["Parameters"]) == ("digits", "mlp", 1234)
    assert row["Validation"] == 92.0
    assert row["Epochs"] == "2 of 3"


def test_a_damaged_run_is_named_and_the_rest_shown(run):
    damaged = made_runs.new("damaged")
    (damaged.path / "config.json").write_text("{")
    page = open_page("models")
    assert "damaged" in page.main.warning[0].value
    assert list(page.main.dataframe[0].value["Name"]) == ["first"]


def test_the_reason_of_a_failure_is_shown():
    made_runs.new("failed").record_error("the loss became nan")
    assert "the loss became nan" in open_page("models").main.warning[0].value


def test_curves_of_chosen_runs(run):
    made_runs.ended(made_runs.new("second"))
    page = open_page("models")
    assert sorted(page.multiselect(key="models-compared").value) == ["first", "second"]
    page.multiselect(key="models-compared").set_value([])
    assert "Choose one or more runs" in words(rerun(page))


def test_curves_begin_with_the_chosen_run_and_comparable_ones(run):
    made_runs.ended(made_runs.new("second"))
    made_runs.ended(
        made_runs.new("other", dataclasses.replace(made_runs.SMALL, seed=1))
    )  # other validation images
    page = open_page("models")
    page.selectbox(key="models-model").set_value("first")
    assert rerun(page).multiselect(key="models-compared").value == ["first", "second"]
    page.multiselect(key="models-compared").set_value(["first"])
    assert rerun(page).multiselect(key="models-compared").value == ["first"]
    page.selectbox(key="models-model").set_value("other")
    assert rerun(page).multiselect(key="models-compared").value == ["other"]
    page.multiselect(key="models-compared").set_value(["other", "first"])
    assert "cannot be compared" in words(rerun(page))


def test_runs_stand_side_by_side_with_what_differs(run):
    made_runs.ended(made_runs.new("second", dataclasses.replace(made_runs.SMALL, batch_size=64)))
    tables = [each.value for each in open_page("models").main.table]
    (table,) = [each for each in tables if "Training time" in set(each.iloc[:, 0])]
    rows = {row.iloc[0]: tuple(row.iloc[1:]) for _, row in table.iterrows()}
    assert all(text.startswith("92.00% (87.97%") for text in rows["Validation accuracy"])
    assert set(rows["Multiply-adds for one image"]) == {"0.23 million"} and set(rows["Batch size"]) == {
        "128",
        "64",
    }
    assert "Epochs" not in rows


def test_where_nothing_is_comparable_with_the_run_that_the_page_opens_with_the_newest_alike_are_shown(run):
    made_runs.ended(made_runs.new("second"))
    made_runs.ended(made_runs.new("newest", dataclasses.replace(made_runs.SMALL, seed=1)))
    page = open_page("models")
    assert page.selectbox(key="models-model").value == "newest"
    assert page.multiselect(key="models-compared").value == ["second", "first"]
    page.multiselect(key="models-compared").set_value(["newest"])
    assert "Choose a second run to compare **newest** with" in words(rerun(page))
    page.button(key="compare-newest").click()
    assert rerun(page).multiselect(key="models-compared").value == ["second", "first"]


def test_without_two_comparable_runs_the_page_says_what_to_do(run):
    assert "No two runs have the same validation images yet" in words(open_page("models"))


def test_accuracy_stands_against_the_cost_that_one_chooses(run):
    made_runs.ended(made_runs.new("wide", dataclasses.replace(made_runs.SMALL, network="cnn")))
    page = open_page("models")
    assert "On the frontier: first. " in words(page) and "Beaten by another: wide." in words(page)
    page.segmented_control(key="models-cost").set_value("latency")  # the files are no networks: not measured
    assert "Fewer than two of these runs have an accuracy and this cost" in words(rerun(page))
    page.segmented_control(key="models-axis").set_value("images")
    rerun(page)
    made_runs.ended(made_runs.new("other", dataclasses.replace(made_runs.SMALL, seed=1)))
    page = open_page("models")
    page.multiselect(key="models-compared").set_value(["other", "first"])
    assert "cannot be drawn in one chart" in words(rerun(page))


def test_a_run_without_an_accuracy_is_left_out_of_the_chart_and_named(run):
    made_runs.ended(made_runs.new("second"))
    made_runs.in_epoch(made_runs.new("early"), 2)
    assert "Not drawn, as accuracy or cost is unknown: early." in words(open_page("models"))


def test_two_runs_are_compared_answer_by_answer_when_asked(run, monkeypatch):
    monkeypatch.setattr(scoring, "Classifier", made_runs.Reader)
    made_runs.ended(made_runs.new("second"))
    page = open_page("models")
    assert "difference can be told" not in words(page)
    page.button(key="which").click()
    assert "no difference can be told" in words(rerun(page))


def test_networks_that_cannot_be_read_are_not_compared_and_the_page_says_why(run):
    made_runs.ended(made_runs.new("second"))
    page = open_page("models")
    page.button(key="which").click()
    assert "They cannot be compared" in words(rerun(page))


def test_a_run_that_ended_early_is_resumed_here_too(run, monkeypatch):
    early, started = made_runs.ended(made_runs.new("early"), reason="stopped"), []
    monkeypatch.setattr(jobs, "start", started.append)
    page = open_page("models")
    page.selectbox(key="models-model").set_value("early")
    rerun(page).button(key="resume now early").click()
    rerun(page)
    assert started == [early] and early.history().is_to_go_on
    page.selectbox(key="models-model").set_value("first")
    assert not [button for button in rerun(page).button if button.key.startswith("resume now")]


def test_the_row_of_the_chosen_run_is_selected(run):
    made_runs.ended(made_runs.new("second"))
    page = open_page("models")
    for name in ("first", "second", "first"):
        page.selectbox(key="models-model").set_value(name)
        (row,) = rerun(page).session_state["models-table"]["selection"]["rows"]
        assert page.main.dataframe[0].value["Name"].iloc[row] == name


def test_a_phone_shows_name_accuracy_and_status_first(run):
    assert list(open_page("models").main.dataframe[0].value.columns)[:3] == ["Name", "Validation", "Status"]


def test_tags_and_note_are_kept_with_the_run_and_listed(run):
    page = open_page("models")
    page.multiselect(key=f"notes {run.path} tags").set_value(["good"])
    rerun(page).text_area(key=f"notes {run.path} text").set_value("  My best.  ")
    rerun(page)
    assert run.notes == Notes(("good",), "My best.")
    page = open_page("models")
    assert list(page.main.dataframe[0].value["Tags"].iloc[0]) == ["good"]
    assert page.text_area(key=f"notes {run.path} text").value == "My best."


def test_the_facts_of_a_run_have_their_intervals(run):
    facts = next(table.value for table in open_page("models").main.table if "Fact" in table.value)
    said = dict(zip(facts["Fact"], facts["Value"].str.replace("\\", ""), strict=True))
    low, high = (f"{bound:.2%}" for bound in wilson_interval(221, 240)[1:])  # 92% of 240
    assert said["Validation accuracy"] == f"92.08% of 240 images (95% interval {low} to {high})"
    assert said["Test accuracy"].startswith("not measured")


def test_the_facts_name_the_run_that_it_started_from_and_what_learnt(run):
    made_runs.ended(
        made_runs.new("tuned", dataclasses.replace(made_runs.SMALL, start_from="first", trained_layers=1))
    )
    facts = next(table.value for table in open_page("models").main.table if "Fact" in table.value)
    said = dict(zip(facts["Fact"], facts["Value"], strict=True))
    assert said["Started from"] == "first; of its 3 layers only the last 1 learnt"


def test_curves_forget_a_run_that_is_gone(run):
    second = made_runs.ended(made_runs.new("second"))
    page = open_page("models")
    store.delete(second)
    assert rerun(page).multiselect(key="models-compared").value == ["first"]


def test_a_network_can_be_taken_away_only_where_there_is_one(run):
    page = open_page("models")
    assert [button.label for button in page.main.get("download_button")] == [
        "Download .keras",
        "Download .tflite",
        "Download page",
        "Download app",
        "Download bundle",
        *CURVES,
    ]
    run.tflite_path.unlink()
    assert [button.label for button in rerun(page).main.get("download_button")] == CURVES


def prove(run, kind, **numbers):
    """What a worker leaves with a run: a file and its proof."""
    path = proofs.export_path(run, kind)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"made")
    about = {"images": 1000, "dataset": "digits", "split": "validation", "latency": 0.001, "runtime": "TF 2"}
    made = Proof(kind=kind, model_sha256=proofs.keras_sha256(run), size=4, **(about | numbers))
    proofs.save_proof(made, proofs.exports_folder(run))


def choose(kind):
    page = open_page("models")
    page.selectbox(key="models-format").set_value(kind)
    return rerun(page)


def test_a_file_that_must_be_made_is_offered_once_it_is_made_and_proven(run, monkeypatch):
    monkeypatch.setattr(exports, "make_export", prove)
    page = choose("h5")
    page.button(key="make h5").click()
    rerun(page)
    assert "Download first.h5" in [button.label for button in page.main.get("download_button")]
    rows = next(table.value for table in page.main.table if "Answers changed" in table.value)
    assert rows.iloc[0].to_dict() == {
        "Format": ".h5",
        "Size": "0.00 MB",
        "Answers changed": "0 of 1,000",
        "Largest difference": "<0.000001",
        "One image": "1.00 ms",
        "Run by": "TF 2",
    }
    assert "Compared with Keras on 1,000 validation images of" in words(page)
    run.keras_path.write_bytes(b"trained on")
    assert "make h5" in {button.key for button in rerun(page).main.button}


def test_a_file_that_cannot_be_made_is_told_in_words_and_can_be_tried_again(run, monkeypatch):
    def fail(run, kind):
        raise DownloadError("the .h5 file of 'first' cannot be made: no room")

    monkeypatch.setattr(exports, "make_export", fail)
    page = choose("h5")
    page.button(key="make h5").click()
    assert "No file: the .h5 file of 'first' cannot be made" in rerun(page).main.error[0].value
    assert "make h5" in {button.key for button in page.main.button}
    assert not rerun(page).main.error


def test_a_file_that_answers_otherwise_is_given_with_a_warning(run):
    prove(run, "tflite-int8", changed=23)
    page = choose("tflite-int8")
    assert "It changes 23 of 1,000 answers: expected at most 1%." in page.main.warning[0].value
    assert "Download first-int8.tflite" in [button.label for button in page.main.get("download_button")]


def test_each_format_has_a_program_for_its_file(run):
    page = open_page("models")
    for kind in FORMATS:
        page.selectbox(key="models-format").set_value(kind)
        programs = rerun(page).main.get("code")
        assert any(f"first{FORMATS[kind].suffix}" in program.value for program in programs), kind


def test_a_run_gets_another_name(run):
    page = open_page("models")
    page.text_input(key="models-new-name").set_value("better")
    page.button(key="rename").click()
    assert rerun(page).selectbox(key="models-model").value == "better"
    assert names() == ["better"]


@pytest.mark.parametrize("wrong", ["", "../evil", "second"])
def test_a_name_that_cannot_be_is_refused_in_words(run, wrong):
    made_runs.new("second")
    page = open_page("models")
    page.selectbox(key="models-model").set_value("first")
    page.text_input(key="models-new-name").set_value(wrong)
    page.button(key="rename").click()
    assert "Not renamed" in rerun(page).main.error[0].value
    assert sorted(names()) == ["first", "second"]


@pytest.mark.parametrize(("answer", "left"), [("delete-yes", []), ("delete-no", ["first"])])
def test_deletion_asks_first(run, answer, left):
    page = open_page("models")
    page.button(key="delete").click()
    assert names() == ["first"]
    rerun(page)
    assert [page.button(key=key).proto.type for key in ("delete-no", "delete-yes")] == ["primary", "secondary"]
    page.button(key=answer).click()
    assert not rerun(page).toast
    assert names() == left


def test_notes_of_a_run_that_is_gone_are_not_saved_and_the_page_says_why(run):
    made_runs.new("other")
    page = open_page("models")
    store.delete(run)  # on another page, while this one shows it
    page.text_area(key=f"notes {run.path} text").set_value("My best.")
    page = rerun(page)
    assert "Not saved: first is gone" in page.error[0].value and not run.path.exists()


def test_a_live_run_keeps_its_name_and_its_folder(run):
    busy = made_runs.in_epoch(made_runs.new("busy"), 2)
    with made_runs.at_work(busy):
        page = open_page("models")
        page.selectbox(key="models-model").set_value("busy")
        rerun(page)
        assert page.button(key="rename").disabled
        assert page.button(key="delete").disabled


def test_the_shipped_run_shows_its_card_and_cannot_be_changed(monkeypatch, run, models_folder: Path):
    monkeypatch.setattr(store, "SHIPPED", ("first",))
    monkeypatch.setattr(store, "SHIPPED_FOLDER", models_folder)
    fold = '<details markdown="1">\n<summary>The other candidates</summary>\n\nThere were two.\n\n</details>\n'
    (run.path / "card.md").write_text(f"# First\n\nHow it was trained.\n\n{fold}")
    page = open_page("models")
    card, others = (
        next(box for box in page.expander if box.label == label)
        for label in ("Model card", "The other candidates")
    )
    assert [text.value.strip() for text in card.markdown] == ["### First\n\nHow it was trained."]
    assert [text.value.strip() for text in others.markdown] == ["There were two."]
    assert "Built-in models cannot be renamed or deleted" in words(page)
    assert "delete" not in {button.key for button in page.main.button}
