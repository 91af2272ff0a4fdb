"""The rate that a range test offers, on curves that were made so that one knows where they fall."""

import numpy as np
import pytest

from digitrec.metrics import MetricsError, smooth_losses, suggest_rate

RATES = np.geomspace(1e-5, 1, 120)


def made(fall: float, rise: float, *, noise: float = 0.0, seed: int = 0) -> list[float]:
    """A loss of 2.3 that falls to 0.5 around one rate, and rises around another."""
    x = np.log10(RATES)
    losses = 0.5 + 1.8 / (1 + np.exp(6 * (x - np.log10(fall)))) + 4 / (1 + np.exp(-8 * (x - np.log10(rise))))
    return (losses + noise * np.random.default_rng(seed).standard_normal(len(x))).tolist()


@pytest.mark.parametrize("fall", [1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_the_rate_lies_between_the_steepest_fall_and_the_minimum(fall, noise):
    found = suggest_rate(RATES, made(fall, 30 * fall, noise=noise))
    assert fall / 2 < found.steepest < 2 * fall
    assert found.steepest <= found.rate < found.minimum < 30 * fall
    assert suggest_rate(RATES, made(fall, 30 * fall, noise=noise), is_peak=True).rate == found.minimum


def test_a_curve_moved_along_the_rates_moves_the_offer_with_it():
    one, other = (suggest_rate(RATES, made(fall, 30 * fall)).rate for fall in (1e-4, 1e-3))
    assert other / one == pytest.approx(10, rel=0.15)


@pytest.mark.parametrize("losses", [[2.3] * 120, np.linspace(2.3, 9, 120).tolist()])
def test_a_loss_that_does_not_fall_offers_nothing(losses):
    assert suggest_rate(RATES, losses) is None


def test_a_few_steps_say_nothing():
    assert suggest_rate([1e-3, 1e-2], [2.3, 1.0]) is None


def test_a_straight_line_stays_as_it_is_when_smoothed_and_noise_shrinks():
    line = np.linspace(3, 1, 50)
    assert smooth_losses(line) == pytest.approx(line)
    noise = np.random.default_rng(0).standard_normal(200)
    assert smooth_losses(noise)[20:-20].std() < noise.std() / 3


def test_each_rate_has_a_loss():
    with pytest.raises(MetricsError, match="2 rates and 1 losses"):
        suggest_rate([1, 2], [1])
