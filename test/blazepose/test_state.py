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

"""What a tracker knows can be saved, and loaded without trust."""

from __future__ import annotations

from dataclasses import replace
import json
from pathlib import Path
import pickle
from typing import Any

import cv2
from hypothesis import given, settings
from hypothesis import strategies as st
import numpy as np
import pytest

from pose_tracking_ros.blazepose import CameraModel, PoseTracker, PoseTrackerOptions
from pose_tracking_ros.blazepose.saved_state import array_text
from pose_tracking_ros.video.source import VideoSource

LITE = PoseTrackerOptions(model_complexity=0)
PERIOD_NS = 33_333_333

VARIANTS = {
    'official': LITE,
    'strong': replace(LITE, smoothing='strong'),
    'off': replace(LITE, smoothing='off'),
    'unverified': replace(LITE, verify_tracking=False),
    'static': replace(LITE, static_image_mode=True),
    'segmentation': replace(LITE, enable_segmentation=True),
    'upper body': PoseTrackerOptions(upper_body_only=True),
}


@pytest.fixture(scope='module')
def images(walking_man: Path) -> list[np.ndarray]:
    """Return the first images of a clip, small: a state holds a mask of that size."""
    with VideoSource(walking_man) as video:
        return [
            cv2.resize(frame.image, None, fx=0.25, fy=0.25)[:, :, ::-1]
            for frame, _ in zip(video, range(9))
        ]


def _bits(
    tracker: PoseTracker,
    images: list[np.ndarray],
    first: int,
    camera: CameraModel | None = None,
) -> list[bytes]:
    """Return all that a tracker finds in images, to the last bit."""
    return [
        pickle.dumps(tracker.process(image, index * PERIOD_NS, camera=camera))
        for index, image in enumerate(images, start=first)
    ]


@pytest.mark.parametrize('options', VARIANTS.values(), ids=VARIANTS)
def test_a_tracker_continues_where_another_was(
    options: PoseTrackerOptions, images: list[np.ndarray]
) -> None:
    whole = PoseTracker(options)
    _bits(whole, images[:5], 0)
    second = PoseTracker(options, models=whole.models)
    second.load_state(whole.save_state())
    assert second.save_state() == whole.save_state()
    assert _bits(second, images[5:], 5) == _bits(whole, images[5:], 5)


def test_positions_continue_where_they_were(images: list[np.ndarray]) -> None:
    camera = CameraModel(272, 480, [420, 0, 135, 0, 420, 241, 0, 0, 1])
    whole = PoseTracker(LITE)
    _bits(whole, images[:5], 0, camera)
    second = PoseTracker(LITE, models=whole.models)
    second.load_state(whole.save_state())
    expected = _bits(whole, images[5:], 5, camera)
    assert _bits(second, images[5:], 5, camera) == expected
    poses = pickle.loads(expected[-1]).poses
    assert poses[0].position_problem is None
    assert 2 < poses[0].position[2] < 5
    # It is smoothed: without the past the same image tells another distance.
    alone = pickle.loads(_bits(PoseTracker(LITE, models=whole.models), images[-1:], 8, camera)[0])
    assert alone.poses[0].position[2] != poses[0].position[2]


def test_a_tracker_without_a_past_has_a_state_too(images: list[np.ndarray]) -> None:
    fresh = PoseTracker(LITE)
    state = fresh.save_state()
    expected = _bits(fresh, images[:2], 0)
    fresh.load_state(state)
    assert _bits(fresh, images[:2], 0) == expected


def test_a_state_is_plain_text(images: list[np.ndarray]) -> None:
    tracker = PoseTracker(LITE)
    _bits(tracker, images[:3], 0)
    content = json.loads(tracker.save_state())
    assert content['stamps']['latest_ns'] == 2 * PERIOD_NS
    assert content['last_track_id'] == content['tracks'][0]['id'] == 1
    assert 'models' not in content


