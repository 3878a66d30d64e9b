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

import re

import pytest

from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions


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
        ('min_detection_confidence', -0.1, '[0, 1]'),
        ('min_detection_confidence', float('nan'), '[0, 1]'),
        ('min_tracking_confidence', 1.5, '[0, 1]'),
        ('min_tracking_confidence', 'high', '[0, 1]'),
        ('min_tracking_confidence', True, '[0, 1]'),
        ('tracking_timeout', 0.0, '[0.001, 3600]'),
        ('tracking_timeout', float('inf'), '[0.001, 3600]'),
        ('tracking_timeout', float('nan'), '[0.001, 3600]'),
        ('min_landmark_visibility', 1.1, '[0, 1]'),
        ('landmark_model', None, 'a path'),
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
