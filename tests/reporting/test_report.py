"""The report: one file, whole, true to the evaluation, and deaf to whatever a name may say."""

import dataclasses
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from digitrec.reporting import html as report_page
from digitrec.reporting import report
from digitrec.reporting.blocks import Heading, body
from digitrec.reporting.html import page
from digitrec.runs.run import Run
from support.scored import HOSTILE, random_score, score_of, trained

FIGURES = 9  # of a run that kept its training


@pytest.fixture(autouse=True)
def small_library(monkeypatch):
    """Plotly's library is 5 MB to read; what matters here is around it."""
    monkeypatch.setattr(report_page, "get_plotlyjs", lambda: "const Plotly = 0 < 1;")


class Reader(HTMLParser):
    """What a browser would see: tags with their attributes, and the text outside of scripts and styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text = ""
        self._in = ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._in = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag):
        self._in = ""

    def handle_data(self, data):
        if self._in == "script":
            self.scripts.append(data)
        elif not self._in:
            self.text += data

    def figures(self) -> list[dict]:
        return [json.loads(script) for script in self.scripts if script.startswith('{"data"')]


def made(class_names=("a", "b", "c"), score=None, name="mine") -> Reader:
    run = trained(name, class_names)
    return Reader(report.make_report(dataclasses.replace(score, run=run) if score else random_score(run=run)))


def test_the_report_says_what_the_evaluation_says():
    score = random_score()
    found = made(score=score)
    right = int(score.evaluation.confusion.trace())
    assert f"{right} of 60 answers are right" in found.text
    assert all(said in found.text for said in ("sha of the model", "sha of the data", "Calibration error", "mlp"))
    assert len(found.figures()) == FIGURES
    wrong = [attributes for tag, attributes in found.tags if tag == "img"]
    assert len(wrong) == 60 - right


def test_the_file_needs_nothing_beside_it():
    found = made()
    addresses = [
        value for _, attributes in found.tags for key, value in attributes.items() if key in ("src", "href")
    ]
    assert all(value.startswith(("data:", "#")) for value in addresses)
    assert not any(tag in ("link", "iframe", "object", "base") for tag, _ in found.tags)
    policy = next(a["content"] for tag, a in found.tags if tag == "meta" and "http-equiv" in a)
    assert policy.startswith("default-src 'none'; img-src data: blob:;") and "http" not in policy


def test_a_hostile_name_is_a_text_and_no_more():
    run = trained("mine", HOSTILE)
    object.__setattr__(run, "path", run.path.rename(run.path.with_name("<b onclick=x>")))
    html = report.make_report(random_score(run=run))
    found = Reader(html)
    assert {tag for tag, _ in found.tags}.isdisjoint({"b onclick", "iframe"})
    assert not any(key.startswith("on") for _, attributes in found.tags for key in attributes)
    assert len(found.scripts) == FIGURES + 2  # figures, the library, what draws them
    assert all(name in found.text for name in (*HOSTILE, "<b onclick=x>"))
    assert HOSTILE[0] not in html.split("<main>")[1].split("</main>")[0]


def test_the_policy_lets_no_other_script_run():
    html = page("title", "", [Heading("one"), body("<script>alert(1)</script>")])
    assert len(re.findall(r"'sha256-[A-Za-z0-9+/]{43}='", html.split("<style>")[0])) == 2
    assert "unsafe-inline'; script-src 'sha256" in html and "unsafe-eval" not in html


@pytest.mark.parametrize(("split", "words"), [("train", "trained on these"), ("validation", "chosen on these")])
def test_images_that_flatter_are_said_to(split, words):
    assert words in made(score=random_score(split=split)).text


@pytest.mark.parametrize(("looks", "words"), [(0, None), (1, "viewed once with"), (3, "viewed 3 times with")])
def test_the_looks_at_the_test_images_are_said(looks, words, monkeypatch):
    monkeypatch.setattr(Run, "count_views", lambda *_: looks)
    text = made().text
    assert words in text if words else "were viewed" not in text


@pytest.mark.parametrize(
    ("labels", "proba"),
    [
        ([0], [[0.2, 0.3, 0.5]]),
        ([0, 0], [[0.8, 0.1, 0.1]] * 2),
        ([0, 1, 2], [[1 / 3] * 3] * 3),
    ],
)
def test_odd_answers_make_a_whole_report(labels, proba):
    found = made(score=score_of(np.array(labels), np.array(proba, np.float32)))
    assert "Where this comes from" in found.text
    assert "nan" not in found.text


def test_a_run_that_kept_no_training_has_a_report():
    run = trained()
    (run.path / "history.jsonl").unlink()
    assert "Settings" in Reader(report.make_report(random_score(run=run))).text


def test_of_very_many_mistakes_the_surest_are_shown():
    proba = np.tile(np.array([[0.5, 0.3, 0.2]], np.float32), (300, 1))
    found = made(score=score_of(np.ones(300, np.int64), proba))
    assert "300 of 300 images are misread, the most confident mistakes first. The first 200" in found.text
    assert sum(tag == "img" for tag, _ in found.tags) == 200
