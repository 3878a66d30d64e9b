# Copyright 2026 The pose_tracking_ros authors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""Filters are calm when still, quick when moving, and never break on odd stamps."""

from collections.abc import Callable
import re

from hypothesis import given
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose.smoothing import (
    LowPassFilter,
    MaskSmoother,
    one_euro_constants,
    OneEuroConstants,
    OneEuroFilter,
    STRONG,
    VelocityFilter,
)

OFFICIAL = OneEuroConstants(min_cutoff=0.05, beta=80.0)

FILTERS: dict[str, Callable[[], OneEuroFilter | VelocityFilter]] = {
    'one-euro': lambda: OneEuroFilter(OFFICIAL),
    'one-euro with a rest speed': lambda: OneEuroFilter(STRONG),
    'velocity': lambda: VelocityFilter(window_size=5, velocity_scale=10.0),
}

PERIOD_NS = 33_333_333


@pytest.fixture(params=FILTERS.values(), ids=FILTERS.keys())
def make_filter(request: pytest.FixtureRequest) -> Callable:
    """Return what makes each kind of filter."""
    return request.param


def _run(smooth: Callable, values: np.ndarray, period_ns: int = PERIOD_NS) -> np.ndarray:
    return np.array([smooth(value, k * period_ns, 0.01) for k, value in enumerate(values)])


def test_the_first_value_passes_as_it_is(make_filter: Callable) -> None:
    value = np.array([3.0, -7.5])
    assert (make_filter()(value, 123, 1.0) == value).all()


def test_a_constant_stays_constant(make_filter: Callable) -> None:
    values = np.full((50, 3), 42.0)
    assert _run(make_filter(), values) == pytest.approx(values)


def test_noise_around_a_still_point_is_reduced(make_filter: Callable) -> None:
    values = 100 + np.random.default_rng(0).normal(0, 0.2, (200, 4))
    assert _run(make_filter(), values)[50:].std() < 0.6 * values[50:].std()


def test_fast_motion_is_followed(make_filter: Callable) -> None:
    values = np.linspace(0, 3000, 60)[:, np.newaxis]
    assert np.abs(_run(make_filter(), values) - values)[10:].max() < 50


def test_reset_clears_the_state(make_filter: Callable) -> None:
    values = np.random.default_rng(1).normal(0, 10, (20, 2))
    smooth = make_filter()
    first = _run(smooth, values)
    smooth.reset()
    assert (_run(smooth, values) == first).all()


def test_elements_do_not_influence_each_other(make_filter: Callable) -> None:
    values = np.random.default_rng(2).normal(0, 10, (20, 3))
    together = _run(make_filter(), values)
    alone = np.stack([_run(make_filter(), values[:, k]) for k in range(3)], axis=1)
    assert together == pytest.approx(alone)


@given(
    kind=st.sampled_from(sorted(FILTERS)),
    steps=st.lists(st.tuples(st.floats(-1e4, 1e4), st.integers(-(10**10), 10**10)), min_size=1),
)
def test_any_stamps_give_finite_values_between_the_extremes(
    kind: str, steps: list[tuple[float, int]]
) -> None:
    smooth, stamp_ns, seen = FILTERS[kind](), 0, []
    for value, step_ns in steps:
        stamp_ns += step_ns
        seen.append(value)
        filtered = smooth(np.array([value]), stamp_ns, 1.0)[0]
        assert min(seen) - 1e-6 <= filtered <= max(seen) + 1e-6


def test_a_repeated_stamp_does_not_freeze_the_value(make_filter: Callable) -> None:
    smooth = make_filter()
    for _ in range(100):
        filtered = smooth(np.array([0.0 if _ < 5 else 100.0]), 0, 0.1)
    assert filtered[0] == pytest.approx(100, abs=1)


def test_one_euro_matches_its_definition() -> None:
    smooth = OneEuroFilter(OneEuroConstants(min_cutoff=1.0, beta=0.5, derivate_cutoff=1.0))
    values, stamps = [1.0, 2.0, 0.5, 0.6], [0.0, 0.04, 0.06, 0.16]

    def alpha(cutoff: float, frequency: float) -> float:
        return 1 / (1 + frequency / (2 * np.pi * cutoff))

    filtered, speed = values[0], 0.0
    for k, (value, stamp) in enumerate(zip(values, stamps)):
        if k:
            frequency = 1 / (stamp - stamps[k - 1])
            raw_speed = (value - values[k - 1]) * frequency
            speed += alpha(1.0, frequency) * (raw_speed - speed)
            filtered += alpha(1.0 + 0.5 * abs(speed), frequency) * (value - filtered)
        assert smooth(np.array([value]), round(stamp * 1e9))[0] == pytest.approx(filtered)