class _Trap:
    """Runs code when it comes out of a pickle."""

    def __reduce__(self) -> tuple:
        return (pytest.fail, ('a state ran code',))


@pytest.fixture(scope='module')
def tracked(images: list[np.ndarray]) -> PoseTracker:
    """Return a tracker that follows somebody, with all that it can know."""
    tracker = PoseTracker(VARIANTS['segmentation'])
    _bits(tracker, images[:3], 0)
    return tracker


@pytest.mark.parametrize(
    'state',
    [
        b'',
        b'{',
        b'[]',
        b'7',
        b'null',
        pickle.dumps(_Trap()),
        b'{"format": "pose_tracker 2"}',
        b'[' * 100_000,
        b'{"a": ' * 100_000,
    ],
    ids=range(9),
)
def test_an_invalid_state_is_rejected(tracked: PoseTracker, state: bytes) -> None:
    before = tracked.save_state()
    with pytest.raises(ValueError, match='not a state of such a tracker'):
        tracked.load_state(state)
    assert tracked.save_state() == before


def test_the_state_of_a_tracker_with_another_skeleton_is_refused(
    tracked: PoseTracker, images: list[np.ndarray]
) -> None:
    other = PoseTracker(VARIANTS['upper body'])
    _bits(other, images[:2], 0)
    with pytest.raises(ValueError, match='skeleton is'):
        tracked.load_state(other.save_state())


def _places(value: Any, path: tuple = ()) -> list[tuple]:
    """Return the paths to all values in a plain one."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, (*path, index))
    return found


_FORGED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.sampled_from(['id', 'mask', '__class__', 'filtered']), st.none()),
)


@settings(deadline=None, max_examples=100)
@given(data=st.data(), forged=_FORGED)
def test_a_forged_field_is_refused_or_a_value_that_the_field_can_have(
    tracked: PoseTracker, images: list[np.ndarray], data: st.DataObject, forged: Any
) -> None:
    before = tracked.save_state()
    state = json.loads(before)
    *path, last = data.draw(st.sampled_from(_places(state)))
    place = state
    for key in path:
        place = place[key]
    place[last] = forged
    try:
        tracked.load_state(json.dumps(state).encode())
    except ValueError:
        assert tracked.save_state() == before
    else:
        # Nothing but what was there has changed, and the tracker still works.
        assert json.loads(tracked.save_state()) == state
        tracked.process(images[3], 3 * PERIOD_NS)
    finally:
        tracked.load_state(before)


@pytest.mark.parametrize('attribute', ['_landmarker', 'models', '__class__', 'process'])
def test_a_state_sets_nothing_but_state(tracked: PoseTracker, attribute: str) -> None:
    before = vars(tracked).keys()
    state = json.loads(tracked.save_state())
    for part in (state, state['tracks'][0], state['tracks'][0]['smoother'], state['stamps']):
        part[attribute] = 'forged'
        forged = json.dumps(state).encode()
        with pytest.raises(ValueError, match='expected the fields'):
            tracked.load_state(forged)
        del part[attribute]
    assert vars(tracked).keys() == before


@pytest.mark.parametrize('value', [np.nan, np.inf, 1e300])
def test_an_array_with_values_out_of_range_is_refused(tracked: PoseTracker, value: float) -> None:
    state = json.loads(tracked.save_state())
    state['tracks'][0]['roi'] = array_text(np.full(5, value))
    forged = json.dumps(state).encode()
    with pytest.raises(ValueError, match='not finite or beyond'):
        tracked.load_state(forged)


@pytest.mark.parametrize('field', ['roi', 'landmarks'])
def test_a_tracked_body_without_a_place_is_refused(tracked: PoseTracker, field: str) -> None:
    state = json.loads(tracked.save_state())
    state['tracks'][0][field] = None
    with pytest.raises(ValueError, match='without a region of interest or landmarks'):
        tracked.load_state(json.dumps(state).encode())
