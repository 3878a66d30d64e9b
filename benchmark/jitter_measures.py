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

"""
Jitter and lag of the filters of landmarks, on predictions for real images.

Predictions are recorded once, and played through the filters at any rate and with any stamps: all
filters get the same input. The unit of length is a thousandth of the diameter of the circle around
the body, about 2 mm: a pixel if the body fills an image of 1000 pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pose_tracking_ros.blazepose import PoseTracker, PoseTrackerOptions
from pose_tracking_ros.blazepose.inference import InferenceOptions, Model
from pose_tracking_ros.blazepose.landmarker import PoseLandmarker, PredictedLandmarks
from pose_tracking_ros.blazepose.models import find_model
from pose_tracking_ros.blazepose.pipelines import (
    body_circle_diameter,
    landmark_model_name,
    Pipeline,
    pipeline,
)
from pose_tracking_ros.blazepose.pose_smoothing import PoseSmoother

# Standard deviation of the noise of a camera in good light, in grey levels.
CAMERA_NOISE = 4.0

# Seconds for filters to settle before jitter is measured.
SETTLING = 2.0

# A hand reaches half a metre within 0.3 s, from rest to rest, at 3 m/s in the middle.
REACH, REACH_DURATION = 0.25, 0.3

# Speeds of real landmarks that count as fast, in body sizes a second: above 1 m/s, and below those
# of landmarks that jump.
FAST = 0.5, 4.0


@dataclass(frozen=True)
class Recording:
    """
    The predictions of the models in a clip, before any filter.

    :param predictions: for each image
    :param size: width and height of the images in pixels
    :param pipeline: the generation of the models
    """

    predictions: list[PredictedLandmarks]
    size: tuple[int, int]
    pipeline: Pipeline

    @property
    def body_size(self) -> float:
        """Return the mean diameter of the circle around the body, in pixels."""
        points = [prediction.alignment_points * self.size for prediction in self.predictions]
        return float(np.mean([body_circle_diameter(points_px, points_px) for points_px in points]))

    @property
    def visible(self) -> np.ndarray:
        """Return whether each landmark is mostly visible."""
        return np.mean([p.landmarks[:, 3] for p in self.predictions], axis=0) > 0.5

    def every(self, step: int) -> Recording:
        """Return the recording of a camera slower by a factor."""
        return replace(self, predictions=self.predictions[::step])

    def moved(self, offsets: np.ndarray) -> Recording:
        """Return the recording with all landmarks moved right by offsets in body sizes."""
        moved = []
        for prediction, offset in zip(self.predictions, offsets * (self.body_size / self.size[0])):
            landmarks = prediction.landmarks.copy()
            landmarks[:, 0] += offset
            moved.append(replace(prediction, landmarks=landmarks))
        return replace(self, predictions=moved)

    def positions(self) -> np.ndarray:
        """Return the landmarks in body sizes, (images, landmarks, 2)."""
        landmarks = np.array([prediction.landmarks[:, :2] for prediction in self.predictions])
        return landmarks * self.size / self.body_size

    def smoothed(self, smoothing: str, stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the filtered landmarks in body sizes, and the world landmarks in metres.

        :param smoothing: the option of the tracker
        :param stamps: stamp of each image in seconds
        """
        smoother = PoseSmoother(self.pipeline, smoothing)
        landmarks, world = [], []
        for prediction, stamp in zip(self.predictions, stamps):
            image_landmarks, world_landmarks, _ = smoother(
                prediction, self.size, round(stamp * 1e9)
            )
            landmarks.append(image_landmarks[:, :2])
            world.append(world_landmarks)
        return np.array(landmarks) * self.size / self.body_size, np.array(world)


def record(images: Iterable[np.ndarray], rate: float, upper_body_only: bool) -> Recording:
    """
    Return the predictions of the models in a clip.

    :param images: uint8 (H, W, 3) RGB
    :param rate: images a second
    :param upper_body_only: which generation of the models
    :raises ValueError: when no body is found in an image
    """
    options = PoseTrackerOptions(upper_body_only=upper_body_only, verify_tracking=False)
    inference = InferenceOptions('cpu')
    tracker = PoseTracker(options, inference)
    landmarker = PoseLandmarker(
        Model(find_model(landmark_model_name(options)), inference),
        len(tracker.skeleton.landmarks),
    )
    predictions = []
    for index, image in enumerate(images):
        result = tracker.process(image, round(index / rate * 1e9))
        if not result.poses:
            raise ValueError(f'no body is found in image {index}, one is needed in each')
        predictions.append(landmarker(image, result.poses[0].roi))
        size = image.shape[1::-1]
    return Recording(predictions, size, pipeline(options))