def test_a_rest_speed_makes_noise_calmer_and_leaves_fast_motion_alone() -> None:
    noise = 100 + np.random.default_rng(0).normal(0, 0.1, (400, 8))
    motion = np.linspace(0, 4000, 60)[:, np.newaxis]
    deviation, lag = {}, {}
    for constants in (OFFICIAL, STRONG):
        deviation[constants] = _run(OneEuroFilter(constants), noise)[100:].std()
        lag[constants] = np.abs(_run(OneEuroFilter(constants), motion) - motion)[-1, 0]
    assert deviation[STRONG] < 0.6 * deviation[OFFICIAL]
    assert lag[STRONG] < 1.05 * lag[OFFICIAL]


def test_steady_fast_motion_lags_as_the_constants_predict() -> None:
    speed, size = 50.0, 100.0
    motion = np.arange(0, 10, 1 / 30)[:, np.newaxis] * speed
    smooth = OneEuroFilter(OneEuroConstants(0.05, 80.0, 1.0, rest_speed=0.1))
    sizes_a_second = speed / size
    cutoff = 0.05 + 80 * sizes_a_second**2 / (sizes_a_second + 0.1)
    lag = (motion - _run(smooth, motion))[-1, 0] / speed
    assert lag == pytest.approx(1 / (2 * np.pi * cutoff), rel=0.01)


def test_the_names_and_the_constants_of_a_smoothing() -> None:
    assert one_euro_constants('off') is None
    assert one_euro_constants('official') is None
    assert one_euro_constants('strong') == STRONG
    assert one_euro_constants('0.05,80,1') == OFFICIAL
    assert one_euro_constants(' 0.05, 8e1, 1, 0 ') == OFFICIAL
    assert one_euro_constants('0.05,80,1,0.05') == STRONG


@pytest.mark.parametrize(
    'smoothing',
    ['', 'Strong', 'none', '0.05', '0.05,80', '0.05,80,1,0,0', '0.05;80;1', 'a,b,c', False],
)
def test_another_smoothing_is_refused_with_the_accepted_forms(smoothing: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f'smoothing is {smoothing!r}')) as error:
        one_euro_constants(smoothing)
    assert 'off, official, strong' in str(error.value)
    assert 'min_cutoff,beta,derivate_cutoff' in str(error.value)


@pytest.mark.parametrize(
    ('smoothing', 'constant'),
    [
        ('0,80,1', 'min_cutoff in [0.001, 1000]'),
        ('nan,80,1', 'min_cutoff in [0.001, 1000]'),
        ('1,-80,1', 'beta in [0, 100000]'),
        ('1,80,inf', 'derivate_cutoff in [0.001, 1000]'),
        ('1,80,1,-1', 'rest_speed in [0, 1000]'),
    ],
)
def test_a_constant_out_of_its_range_is_refused_by_name(smoothing: str, constant: str) -> None:
    with pytest.raises(ValueError, match=re.escape(constant)):
        one_euro_constants(smoothing)


@given(
    constants=st.tuples(
        st.floats(1e-3, 1e3), st.floats(0, 1e5), st.floats(1e-3, 1e3), st.floats(0, 1e3)
    ),
    steps=st.lists(st.tuples(st.floats(-1e4, 1e4), st.integers(0, 10**10)), min_size=1),
)
def test_any_accepted_constants_give_finite_values_between_the_extremes(
    constants: tuple[float, ...], steps: list[tuple[float, int]]
) -> None:
    smooth = OneEuroFilter(one_euro_constants(','.join(map(repr, constants))))
    values = [value for value, _ in steps]
    stamps = np.cumsum([step_ns for _, step_ns in steps])
    for value, stamp_ns in zip(values, stamps):
        filtered = smooth(np.array([value]), int(stamp_ns))[0]
        assert min(values) - 1e-6 <= filtered <= max(values) + 1e-6


def test_low_pass_mixes_with_the_past() -> None:
    smooth = LowPassFilter(0.1)
    assert smooth(np.array([1.0]))[0] == 1.0
    assert smooth(np.array([0.0]))[0] == pytest.approx(0.9)
    smooth.reset()
    assert smooth(np.array([0.0]))[0] == 0.0


def test_a_certain_mask_passes_and_an_uncertain_one_is_mixed() -> None:
    smooth = MaskSmoother(ratio=0.7)
    before = np.array([[0.0, 1.0]], np.float32)
    assert (smooth(before) == before).all()
    mixed = smooth(np.array([[1.0, 0.5]], np.float32))
    assert mixed[0] == pytest.approx([1.0, 0.5 + 0.5 * 0.7], abs=0.01)
    assert mixed.dtype == np.float32
