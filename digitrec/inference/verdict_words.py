"""The words for a verdict, the same wherever one is shown."""

from __future__ import annotations

from digitrec.inference.verdict import Reason, Verdict

MAX_REASONS = 2  # that are put into words: the strongest


def describe(verdict: Verdict) -> str:
    """Why a verdict is "not sure", in a sentence or two; empty if it is sure."""
    return " ".join(describe_reason(reason, verdict) for reason in verdict.reasons[:MAX_REASONS])


def describe_reason(reason: Reason, verdict: Verdict) -> str:
    """One reason as a sentence.

    Args:
        reason: one of the verdict's.
        verdict: it names the answer and the runner-up.
    """
    return _SENTENCES[reason.kind].format(
        a_class=with_article(verdict.answer), first=verdict.answer, second=verdict.runner_up, value=reason.value
    )


def with_article(name: str) -> str:
    """A class with its indefinite article, as it is spoken: "a 7", "an 8", "an X"."""
    spoken_vowel = name[:1] in "8AEFHILMNORSXaeiou" if len(name) == 1 else name[:1].lower() in "8aeiou"
    return f"{'an' if spoken_vowel and name else 'a'} {name}"


_SENTENCES = {
    "blot": "This looks like a dot or a blot, not like a digit.",
    "line": "This looks like a line across the paper, not like a digit.",
    "line from edge to edge": "This looks like a line: it runs from one edge of the paper to another.",
    "components": "It has {value:.0f} separate parts, like more than one digit.",
    "several components": "It has several separate parts, like more than one digit.",
    "many loops": "It has more closed loops than a digit usually has.",
    "many ends": "It has more stroke ends than a digit usually has.",
    "many lines": "It has more lines than a digit usually has.",
    "few lines": "It has hardly any lines.",
    "much ink": "It has more ink than a digit usually has.",
    "little ink": "It has hardly any ink.",
    "wide": "It is wider than a digit usually is.",
    "unlike class": "It looks unlike {a_class} in the training images.",
    "other directions": "Its strokes go in other directions than in {a_class}.",
    "unusual in all": "Its shape and strokes together are unlike {a_class} in the training images.",
    "between two classes": "The network cannot decide between {first} and {second}.",
}
