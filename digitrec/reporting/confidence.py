"""How sure a network is, as blocks: its calibration, and the threshold below which it says "not sure"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digitrec.charts import metrics as charts
from digitrec.evaluation import Score
from digitrec.inference import reject_threshold
from digitrec.metrics import (
    OperatingPoint,
    ReliabilityDiagram,
    RiskCoverageCurve,
    curves,
    proportion,
    wilson_interval,
)
from digitrec.reporting import evaluation_tables
from digitrec.reporting.blocks import (
    Block,
    Figure,
    Heading,
    Number,
    Numbers,
    Strong,
    TableBlock,
    Text,
    body,
    caption,
)
from digitrec.reporting.formatting import format_confidence, format_interval, format_loss, format_share
from digitrec.runs import Run

REJECTION_TITLE = "When to say “not sure”"


def calibration(score: Score) -> list[Block]:
    """Whether the network is as sure as it is right, before and after its temperature."""
    diagrams = evaluation_tables.diagrams(score)
    alt = "Reliability diagram: how often answers are right over their confidence; the table has the numbers"
    return [
        Heading("Is it as sure as it is right?"),
        body(_describe_confidence(score)),
        Numbers(tuple(_error_number(name, one) for name, one in diagrams.items()), "columns"),
        *_describe_temperature(score, list(diagrams.values())),
        Figure("reliability", charts.reliability_figure(diagrams), alt),
        caption(
            "Each point stands for the answers in one of 15 ranges of confidence. On the dotted line, confidence "
            "and accuracy agree; below it, the network is too sure. Bars are 95% Wilson intervals: they are long "
            "where there are few answers, as the lower chart shows."
        ),
        TableBlock(evaluation_tables.calibration(diagrams), is_folded=True),
    ]


def rejection(score: Score) -> list[Block]:
    """What the run's threshold does to these images: how many are answered, and how many of those rightly."""
    title = f"{score.split_name.capitalize()} images"
    curve = curves.risk_coverage_curve(score.is_right, score.calibrated.max(1))
    point = curves.operating_point(curve, reject_threshold(score.run))
    return [
        Heading(REJECTION_TITLE),
        rejection_text(),
        threshold_text(score.run),
        *point_blocks(title, point),
        coverage_block({title: curve}, {title: point}),
        caption(describe_no_error(curves.max_coverage_without_errors(curve), score.split_name)),
    ]


def rejection_text() -> Text:
    """What a threshold is for."""
    return body(
        "A network that may say “not sure” makes fewer mistakes. Below the threshold, its answer is “not sure”. "
        "Choose the threshold on the ",
        Strong("validation"),
        " images; other images only show what it does to them.",
    )


def threshold_text(run: Run) -> Text:
    """The threshold of a run, and whether a person chose it."""
    shown = Strong(format_confidence(reject_threshold(run)))
    if run.reject is None:
        return body(
            "You have ",
            Strong("not set a threshold"),
            " for this model. It says “not sure” below ",
            shown,
            " confidence, and where a drawing does not look like its training images.",
        )
    return body("The threshold of this model is ", shown, ": below it, the model says “not sure”.")


def point_blocks(name: str, point: OperatingPoint, remark: str = "") -> list[Block]:
    """What a threshold does to some images."""
    coverage, accuracy = point.coverage, point.accuracy
    entries = (
        Number("Answered", format_share(coverage.value), "", f"{point.answered:,} of {point.images:,} images."),
        Number("Right among them", format_share(accuracy.value), "", f"{_count_answers(point.wrong)} wrong."),
    )
    return [
        body(Strong(name), f": {remark}" if remark else ""),
        Numbers(entries, "row"),
        caption(
            f"{point.answered:,} of {point.images:,} images answered, {point.wrong:,} of them wrong. 95% interval "
            f"of the accuracy: {format_interval('accuracy', accuracy)}."
        ),
    ]


def _count_answers(n: int) -> str:
    return "1 answer is" if n == 1 else f"{n:,} answers are"


def coverage_block(lines: Mapping[str, RiskCoverageCurve], points: Mapping[str, OperatingPoint]) -> Figure:
    """Accuracy over the share of images answered, and where a threshold is on each curve."""
    thin = {name: curves.thin_risk_coverage_curve(curve) for name, curve in lines.items()}
    alt = "Accuracy of the answers over the share of images answered, for every threshold"
    return Figure("coverage", charts.coverage_figure(thin, points), alt)


def describe_no_error(point: OperatingPoint, split: str = "validation") -> str:
    """How many of a split's images can be answered without a mistake, and what that promises."""
    if not point.answered:
        return f"The most confident answer on the {split} images is wrong, so no threshold avoids all mistakes."
    doubt = wilson_interval(0, point.answered).high
    return (
        f"The network can answer {format_share(point.coverage.value)} of the {split} images without a mistake "
        f"(confidence of at least {format_confidence(point.threshold)}). On other images mistakes are still "
        f"possible: no mistake in {point.answered:,} answers means up to {format_share(doubt)} wrong, with 95% "
        "confidence."
    )


def _describe_confidence(score: Score) -> str:
    confidence = float(score.calibrated.max(1).mean())
    accuracy = proportion(int(score.is_right.sum()), len(score.is_right))
    gap = f"{100 * abs(confidence - accuracy.value):.2f} percentage points"
    if accuracy.low <= confidence <= accuracy.high:
        verdict = "it is as sure as it is right"
    elif confidence > accuracy.value:
        verdict = f"it is too sure, by {gap}"
    else:
        verdict = f"it is not sure enough, by {gap}"
    shown = f"{format_share(confidence)} and the accuracy {format_share(accuracy.value)}"
    return f"The mean confidence is {shown}: {verdict}."


def _error_number(name: str, found: ReliabilityDiagram) -> Number:
    error, chance = found.error, found.by_chance
    judgement = "larger than chance explains" if error.value > chance.high else "within chance"
    return Number(
        f"Expected calibration error, {name}",
        format_share(error.value),
        f"{format_share(error.low)} to {format_share(error.high)}",
        "The mean gap between confidence and accuracy. A perfectly calibrated network shows "
        f"{format_share(chance.low)} to {format_share(chance.high)} on as many images, so this is {judgement}. "
        f"Log loss {format_loss(found.log_loss)}.",
    )


def _describe_temperature(score: Score, diagrams: Sequence[ReliabilityDiagram]) -> list[Text]:
    temperature = score.temperature
    if temperature is None:
        return []
    effect = "less sure" if temperature > 1 else "more sure"
    texts = [
        body(
            "Temperature: ",
            Strong(f"{temperature:.2f}"),
            f", fitted on the validation images (Guo et al. 2017). It makes the network {effect} and changes no "
            "answer. All confidences shown use it.",
        )
    ]
    before, after = diagrams
    if after.error.value > before.error.value:
        texts.append(
            body(
                "On these images the error is larger with the temperature than without. This can happen: the "
                "temperature was fitted on other images."
            )
        )
    return texts
