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

"""The detector-tracker: images in, poses out."""

from __future__ import annotations

from math import isfinite
from numbers import Integral, Real

import numpy as np

from pose_tracking_ros.blazepose.detector import person_score, PersonDetector, sigmoid
from pose_tracking_ros.blazepose.geometry import inside_unit_square, roi_from_alignment_points
from pose_tracking_ros.blazepose.inference import InferenceOptions
from pose_tracking_ros.blazepose.landmarker import (
    mask_to_image,
    PoseLandmarker,
    PredictedLandmarks,
)
from pose_tracking_ros.blazepose.memory import remembered, remind
from pose_tracking_ros.blazepose.options import CHOOSE_MODELS, PoseTrackerOptions
from pose_tracking_ros.blazepose.pipelines import pipeline
from pose_tracking_ros.blazepose.pose import FrameReport, Pose
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.blazepose.pose_smoothing import PoseSmoother
from pose_tracking_ros.blazepose.sides import SideKeeper
from pose_tracking_ros.blazepose.smoothing import MaskSmoother
from pose_tracking_ros.blazepose.topology import Topology
from pose_tracking_ros.blazepose.verification import BodyVerifier, Verdict

# What the person detector is shown of a body: the region with half its side more, so that the
# body has the size in it at which the detector is most certain.
_AROUND = np.array([1, 1, 1.5, 1.5, 1])

# What a tracker has besides its memory of earlier images.
_NOT_REMEMBERED = ('_options', 'models', '_pipeline', '_detector', '_landmarker', 'last_frame')


