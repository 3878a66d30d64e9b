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


"""What a tracker remembers can be written down, and read without trust."""

from __future__ import annotations

from dataclasses import replace
import json
from pathlib import Path
import pickle

import numpy as np
import pytest

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerOptions
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
    """Return the first images of a clip, RGB."""
    with VideoSource(walking_man) as video:
        return [frame.image[:, :, ::-1] for frame, _ in zip(video, range(9))]


def _bits(tracker: PoseTracker, images: list[np.ndarray], first: int) -> list[bytes]:
    """Return all that a tracker finds in images, to the last bit."""
    found = []
    for index, image in enumerate(images, start=first):
        pose = tracker.process(image, index * PERIOD_NS)
        report = tracker.last_frame
        found.append(pickle.dumps((pose, report.detector_ran, report.score, report.roi.tolist())))
    return found


@pytest.mark.parametrize('options', VARIANTS.values(), ids=VARIANTS)
def test_a_tracker_goes_on_where_another_was(
    options: PoseTrackerOptions, images: list[np.ndarray]
) -> None:
    whole = PoseTracker(options)
    _bits(whole, images[:5], 0)
    second = PoseTracker(options, models=whole.models)
    second.recall(whole.memory())
    assert second.memory() == whole.memory()
    assert _bits(second, images[5:], 5) == _bits(whole, images[5:], 5)


def test_a_tracker_without_a_past_is_remembered_too(images: list[np.ndarray]) -> None:
    fresh = PoseTracker(LITE)
    memory = fresh.memory()
    expected = _bits(fresh, images[:2], 0)
    fresh.recall(memory)
    assert _bits(fresh, images[:2], 0) == expected


class _Trap:
    """Runs code when it comes out of a pickle."""

    def __reduce__(self) -> tuple:
        return (pytest.fail, ('a memory ran code',))


@pytest.mark.parametrize(
    'memory',
    [
        b'',
        b'{',
        b'[]',
        b'7',
        pickle.dumps(_Trap()),
        b'{"no_such_attribute": 1}',
        b'{"_smoother": {"object": {"_nothing": 1}}}',
        b'{"_roi": {"array": ["|O", [1], "AAAAAAAAAAA="]}}',
        b'{"_roi": {"array": ["<f8", [7], "AAAA"]}}',
        b'{"_roi": {"os.system": ["true"]}}',
        b'{"_roi": {"tuple": [1], "list": [2]}}',
        b'{"_roi": ' + 3000 * b'{"tuple": [' + 3000 * b']}' + b'}',
    ],
    ids=range(12),
)
def test_what_is_no_memory_is_refused(memory: bytes) -> None:
    tracker = PoseTracker(LITE)
    with pytest.raises(ValueError, match='no memory of a PoseTracker'):
        tracker.recall(memory)


def test_memory_is_plain_text(images: list[np.ndarray]) -> None:
    tracker = PoseTracker(LITE)
    _bits(tracker, images[:3], 0)
    content = json.loads(tracker.memory())
    assert content['_stamp_ns'] == 2 * PERIOD_NS
    assert content['_track_id'] == 1
    assert 'models' not in content
