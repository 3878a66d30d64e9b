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

"""Options have their documented defaults, and reject what cannot be meant."""

from pathlib import Path
import re
import subprocess
import sys

import numpy as np
import pytest

from pose_tracking_ros.blazepose import (
    InferenceOptions,
    PoseModels,
    PoseTracker,
    PoseTrackerOptions,
)
from pose_tracking_ros.blazepose.inference import usable_cores


def test_the_defaults_are_those_documented() -> None:
    options = PoseTrackerOptions()
    assert options.static_image_mode is False
    assert options.upper_body_only is False
    assert options.model_complexity == 1
    assert options.smooth_landmarks is True
    assert options.smoothing == 'official'
    assert options.enable_segmentation is False
    assert options.smooth_segmentation is True
    assert options.verify_tracking is True
    assert options.min_landmark_visibility == 0.0
    assert options.detector_model == options.landmark_model == ''
    assert options.tracking_timeout == 1.0
    assert options.min_detection_confidence == 0.5
    assert options.min_tracking_confidence == 0.5


@pytest.mark.parametrize('name', ['min_detection_confidence', 'min_tracking_confidence'])
@pytest.mark.parametrize('value', [0, 0.0, 0.25, 1, 1.0])
def test_confidences_in_the_unit_interval_are_accepted(name: str, value: float) -> None:
    assert getattr(PoseTrackerOptions(**{name: value}), name) == value


@pytest.mark.parametrize(
    ('name', 'value', 'accepted'),
    [
        ('min_detection_confidence', -0.1, '0 to 1'),
        ('min_detection_confidence', float('nan'), '0 to 1'),
        ('min_tracking_confidence', 1.5, '0 to 1'),
        ('min_tracking_confidence', 'high', '0 to 1'),
        ('min_tracking_confidence', True, '0 to 1'),
        ('tracking_timeout', 0.0, '0.001 to 3600'),
        ('tracking_timeout', float('inf'), '0.001 to 3600'),
        ('tracking_timeout', float('nan'), '0.001 to 3600'),
        ('min_landmark_visibility', 1.1, '0 to 1'),
        ('landmark_model', None, 'a path'),
        ('landmark_model', b'model.onnx', 'a path'),
        ('model_complexity', 1.0, '0 (lite), 1 (full), 2 (heavy)'),
        ('smoothing', Path('off'), 'official'),
        ('model_complexity', 3, '0 (lite), 1 (full), 2 (heavy)'),
        ('model_complexity', True, '0 (lite), 1 (full), 2 (heavy)'),
        ('model_complexity', [1], '0 (lite), 1 (full), 2 (heavy)'),
        ('smooth_landmarks', 1, 'True or False'),
        ('static_image_mode', 'yes', 'True or False'),
    ],
)
def test_a_wrong_value_is_rejected_with_the_accepted_range(
    name: str, value: object, accepted: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(f'{name} is {value!r}')) as error:
        PoseTrackerOptions(**{name: value})
    assert accepted in str(error.value)


def test_a_mask_of_the_upper_body_is_rejected() -> None:
    with pytest.raises(ValueError, match='only the full-body models predict a mask'):
        PoseTrackerOptions(upper_body_only=True, enable_segmentation=True)


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        ('execution_provider', 'gpu'),
        ('num_threads', -1),
        ('num_threads', 1.5),
        ('allow_spinning', 'yes'),
    ],
)
def test_a_wrong_inference_option_is_rejected(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f'{name} is {value!r}')):
        InferenceOptions(**{name: value})


@pytest.mark.parametrize(
    ('name', 'given', 'kept'),
    [
        ('landmark_model', Path('models') / 'mine.onnx', str(Path('models') / 'mine.onnx')),
        ('model_complexity', np.int64(2), 2),
        ('model_complexity', np.arange(3, dtype=np.uint8)[0], 0),
        ('tracking_timeout', np.float32(0.5), 0.5),
        ('tracking_timeout', np.int32(2), 2.0),
        ('tracking_timeout', 2, 2.0),
        ('static_image_mode', np.bool_(True), True),
    ],
)
def test_numbers_of_numpy_and_paths_are_accepted_and_kept_as_plain_values(
    name: str, given: object, kept: object
) -> None:
    value = getattr(PoseTrackerOptions(**{name: given}), name)
    assert value == kept
    assert type(value) is type(kept)


def test_inference_options_take_numbers_of_numpy() -> None:
    options = InferenceOptions('cpu', np.int64(2), np.bool_(True))
    assert options == InferenceOptions('cpu', 2, True)
    assert (type(options.num_threads), type(options.allow_spinning)) == (int, bool)


@pytest.mark.parametrize('options', [2, {'model_complexity': 2}, None, InferenceOptions()])
def test_invalid_options_are_rejected_with_the_expected_type(options: object) -> None:
    with pytest.raises(TypeError, match='accepted is a PoseTrackerOptions'):
        PoseTracker(options)
    with pytest.raises(TypeError, match='accepted is an InferenceOptions'):
        PoseModels.load(PoseTrackerOptions(), 'cpu')


def test_the_usable_cores_are_known_on_systems_without_affinity(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert usable_cores() >= 1
    monkeypatch.delattr('os.sched_getaffinity', raising=False)
    assert usable_cores() >= 1


@pytest.mark.parametrize(
    'code',
    [
        'from pose_tracking_ros.blazepose import PoseTracker; PoseTracker()',
        'from pose_tracking_ros.command_line.pose_bag import main; main(["--help"])',
        'from pose_tracking_ros.command_line.pose_video import main; main(["--help"])',
    ],
)
def test_works_without_docstrings_and_assertions(code: str) -> None:
    done = subprocess.run([sys.executable, '-OO', '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
