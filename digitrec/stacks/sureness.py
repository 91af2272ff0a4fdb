"""Which readings are accepted unseen, so that at most a named share of them is expected to be wrong.

At first the calibrated confidence of a reading says how probably it is wrong. It was fitted to other people's
writing, so what a person says of these very pages corrects it. Readings of like confidence make a group. In each,
the calibrated confidence counts as much as `PRIOR_FIELDS` checked fields, and each field that was checked counts
as one (a Beta prior and binomial observations; Gelman et al. 2013, Bayesian Data Analysis, section 2.4).

Only fields count that were checked whatever they said: those that were shown because they are doubtful, and a
random few of the sure ones. Errors that a person saw by chance, or that broke a rule, would count against a group
without the right ones beside them.

Errors come in clusters: a person who writes a 9 like a 4 does so all over the page. So a page has more or fewer
errors than expected by a factor of its own, of mean 1, and the errors are negative binomial instead of Poisson
(McCullagh and Nelder 1989, Generalized Linear Models, section 6.2.3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digitrec.imaging import Labels, Mask
from digitrec.metrics import Estimate, Floats

PRIOR_FIELDS = 50.0  # checked fields, as much as which the calibrated confidence counts in each group
_GROUPS = (0.0005, 0.002, 0.01, 0.05, 0.2)  # bounds of the probability to be wrong
_MIN_WRONG = 1e-4  # no confidence is better than that
_UNSURE_WRONG = 0.1  # at least, where the reader itself is not sure
_EMPTY_WRONG, _UNSURE_EMPTY = 0.001, 0.5  # of an empty field, which has no confidence
_NOTES_WRONG = 0.1  # of notes, stains and what is struck out: a small digit looks alike
_MOST = 5.0  # times the wanted share: no single field is accepted that is more probably wrong
MIN_RANDOM, SMALL_SHARE = 12, 0.15  # of each group are checked at random, whichever is less
RANDOM_SHARE, MAX_RANDOM = 0.02, 200  # of all fields; or more, by the line before
_COUNT = 6 * (len(_GROUPS) + 1)  # groups
# Variance of a page's factor. With it 89 of 92 intervals held, on 23 stacks of `benchmarks.checking --half tune`
# with four wanted shares each, and 72 without it. It cannot be seen on the checked fields: what is doubtful comes
# less in clusters (0.4 to 0.5), and too few of the sure ones are wrong.
_PAGE_VARIANCE = 4.0
_DRAWS = 2000
_SEED = 17
_EDGE = 2.5  # percent beyond each end of an interval


class Readings(NamedTuple):
    """Fields as they were read, one number each.

    Attributes:
        confidence: calibrated; 0 where there is no text.
        sure: by the reader itself.
        has_text: whether it is a digit, a number or a tick.
        is_empty: whether nothing stands there. What has no text and is not empty is notes, a stain, or struck out.
        page: a number for each page, from 0.
    """

    confidence: Floats  # (n,)
    sure: Mask  # (n,)
    has_text: Mask  # (n,)
    is_empty: Mask  # (n,)
    page: Labels  # (n,)


class Checks(NamedTuple):
    """What a person said of them.

    Attributes:
        done: fields that were checked, or marked as wrong: they are accepted by nobody but the person.
        counts: of these, those that were checked whatever they said.
        wrong: fields whose reading was wrong.
        barred: fields that are not accepted, whatever their confidence: they break a rule.
    """

    done: Mask  # (n,)
    counts: Mask  # (n,)
    wrong: Mask  # (n,)
    barred: Mask  # (n,)


class Outlook(NamedTuple):
    """What is accepted, and what is to be expected of it.

    Attributes:
        accepted: fields that need not be looked at: bool (n,).
        wrong: probability of each field to be wrong: float (n,).
        threshold: the lowest confidence of an accepted field with a text; NaN if there is none.
        errors: how many of the accepted fields are expected to be wrong, with a 95% interval.
        share: the same as a share of the accepted.
        checked: fields that were checked whatever they said, and were as sure as the accepted ones.
        found: how many of these were wrong.
    """

    accepted: Mask
    wrong: Floats
    threshold: float
    errors: Estimate
    share: Estimate
    checked: int
    found: int


def estimate(readings: Readings, checks: Checks, share: float) -> Outlook:
    """Decide which readings are accepted, so that at most a share of them is expected to be wrong.

    Args:
        readings: n of them.
        checks: of the same.
        share: of errors among the accepted, more than 0.
    """
    prior = _prior_wrong(readings)
    group, groups = _group(readings, prior), _COUNT
    sizes = np.bincount(group, minlength=groups)
    means = np.bincount(group, prior, minlength=groups) / np.maximum(sizes, 1)  # of the prior in each group
    seen = np.bincount(group[checks.counts], minlength=groups)
    bad = np.bincount(group[checks.counts & checks.wrong], minlength=groups)
    alpha, beta = PRIOR_FIELDS * means + bad, PRIOR_FIELDS * (1 - means) + seen - bad
    ratio = np.divide(alpha / (alpha + beta), means, out=np.ones(groups), where=means > 0)
    wrong = np.minimum(prior * ratio[group], 1.0)

    open_ = ~checks.done & ~checks.barred & (wrong <= _MOST * share)
    order = np.flatnonzero(open_)[np.argsort(wrong[open_], kind="stable")]
    mean = np.cumsum(wrong[order]) / np.arange(1, order.size + 1)
    accepted = np.zeros(len(prior), bool)
    accepted[order[: int(np.searchsorted(mean, share, side="right"))]] = True  # the mean never falls

    expected = np.bincount(group[accepted], prior[accepted], minlength=groups)
    on_pages = np.asarray(np.bincount(readings.page, wrong * accepted), np.float64)
    errors = _errors(expected / np.where(means > 0, means, 1), alpha, beta, on_pages, most=int(accepted.sum()))
    like = np.isin(group, np.unique(group[accepted])) & checks.counts
    texts = readings.confidence[accepted & readings.has_text]
    n = max(1, int(accepted.sum()))
    return Outlook(
        accepted,
        wrong,
        float(texts.min()) if texts.size else float("nan"),
        errors,
        Estimate(*(value / n for value in errors)),
        int(like.sum()),
        int((like & checks.wrong).sum()),
    )


def choose_random(readings: Readings, draws: Floats) -> Mask:
    """The fields that are checked whatever they say, so that the errors of each group can be estimated: bool (n,).

    That is a small share of a large group, and a larger one of a small group: in a small group of lower confidence
    there may be as many errors as in all others.

    Args:
        readings: n of them.
        draws: random numbers (n,), in [0, 1).
    """
    group = _group(readings, _prior_wrong(readings))
    sizes = np.bincount(group, minlength=_COUNT)
    share = min(RANDOM_SHARE, MAX_RANDOM / max(1, len(draws)))
    wanted = np.maximum(share * sizes, np.minimum(MIN_RANDOM, SMALL_SHARE * sizes))
    return np.asarray(draws < (wanted / np.maximum(sizes, 1))[group])


def _group(readings: Readings, prior: Floats) -> NDArray[np.int64]:
    """The group of each field, (n,): fields of a kind, which the reader trusts or not, of like confidence."""
    kind = np.where(readings.has_text, 2, readings.is_empty)
    of_kind = np.searchsorted(_GROUPS, prior)
    return np.asarray(of_kind + (len(_GROUPS) + 1) * (readings.sure + 2 * kind), np.int64)


def _prior_wrong(readings: Readings) -> Floats:
    """How probably each reading is wrong before a person has checked any: float64 (n,)."""
    text = np.maximum(1 - readings.confidence, np.where(readings.sure, _MIN_WRONG, _UNSURE_WRONG))
    other = np.where(readings.is_empty, _EMPTY_WRONG, _NOTES_WRONG)
    return np.where(readings.has_text, text, np.where(readings.sure, other, _UNSURE_EMPTY)).astype(np.float64)


def _errors(sizes: Floats, alpha: Floats, beta: Floats, pages: Floats, *, most: int) -> Estimate:
    """How many of the accepted fields are wrong: the mean, and the middle 95% of what may come.

    Three things count: the share of each group is not known exactly, and errors come by chance, and in clusters.

    Args:
        sizes: how many fields of each group are accepted, as sure as its mean: (groups,).
        alpha, beta: of the share that is wrong in each group: (groups,).
        pages: how many errors are expected on each page.
        most: of errors that can be.
    """
    present = sizes > 0
    if not present.any():
        return Estimate(0.0, 0.0, 0.0)
    sizes, alpha, beta = sizes[present], alpha[present], beta[present]
    value = float((alpha / (alpha + beta) * sizes).sum())
    rng = np.random.default_rng(_SEED)
    rates = (rng.beta(np.maximum(alpha, 1e-9), beta, (_DRAWS, sizes.size)) * sizes).sum(1)
    # All pages' factors together are nearly a gamma variable of mean 1, with this variance.
    spread = _PAGE_VARIANCE * float((pages**2).sum() / pages.sum() ** 2)
    drawn = rng.poisson(rates * rng.gamma(1 / spread, spread, _DRAWS))
    low, high = np.percentile(drawn, [_EDGE, 100 - _EDGE])
    return Estimate(value, float(min(low, value)), float(min(max(high, value), most)))
