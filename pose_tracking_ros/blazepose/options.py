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

"""The options of the tracker, with the names and defaults of MediaPipe Pose."""

from __future__ import annotations

from dataclasses import dataclass, fields
from numbers import Integral, Real
import os
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose.smoothing import one_euro_constants, SMOOTHING_FORMS

MODEL_COMPLEXITIES = {0: 'lite', 1: 'full', 2: 'heavy'}

# The options that tell which models to load: they stay as long as a tracker does.
CHOOSE_MODELS = (
    'upper_body_only',
    'model_complexity',
    'enable_segmentation',
    'detector_model',
    'landmark_model',
)

# The parts of the longer side of the image that squares have in which people are looked for.
SEARCH_TILES: dict[str, tuple[int, ...]] = {'off': (), 'halves': (2,), 'thirds': (2, 3)}

AUTO = 'auto'

# The more people there are, the smaller is each in the image, and the less the detector sees of
# those around the most prominent ones.
CROWD_FROM = 5

MAIN_PERSON_RULES = ('first', 'largest', 'center')

# Smallest and largest value of the options that are numbers.
RANGES = {
    'num_poses': (1, 16),
    'search_interval': (0.0, 3600.0),
    'track_memory': (0.0, 3600.0),
    'min_detection_confidence': (0.0, 1.0),
    'min_tracking_confidence': (0.0, 1.0),
    'tracking_timeout': (0.001, 3600.0),
    'min_landmark_visibility': (0.0, 1.0),
    'person_height': (0.0, 3.0),
}


_CHOICES = {'search_tiles': (AUTO, *SEARCH_TILES), 'main_person': MAIN_PERSON_RULES}


@dataclass(frozen=True)
class PoseTrackerOptions:
    """
    Options of :class:`PoseTracker`.

    Numbers of numpy and paths as objects are accepted, and kept as those of Python and as strings.

    :param static_image_mode: treat images as unrelated: detect on each, no tracking, no smoothing
    :param upper_body_only: predict the first 25 landmarks with the upper-body models
    :param model_complexity: 0 (lite), 1 (full) or 2 (heavy); the upper body has one model only
    :param num_poses: how many people to find at most, 1 to 16; with 1 a body that is found anew
        gets a new number, with more whoever comes back keeps the old one
    :param search_interval: seconds by the stamps from one search for more people to the next,
        while fewer than num_poses are tracked; the detector runs at most once an image then
    :param search_tiles: 'halves' searches the whole image and overlapping squares of half its
        longer side in turn, 'thirds' also squares of a third, for small and distant people and for
        people among others; 'off' the whole image only; 'auto' is 'thirds' with num_poses of 5 or
        more, else 'halves'. With num_poses 1 squares are searched where the whole image shows
        nobody, but not in static image mode and not without verify_tracking, as in MediaPipe
    :param track_memory: seconds by the stamps for which somebody who was lost is remembered, to
        get the same number when found again; ignored with num_poses 1
    :param main_person: who comes first: the one tracked 'first', the 'largest', or the one nearest
        to the 'center' of the image; another one has to be clearly larger or nearer
    :param smooth_landmarks: filter landmarks over time; ignored in static image mode
    :param smoothing: how strongly: 'official' as MediaPipe does, 'strong' for calmer landmarks,
        'off' for none as with smooth_landmarks False, or one-euro constants as
        'min_cutoff,beta,derivate_cutoff' or 'min_cutoff,beta,derivate_cutoff,rest_speed', such as
        '0.05,80,1'; docs/smoothing.md explains them; ignored in static image mode
    :param enable_segmentation: also predict a mask of the person; full body only
    :param smooth_segmentation: mix each mask with the one before; ignored in static image mode
    :param verify_tracking: report a body only where the networks agree that it is a person, and
        put left and right where they were when the model exchanges them for moments; off is what
        MediaPipe does; ignored in static image mode with num_poses 1
    :param tracking_timeout: seconds between the stamps of two images after which the tracker
        starts over
    :param min_detection_confidence: score in [0, 1] from which a detection counts as a person
    :param min_tracking_confidence: minimum score in [0, 1] of a tracked body; below it the
        detector runs again; ignored in static image mode, where it is 0.5
    :param min_landmark_visibility: above 0, landmarks whose visibility in [0, 1] is below it, or
        that lie outside the image or the region that the model looked at, are NaN
    :param person_height: metres from the soles to the top of the head of the people who are
        tracked, where it is known: positions in metres are scaled by it and more certain; 0 is not
        known
    :param detector_model: ONNX file in place of the person detector of the package, with the
        inputs and outputs that models/models.yaml tells; empty for that of the package
    :param landmark_model: the same for the landmark model
    :raises ValueError: when an option is of the wrong type or out of its range
    """

    static_image_mode: bool = False
    upper_body_only: bool = False
    model_complexity: int = 1
    num_poses: int = 1
    search_interval: float = 0.2
    search_tiles: str = AUTO
    track_memory: float = 2.0
    main_person: str = 'first'
    smooth_landmarks: bool = True
    smoothing: str = 'official'
    enable_segmentation: bool = False
    smooth_segmentation: bool = True
    verify_tracking: bool = True
    tracking_timeout: float = 1.0
    min_detection_confidence: float = 0.5
    min_tracking_confidence: float = 0.5
    min_landmark_visibility: float = 0.0
    person_height: float = 0.0
    detector_model: str = ''
    landmark_model: str = ''

    def __post_init__(self) -> None:
        """Check every option."""
        for field in fields(self):
            value = getattr(self, field.name)
            accepted, plain = _plain(field.name, field.default, value)
            if plain is None:
                raise ValueError(f'{field.name} is {value!r}, accepted is {accepted}')
            object.__setattr__(self, field.name, plain)
        one_euro_constants(self.smoothing)
        if self.upper_body_only and self.enable_segmentation:
            raise ValueError(
                'enable_segmentation is True with upper_body_only: only the full-body models '
                'predict a mask, set one of the two to False'
            )


def _plain(name: str, default: Any, value: Any) -> tuple[str, bool | int | float | str | None]:
    """Return in words what an option accepts, and its value of a type of Python if it does."""
    is_number = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if isinstance(default, bool):
        is_bool = isinstance(value, bool | np.bool_)
        return 'True or False', bool(value) if is_bool else None
    if isinstance(default, float):
        lowest, highest = RANGES[name]
        is_inside = is_number and lowest <= value <= highest
        return f'a number in [{lowest:g}, {highest:g}]', float(value) if is_inside else None
    if isinstance(default, int) and name in RANGES:
        lowest, highest = RANGES[name]
        is_inside = is_number and isinstance(value, Integral) and lowest <= int(value) <= highest
        return f'an integer in [{lowest}, {highest}]', int(value) if is_inside else None
    if isinstance(default, int):
        accepted = ', '.join(f'{k} ({v})' for k, v in MODEL_COMPLEXITIES.items())
        is_known = is_number and isinstance(value, Integral) and value in MODEL_COMPLEXITIES
        return accepted, int(value) if is_known else None
    if name == 'smoothing':
        return SMOOTHING_FORMS, str(value) if isinstance(value, str) else None
    if name in _CHOICES:
        is_known = isinstance(value, str) and value in _CHOICES[name]
        return f'one of {", ".join(_CHOICES[name])}', str(value) if is_known else None
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    return 'a path as a string or an os.PathLike', path if isinstance(path, str) else None
