"""What a verdict on a picture says, as a record for JSON."""

from __future__ import annotations

from digitrec.inference import Verdict, verdict_words

DIGITS = 6  # decimal places of a probability


def to_record(name: str, verdict: Verdict) -> dict[str, object]:
    """A picture as a JSON object: answer, sure, the probability of each class, and what speaks against the answer.

    Args:
        name: of the file.
        verdict: on the picture.
    """
    return {
        "file": name,
        "answer": verdict.answer,
        "sure": verdict.sure,
        "probabilities": dict(zip(verdict.class_names, list_probabilities(verdict), strict=True)),
        "reasons": list_reasons(verdict),
    }


def list_probabilities(verdict: Verdict) -> list[float]:
    """The calibrated probability of each class, rounded."""
    return [round(value, DIGITS) for value in verdict.proba.tolist()]


def list_reasons(verdict: Verdict) -> list[str]:
    """What speaks against the answer, as sentences; empty if it is sure."""
    return [verdict_words.describe_reason(reason, verdict) for reason in verdict.reasons]
