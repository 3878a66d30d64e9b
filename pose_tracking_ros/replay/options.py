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

"""Options of an analysis, picklable for other processes."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from math import inf
from typing import Any

from pose_tracking_ros.activities import ActivityOptions
from pose_tracking_ros.blazepose import InferenceOptions, PoseTrackerOptions
from pose_tracking_ros.image_decoding import MAX_IMAGE_PIXELS
from pose_tracking_ros.replay.inputs.images import Window
from pose_tracking_ros.video.image_series import DEFAULT_RATE

DEPTH_SLOP = 0.25
"""
Default maximum difference in seconds between an image and its depth.

The nearest depth image is used; a walking person moves 0.3 m in this time.
"""


@dataclass(frozen=True)
class Outputs:
    """
    The outputs of an analysis, besides its summary.

    :param csv: the tables as CSV
    :param parquet: the tables as Parquet
    :param bag: a bag of the landmarks and markers
    :param report: an HTML page
    :param video: a video of the annotated images
    :param contact_sheet: an overview of some annotated images
    :param rerun: a recording for the Rerun viewer, which needs its SDK
    :param rerun_images: small images in this recording
    :param annotated_images: annotated images in the bag
    :param original_topics: the topics of the recording in the bag
    :raises ValueError: if content of the bag is requested without the bag
    """

    csv: bool = True
    parquet: bool = True
    bag: bool = True
    report: bool = True
    video: bool = False
    contact_sheet: bool = False
    rerun: bool = False
    rerun_images: bool = True
    annotated_images: bool = False
    original_topics: bool = False

    def __post_init__(self) -> None:
        """Check the values."""
        if not self.bag and (self.annotated_images or self.original_topics):
            raise ValueError('annotated images and original topics need the bag')

    @property
    def need_images(self) -> bool:
        """Return whether an output needs the pixels of every image."""
        in_rerun = self.rerun and self.rerun_images
        return self.video or self.contact_sheet or self.annotated_images or in_rerun


@dataclass(frozen=True)
class AnalysisOptions:
    """
    The options of an analysis.

    :param topic: the topic of the images; empty for the only one
    :param camera_info: the topic of the calibration; empty for the sibling of the images, if any
    :param depth_topic: the topic of depth images of the same view; empty for none
    :param depth_slop: maximum difference in seconds between the stamps of an image and its depth
    :param window: the part of the recording
    :param image_rate: numbers per second of numbered images
    :param tracker: options of the tracker
    :param inference: options of the inference
    :param activities: options of the activity recognizer
    :param outputs: the outputs
    :param max_image_pixels: maximum pixels of an image
    :raises ValueError: if a number is out of its range
    """

    topic: str = ''
    camera_info: str = ''
    depth_topic: str = ''
    depth_slop: float = DEPTH_SLOP
    window: Window = field(default_factory=Window)
    image_rate: float = DEFAULT_RATE
    tracker: PoseTrackerOptions = field(default_factory=PoseTrackerOptions)
    inference: InferenceOptions = field(default_factory=InferenceOptions)
    activities: ActivityOptions = field(default_factory=ActivityOptions)
    outputs: Outputs = field(default_factory=Outputs)
    max_image_pixels: int = MAX_IMAGE_PIXELS

    def __post_init__(self) -> None:
        """Check the values."""
        if self.max_image_pixels < 1:
            raise ValueError(f'max_image_pixels is {self.max_image_pixels}, accepted is 1 or more')
        if not 0 <= self.depth_slop < inf:
            raise ValueError(f'depth_slop is {self.depth_slop}, accepted is 0 or more seconds')
        if not 0 < self.image_rate < inf:
            raise ValueError(f'image_rate is {self.image_rate}, accepted is more than 0')

    def as_dict(self) -> dict[str, Any]:
        """Return the options as plain values; an infinite end is None."""
        values = asdict(self)
        if self.window.end == inf:
            values['window']['end'] = None
        return values
