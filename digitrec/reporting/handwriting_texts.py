"""What a network has gained by learning a person's handwriting, in sentences and as a table."""

from __future__ import annotations

from digitrec.evaluation.handwriting import Gain, Handwriting, Reading
from digitrec.reporting.formatting import format_share


def describe(found: Handwriting) -> list[str]:
    """Sentences: one's own digits before and after, whether that can be chance, and MNIST."""
    own, mnist = found.own, found.mnist
    better = own.after.right - own.before.right
    return [
        f"Of your {own.before.n} digits that were held back, {found.start} read {_right(own.before)} right "
        f"before, and the new network reads {_right(own.after)}.",
        _sureness(own),
        _chance(own, better, f"With only {own.before.n} digits, no difference can be told from chance."),
        f"Of MNIST's {mnist.before.n:,} validation images, {found.start} read {_percent(mnist.before)} right "
        f"before, and the new network reads {_percent(mnist.after)}. {_forgotten(mnist)}",
    ]


def rows(found: Handwriting) -> list[dict[str, str]]:
    """A table: what was counted, before and after."""
    lines = []
    for title, gain in (("your digits", found.own), ("MNIST", found.mnist)):
        both = (gain.before, gain.after)
        lines += [
            _row(f"Right, {title}", [f"{each.right:,} of {each.n:,}" for each in both]),
            _row("95% interval", [_interval(each) for each in both]),
        ]
        if gain.before.not_sure is not None:
            lines += [
                _row("Sure and right", [f"{each.sure_right:,}" for each in both]),
                _row("Not sure", [f"{each.not_sure:,}" for each in both]),
                _row("Sure and wrong", [f"{each.sure_wrong:,}" for each in both]),
            ]
    return lines


def _sureness(gain: Gain) -> str:
    before, after = gain.before, gain.after
    return (
        f"Not sure: {before.not_sure} before, {after.not_sure} now. "
        f"Sure and wrong: {before.sure_wrong} before, {after.sure_wrong} now."
    )


def _row(title: str, values: list[str]) -> dict[str, str]:
    return {"": title, "Before": values[0], "After": values[1]}


def _right(reading: Reading) -> str:
    return f"**{reading.right}** ({_interval(reading)})"


def _percent(reading: Reading) -> str:
    return f"{format_share(reading.accuracy.value)} ({_interval(reading, 2)})"


def _interval(reading: Reading, decimals: int = 0) -> str:
    low, high = (format_share(share, decimals) for share in reading.accuracy[1:])
    return f"{low} to {high}"


def _chance(gain: Gain, better: int, unclear: str) -> str:
    if not gain.differs:
        return unclear
    word = "better" if better > 0 else "worse"
    return f"That is {word}, and hardly chance (p = {gain.p_value:.3f}, McNemar's test)."


def _forgotten(gain: Gain) -> str:
    if not gain.differs:
        return "No difference can be told: it seems to have forgotten nothing."
    if gain.after.right > gain.before.right:
        return f"It has not forgotten them (p = {gain.p_value:.3f})."
    return f"It has forgotten a little (p = {gain.p_value:.3f}, McNemar's test)."
