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

from dataclasses import dataclass

from pose_tracking_ros.blazepose.option import check_options, documented, option, options_of
from pose_tracking_ros.blazepose.smoothing import one_euro_constants, SMOOTHING_FORMS

MODEL_COMPLEXITIES = {0: 'lite', 1: 'full', 2: 'heavy'}

# Divisions of the longer side of the image into the squares that are searched for people.
SEARCH_TILES: dict[str, tuple[int, ...]] = {
    'off': (),
    'halves': (2,),
    'thirds': (2, 3),
    'quarters': (2, 3, 4),
}

AUTO = 'auto'

# The more people there are, the smaller is each in the image, and the less the detector sees of
# those around the most prominent ones.
MIN_CROWD = 5

MAX_POSES = 16


@documented
@dataclass(frozen=True)
class PoseTrackerOptions:
    """
    Options of :class:`PoseTracker`.

    Times are differences between the stamps of images. Numbers of numpy and path objects are
    accepted, and stored as built-in types.
    """

    static_image_mode: bool = option(
        False,
        'Treat the images as unrelated: run the detector on each, no tracking, no smoothing.',
    )
    upper_body_only: bool = option(
        False,
        'Predict the first 25 landmarks, nose to hips, with the upper-body models.',
        selects_models=True,
    )
    model_complexity: int = option(
        1,
        'Full-body landmark model: a higher number is more accurate and slower.',
        bounds=(min(MODEL_COMPLEXITIES), max(MODEL_COMPLEXITIES)),
        form=', '.join(f'{number} ({name})' for number, name in MODEL_COMPLEXITIES.items()),
        selects_models=True,
    )
    num_poses: int = option(
        1,
        'Maximum number of people. With 1, a person who is lost and detected again gets a new '
        'track_id; with more, the same track_id if recognized within track_memory.',
        bounds=(1, MAX_POSES),
    )
    search_interval: float = option(
        0.2,
        'Seconds between searches for more people, while fewer than num_poses are tracked. The '
        'detector runs at most once per image.',
        bounds=(0.0, 3600.0),
    )
    search_tiles: str = option(
        AUTO,
        'Search the whole image and overlapping squares of it in turn, for small and distant '
        'people. halves: squares of half the longer side; thirds, quarters: smaller ones as well; '
        'off: the whole image only; auto: halves for up to four people, for more thirds, or '
        'quarters in static image mode. With num_poses 1, squares are searched only if no person '
        'is found in the whole image, with verify_tracking on and static_image_mode off.',
        choices=(AUTO, *SEARCH_TILES),
    )
    track_memory: float = option(
        2.0,
        'Seconds for which the track_id of a lost person is kept for their return. Ignored with '
        'num_poses 1.',
        bounds=(0.0, 3600.0),
    )
    main_person: str = option(
        'first',
        'The person who comes first in the results: the one tracked first, the largest, or the '
        'one nearest to the center of the image. Another person has to be clearly larger or '
        'nearer.',
        choices=('first', 'largest', 'center'),
    )
    smooth_landmarks: bool = option(
        True, 'Filter the landmarks over time. Ignored in static image mode.'
    )
    smoothing: str = option(
        'official',
        "Preset: official (MediaPipe's filter), strong (less jitter), off (same as "
        'smooth_landmarks false), or one-euro constants; see docs/smoothing.md.',
        form=SMOOTHING_FORMS,
    )
    enable_segmentation: bool = option(
        False, 'Also predict a mask of each person. Full body only.', selects_models=True
    )
    smooth_segmentation: bool = option(
        True, 'Mix each mask with the previous one. Ignored in static image mode.'
    )
    verify_tracking: bool = option(
        True,
        'Report a body only if the networks agree that it is a person, and keep left and right '
        'when the model exchanges them for a moment. MediaPipe does neither. Ignored in static '
        'image mode with num_poses 1.',
    )
    tracking_timeout: float = option(
        1.0,
        'Seconds between two images after which the tracker starts again.',
        bounds=(0.001, 3600.0),
    )
    min_detection_confidence: float = option(
        0.5, 'Minimum score of a detection that counts as a person.', bounds=(0.0, 1.0)
    )
    min_tracking_confidence: float = option(
        0.5,
        'Minimum score of a tracked body; below it the detector runs again. Ignored in static '
        'image mode, where it is 0.5.',
        bounds=(0.0, 1.0),
    )
    min_landmark_visibility: float = option(
        0.0,
        'Above 0, landmarks with a lower visibility, or outside the image or the region of '
        'interest, are NaN.',
        bounds=(0.0, 1.0),
    )
    person_height: float = option(
        0.0,
        'Height of the tracked people in metres, to scale positions in metres; 0 = unknown.',
        bounds=(0.0, 3.0),
    )
    detector_model: str = option(
        '',
        'ONNX file in place of the person detector of the package, with its inputs and outputs; '
        'see models/models.yaml.',
        form='a path, or empty for the model of the package',
        is_path=True,
        selects_models=True,
    )
    landmark_model: str = option(
        '',
        'ONNX file in place of the landmark model of the package, with its inputs and outputs.',
        form='a path, or empty for the model of the package',
        is_path=True,
        selects_models=True,
    )

    def __post_init__(self) -> None:
        """Check every option."""
        check_options(self)
        one_euro_constants(self.smoothing)
        if self.upper_body_only and self.enable_segmentation:
            raise ValueError(
                'enable_segmentation is True with upper_body_only: only the full-body models '
                'predict a mask, set one of the two to False'
            )


SELECT_MODELS = tuple(item.name for item in options_of(PoseTrackerOptions) if item.selects_models)
"""Names of the options that stay as they are for the life of a tracker."""