def still(image: np.ndarray, length: int, noise: float = CAMERA_NOISE) -> Iterator[np.ndarray]:
    """
    Yield the images of a camera of a scene without motion.

    :param image: uint8 (H, W, 3)
    :param length: number of images
    :param noise: standard deviation in grey levels
    """
    random = np.random.default_rng(0)
    scale = 960 / max(image.shape[:2])
    image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    for _ in range(length):
        grain = random.standard_normal(image.shape, np.float32) * np.float32(noise)
        yield np.clip(np.rint(image + grain), 0, 255).astype(np.uint8)


def jitter(positions: np.ndarray, times: np.ndarray, visible: np.ndarray) -> float:
    """
    Return the jitter of still landmarks: the standard deviation within a second.

    The root of the mean variance over seconds and coordinates, for the median landmark. Slower
    motion is drift, not jitter.

    :param positions: (images, landmarks, coordinates)
    :param times: of the images in seconds
    :param visible: (landmarks,) which landmarks count
    """
    seconds = np.floor(times).astype(int)
    variances = [
        positions[seconds == second].var(axis=0)
        for second in range(int(np.ceil(SETTLING)), seconds[-1])
    ]
    return float(np.median(np.sqrt(np.mean(variances, axis=(0, 2)))[visible]))


def reach_lag(
    recording: Recording, smoothing: str, times: np.ndarray, stamps: np.ndarray
) -> float:
    """
    Return the mean lag in seconds of landmarks that reach from rest to rest.

    The motion is added to the predictions for a body at rest, so that the truth is known. The mean
    lag is the area between the two curves divided by the distance.

    :param times: of the images
    :param stamps: of the images, for the filter
    """
    delays = []
    for start in np.linspace(0.5, 0.55, 4) * times[-1]:
        progress = np.clip((times - start) / REACH_DURATION, 0, 1)
        # Minimum jerk, as hands move: Flash and Hogan, 1985.
        truth = REACH * progress**3 * (10 - 15 * progress + 6 * progress**2)
        area = _behind(recording, truth, smoothing, stamps) * np.gradient(times)[:, np.newaxis]
        around = (times > start - 0.1) & (times < start + 1)
        delays.append(np.median(area[around].sum(axis=0)[recording.visible]) / REACH)
    return float(np.mean(delays))


def drift_lag(
    recording: Recording, smoothing: str, times: np.ndarray, stamps: np.ndarray, speed: float
) -> float:
    """
    Return the lag in seconds of landmarks that move evenly.

    :param speed: in body sizes a second
    """
    behind = _behind(recording, speed * times, smoothing, stamps)[times > SETTLING].mean(axis=0)
    return float(np.median(behind[recording.visible]) / speed)


def _behind(
    recording: Recording, offsets: np.ndarray, smoothing: str, stamps: np.ndarray
) -> np.ndarray:
    """Return the distance of landmarks behind a motion to the right, (images, landmarks)."""
    moved = recording.moved(offsets)
    filtered, _ = moved.smoothed(smoothing, stamps)
    return (moved.positions() - filtered)[:, :, 0]


def motion_lag(recordings: Iterable[Recording], smoothing: str, rate: float) -> float:
    """
    Return the lag in seconds of the fast landmarks of real motion behind the raw ones.

    A filtered position is an earlier raw one: their distance is the velocity times the lag, which
    is fitted over all fast landmarks by least squares.

    :param rate: images a second of the recordings
    """
    product = square = 0.0
    for recording in recordings:
        raw = recording.positions()
        filtered, _ = recording.smoothed(smoothing, np.arange(len(raw)) / rate)
        velocity = (raw[2:] - raw[:-2]) * (rate / 2)
        speed = np.linalg.norm(velocity, axis=-1)
        fast = (speed > FAST[0]) & (speed < FAST[1]) & recording.visible
        product += ((raw - filtered)[1:-1] * velocity)[fast].sum()
        square += (velocity**2)[fast].sum()
    return product / square