class PoseTracker:
    """
    Find a person in the first image, then follow the landmarks from image to image.

    The detector runs only where no region is known: on the first image, after the body was lost,
    and on each image in static image mode. Otherwise the region comes from the landmarks of the
    image before.

    .. code-block:: python

        tracker = PoseTracker(PoseTrackerOptions(model_complexity=2))
        for stamp_ns, image in frames:
            pose = tracker.process(image, stamp_ns)
            if pose is not None:
                print(pose.landmarks[PoseLandmark.LEFT_WRIST])

    :param options: what to predict, and how
    :param inference: where the models run
    :param models: those of another tracker of which the options that choose models are the same;
        by default they are loaded
    :raises ModelError: when a model file is missing, altered, cannot be loaded or does not fit
    """

    def __init__(
        self,
        options: PoseTrackerOptions = PoseTrackerOptions(),  # noqa: B008 (it is frozen)
        inference: InferenceOptions = InferenceOptions(),  # noqa: B008 (it is frozen)
        models: PoseModels | None = None,
    ) -> None:
        """Load the models."""
        self._options = options
        self._pipeline = pipeline(options)
        self.models = models or PoseModels.load(options, inference)
        self._detector = PersonDetector(self.models.detector, self._pipeline.detector_strides)
        self._landmarker = PoseLandmarker(
            self.models.landmark_model, len(self.topology.landmarks)
        )
        self._smoother = self._make_smoother()
        self._mask_smoother = MaskSmoother()
        self._verifier = BodyVerifier()
        self._side_keeper = SideKeeper()
        self.reset()

    @property
    def options(self) -> PoseTrackerOptions:
        """
        Return the options; others can be set and apply to the next image.

        Filters start anew where the smoothing is another one.

        :raises ValueError: when options are set that ask for other models
        """
        return self._options

    @options.setter
    def options(self, options: PoseTrackerOptions) -> None:
        before = self._options
        others = [
            name for name in CHOOSE_MODELS if getattr(options, name) != getattr(before, name)
        ]
        if others:
            raise ValueError(
                f'{", ".join(others)} cannot change, the models are loaded: make another tracker'
            )
        self._options = options
        if _smoothing(options) != _smoothing(before):
            self._smoother = self._make_smoother()

    def _make_smoother(self) -> PoseSmoother:
        return PoseSmoother(self._pipeline, _smoothing(self._options))

    @property
    def topology(self) -> Topology:
        """Return the landmarks that this tracker predicts."""
        return self._pipeline.topology

    @property
    def execution_provider(self) -> str:
        """Return the ONNX Runtime execution provider that really runs the landmark model."""
        return self.models.landmark_model.execution_provider

    def reset(self) -> None:
        """Forget everything about earlier images."""
        self._track_id = 0
        self._start_over()
        self.last_frame = FrameReport(detector_ran=False, score=np.nan, roi=np.full(5, np.nan))

    def memory(self) -> bytes:
        """Return all that is known of earlier images, for :meth:`recall` in another process."""
        return remembered(self, except_for=_NOT_REMEMBERED)

    def recall(self, memory: bytes) -> None:
        """
        Go on where another tracker of the same options and version was.

        :param memory: what its :meth:`memory` returned; it is data only, no code comes out of it
        :raises ValueError: when it is no memory of such a tracker
        """
        self.reset()
        remind(self, memory)

    def process(
        self, image: np.ndarray, stamp_ns: int, roi: np.ndarray | None = None
    ) -> Pose | None:
        """
        Return the pose of the person in an image, or None.

        Filters and tracking run on the stamps, not on the clock. The tracker starts over where its
        past is no guide: at a stamp before that of the previous image, at one more than the
        ``tracking_timeout`` after it, and at an image of another size. Of images with the same
        stamp each is processed, as if the usual time had passed between them.

        :param image: uint8 (H, W, 3) RGB; a view of a BGR array with its channels reversed costs
            no copy
        :param stamp_ns: time at which the image was taken, in nanoseconds
        :param roi: five numbers as in :class:`Pose`: the region to look at in this image, instead
            of the tracker's own
        :raises ValueError: when an argument is not what is described here
        """
        _check_image(image)
        stamp_ns = _checked_stamp(stamp_ns)
        given_region = None if roi is None else _checked_roi(roi)
        size = image.shape[1::-1]
        if not self._follows_on(size, stamp_ns):
            self._start_over()
        self._size, self._stamp_ns = size, stamp_ns

        region = self._roi if given_region is None else given_region
        detector_ran = region is None
        if detector_ran:
            region = self._detect(image)
        prediction = None if region is None else self._landmarker(image, region)
        self.last_frame = FrameReport(
            detector_ran=detector_ran,
            score=np.nan if prediction is None else prediction.score,
            roi=np.full(5, np.nan) if region is None else region,
        )
        verdict = self._verdict(prediction, image)
        if verdict is Verdict.NOBODY:
            self._lose()
            return None
        landmarks, world_landmarks = self._follow(prediction)
        if verdict is Verdict.UNDECIDED:
            return None
        return self._pose(prediction, landmarks, world_landmarks)

    def _follows_on(self, size: tuple[int, int], stamp_ns: int) -> bool:
        """Return whether what is known of the image before helps with the next."""
        if self.options.static_image_mode or size != self._size:
            return False
        return 0 <= stamp_ns - self._stamp_ns <= self.options.tracking_timeout * 1e9

    def _verdict(self, prediction: PredictedLandmarks | None, image: np.ndarray) -> Verdict:
        """Return whether what was predicted is a person."""
        options = self.options
        min_score = 0.5 if options.static_image_mode else options.min_tracking_confidence
        if prediction is None or not prediction.score > min_score:
            return Verdict.NOBODY
        if options.static_image_mode or not options.verify_tracking:
            # When it is switched on again, what it knew is no longer true.
            self._forget_verification()
            return Verdict.PERSON
        around = self.last_frame.roi * _AROUND
        return self._verifier(
            prediction.heatmap_peaks, lambda: person_score(self.models.verifier, image, around)
        )

    def _start_over(self) -> None:
        """Forget the body and all filters."""
        self._roi: np.ndarray | None = None
        self._size: tuple[int, int] | None = None
        self._stamp_ns = 0
        self._announced = False
        self._smoother.reset()
        self._mask_smoother.reset()
        self._forget_verification()

    def _lose(self) -> None:
        """Forget where the body was."""
        self._roi = None
        self._announced = False
        self._smoother.lose()
        self._mask_smoother.reset()
        self._forget_verification()

    def _forget_verification(self) -> None:
        """Forget what verified the body."""
        self._verifier.reset()
        self._side_keeper.reset()

    def _detect(self, image: np.ndarray) -> np.ndarray | None:
        """Return the region of the person whom the detector finds."""
        detection = self._detector(image, self.options.min_detection_confidence)
        if detection is None:
            return None
        return self._region(detection.keypoints[list(self._pipeline.alignment_keypoints)])

    def _region(self, alignment_points: np.ndarray) -> np.ndarray:
        return roi_from_alignment_points(*alignment_points, self._pipeline.roi_scale, self._size)

    def _follow(self, prediction: PredictedLandmarks) -> tuple[np.ndarray, np.ndarray]:
        """Return the smoothed landmarks and world landmarks, and keep where to look next."""
        if self.options.static_image_mode:
            return prediction.landmarks, prediction.world_landmarks
        if self.options.verify_tracking:
            prediction = self._side_keeper(prediction, self._size, self._stamp_ns)
        landmarks, world_landmarks, alignment_points = self._smoother(
            prediction, self._size, self._stamp_ns
        )
        self._roi = self._region(alignment_points)
        return landmarks, world_landmarks

    def _pose(
        self, prediction: PredictedLandmarks, landmarks: np.ndarray, world_landmarks: np.ndarray
    ) -> Pose:
        """Return the pose that is reported."""
        if not self._announced:
            self._announced = True
            self._track_id += 1
        inside_image = inside_unit_square(landmarks[:, :2])
        landmarks = landmarks.astype(np.float32)
        world_landmarks = world_landmarks.astype(np.float32)
        if self.options.upper_body_only:
            landmarks[:, 2] = np.nan
        if self.options.min_landmark_visibility > 0:
            visible = landmarks[:, 3] >= self.options.min_landmark_visibility
            dropped = ~(visible & inside_image & prediction.inside_region)
            landmarks[dropped, :3] = np.nan
            world_landmarks[dropped[: len(world_landmarks)]] = np.nan
        return Pose(
            landmarks=landmarks,
            world_landmarks=world_landmarks,
            inside_image=inside_image,
            inside_region=prediction.inside_region,
            score=prediction.score,
            roi=self.last_frame.roi,
            detector_ran=self.last_frame.detector_ran,
            track_id=self._track_id,
            segmentation_mask=self._mask(prediction),
        )

    def _mask(self, prediction: PredictedLandmarks) -> np.ndarray | None:
        if prediction.mask is None:
            return None
        mask = mask_to_image(sigmoid(prediction.mask), self.last_frame.roi, self._size)
        if self.options.smooth_segmentation and not self.options.static_image_mode:
            mask = self._mask_smoother(mask)
        return mask


def _smoothing(options: PoseTrackerOptions) -> str:
    return options.smoothing if options.smooth_landmarks else 'off'


def _check_image(image: np.ndarray) -> None:
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        found = f'{image.dtype} array' if isinstance(image, np.ndarray) else type(image).__name__
        raise ValueError(f'image is a {found}, accepted is a uint8 array (height, width, 3)')
    if image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise ValueError(
            f'image has the shape {image.shape}, accepted is (height, width, 3) with a height and '
            'width of at least 1'
        )


def _checked_stamp(stamp_ns: int) -> int:
    number = isinstance(stamp_ns, Real) and not isinstance(stamp_ns, bool)
    if not number or not (isinstance(stamp_ns, Integral) or isfinite(stamp_ns)):
        raise ValueError(f'stamp_ns is {stamp_ns!r}, accepted is a finite number of nanoseconds')
    return int(stamp_ns)


def _checked_roi(roi: np.ndarray) -> np.ndarray:
    region = np.asarray(roi, np.float64)
    if region.shape != (5,) or not np.isfinite(region).all() or not (region[2:4] > 0).all():
        raise ValueError(
            f'roi is {roi!r}, accepted are five finite numbers: centre x and y, width and height '
            'above 0 in units of the image width and height, rotation in radians'
        )
    return region
