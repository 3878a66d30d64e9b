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

import json
from typing import Any
import warnings

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.detector import person_score, PersonDetector, sigmoid
from pose_tracking_ros.blazepose.geometry import inside_unit_square, roi_from_alignment_points
from pose_tracking_ros.blazepose.inference import InferenceOptions
from pose_tracking_ros.blazepose.landmarker import (
    mask_to_image,
    PoseLandmarker,
    PredictedLandmarks,
)
from pose_tracking_ros.blazepose.options import CHOOSE_MODELS, PoseTrackerOptions
from pose_tracking_ros.blazepose.pipelines import pipeline
from pose_tracking_ros.blazepose.pose import (
    NoPoseReason,
    Pose,
    PoseTrackerResult,
    RejectedRegion,
)
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import checked_stamp, Moment, StampJudge, StampProblem
from pose_tracking_ros.blazepose.track import MAX_TRACK_ID, Track
from pose_tracking_ros.blazepose.verification import (
    shown_to_detector,
    Verdict,
    verification_limits,
)

# Of the saved state: what it is, and the longest side of an image.
_STATE_FORMAT = 'pose_tracker 1'
_MAX_SIDE = 2**20

_WRONG_UNIT = (
    'the stamps of the images lie less than 0.1 ms apart: stamp_ns is in nanoseconds, but these '
    'look like microseconds, milliseconds, seconds or numbers of frames; motion is smoothed away'
)


class PoseTracker:
    """
    Find a person in the first image, then follow the landmarks from image to image.

    The detector runs only where no region is known: on the first image, after the body was lost,
    and on each image in static image mode. Otherwise the region comes from the landmarks of the
    image before.

    .. code-block:: python

        tracker = PoseTracker(PoseTrackerOptions(model_complexity=2))
        for stamp_ns, image in frames:
            for pose in tracker.process(image, stamp_ns).poses:
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
            self.models.landmark_model, len(self.skeleton.landmarks)
        )
        self._last_track_id = 0
        self._judge = StampJudge()
        self._warned_of_unit = False
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
            self._track.smooth_anew(_smoothing(options))

    @property
    def skeleton(self) -> Skeleton:
        """Return the landmarks that this tracker predicts."""
        return self._pipeline.skeleton

    @property
    def execution_provider(self) -> str:
        """Return the ONNX Runtime execution provider that really runs the landmark model."""
        return self.models.landmark_model.execution_provider

    def reset(self) -> None:
        """Forget everything about earlier images; numbers of tracks go on rising."""
        self._size: tuple[int, int] | None = None
        self._judge.reset()
        self._start_over()

    def save_state(self) -> bytes:
        """Return all that is known of earlier images as JSON, for :meth:`load_state`."""
        state = {
            'format': _STATE_FORMAT,
            'skeleton': self.skeleton.name,
            'last_track_id': self._last_track_id,
            'size': self._size,
            'stamps': self._judge.state(),
            'track': self._track.state(),
        }
        return json.dumps(state).encode()

    def load_state(self, state: bytes) -> None:
        """
        Go on where another tracker of the same options and version was.

        :param state: what its :meth:`save_state` returned, in another process perhaps; it is data
            only, and each value in it is checked
        :raises ValueError: when it is no state of such a tracker; this one stays as it was then
        """
        try:
            self._load(json.loads(state))
        except (ValueError, RecursionError) as error:
            raise ValueError(f'this is no state of such a tracker: {error}') from error

    def _load(self, state: Any) -> None:
        fields = saved_state.fields(
            state, 'format', 'skeleton', 'last_track_id', 'size', 'stamps', 'track'
        )
        for name, expected in (('format', _STATE_FORMAT), ('skeleton', self.skeleton.name)):
            if fields[name] != expected:
                raise ValueError(f'{name} is {fields[name]!r:.80}, expected is {expected!r}')
        last_track_id = saved_state.integer(0, MAX_TRACK_ID)(fields['last_track_id'])
        side = saved_state.integer(1, _MAX_SIDE)
        size = saved_state.optional(saved_state.sequence(side, 2))(fields['size'])
        if size is not None and len(size) != 2:
            raise ValueError(f'size is {size}, expected are width and height')
        judge = StampJudge()
        judge.restore(fields['stamps'])
        track = self._new_track()
        track.restore(fields['track'], tuple(size or (0, 0)), self._landmarker.world_count)
        if track.id > last_track_id:
            raise ValueError(f'a track of the number {track.id}, of {last_track_id} so far')
        # All of it is sound: only now is anything taken over.
        self._judge, self._track = judge, track
        self._last_track_id, self._size = last_track_id, tuple(size) if size else None

    def process(
        self, image: np.ndarray, stamp_ns: int, roi: np.ndarray | None = None
    ) -> PoseTrackerResult:
        """
        Return the people in an image, and what was looked at without finding one.

        Filters and tracking run on the stamps, not on the clock. The tracker starts over where its
        past is no guide: at a stamp far before those of the images before, at one more than the
        ``tracking_timeout`` after them, and at an image of another size. An image whose stamp is
        repeated, a little too early or zero is processed as if the usual time had passed;
        ``stamp_problem`` of the result tells so. Stamps that are not in nanoseconds are warned of.

        :param image: uint8 (H, W, 3) RGB; a view of a BGR array with its channels reversed costs
            no copy
        :param stamp_ns: time at which the image was taken, in whole nanoseconds
        :param roi: five numbers as in :class:`Pose`: the region to look at in this image, instead
            of the tracker's own
        :raises ValueError: when an argument is not what is described here
        """
        _check_image(image)
        stamp_ns = checked_stamp(stamp_ns)
        region = None if roi is None else _checked_roi(roi)
        size = image.shape[1::-1]
        moment = self._moment(stamp_ns)
        if moment.starts_over or size != self._size:
            self._start_over()
        self._size = size

        if region is None:
            region = self._track.roi
        detector_ran = region is None
        if detector_ran:
            region = self._detect(image)
        poses: tuple[Pose, ...] = ()
        rejected: tuple[RejectedRegion, ...] = ()
        if region is None:
            self._track.lose()
        else:
            found = self._look(image, region, moment.time_ns)
            if isinstance(found, Pose):
                poses = (found,)
            else:
                rejected = (found,)
        return PoseTrackerResult(poses, detector_ran, rejected, moment.problem)

    def _moment(self, stamp_ns: int) -> Moment:
        """Return the time of an image."""
        moment = self._judge(stamp_ns, self.options.tracking_timeout)
        if self.options.static_image_mode:
            return moment._replace(starts_over=True)
        if moment.problem is StampProblem.WRONG_UNIT and not self._warned_of_unit:
            self._warned_of_unit = True
            warnings.warn(_WRONG_UNIT, stacklevel=3)
        return moment

    def _look(self, image: np.ndarray, region: np.ndarray, time_ns: int) -> Pose | RejectedRegion:
        """Look for the body of the track in a region."""
        prediction = self._landmarker(image, region)
        track, options = self._track, self.options
        refused = self._refused(prediction, image, region)
        if refused is not None and refused is not NoPoseReason.UNCONFIRMED:
            track.lose()
            return RejectedRegion(region, prediction.score, refused)
        landmarks, world_landmarks = prediction.landmarks, prediction.world_landmarks
        if not options.static_image_mode:
            landmarks, world_landmarks = track.follow(
                prediction, self._size, time_ns, keep_sides=options.verify_tracking
            )
        if refused is NoPoseReason.UNCONFIRMED:
            return RejectedRegion(region, prediction.score, refused)
        return self._pose(prediction, region, landmarks, world_landmarks)

    def _refused(
        self, prediction: PredictedLandmarks, image: np.ndarray, region: np.ndarray
    ) -> NoPoseReason | None:
        """Return why what was predicted is no pose, None where it is one."""
        options = self.options
        min_score = 0.5 if options.static_image_mode else options.min_tracking_confidence
        if not (prediction.score > min_score and prediction.is_finite):
            return NoPoseReason.LOW_CONFIDENCE
        if options.static_image_mode or not options.verify_tracking:
            # When it is switched on again, what it knew is no longer true.
            self._track.forget_verification()
            return None
        verdict = self._track.verifier(
            prediction.heatmap_peaks,
            prediction.score,
            lambda: self._detector_score(image, region),
        )
        return _REASONS.get(verdict)

    def _detector_score(self, image: np.ndarray, region: np.ndarray) -> float:
        """Return the probability that the person detector gives a person around a region."""
        shown = shown_to_detector(region, self._size)
        return float(np.mean([person_score(self.models.verifier, image, r) for r in shown]))

    def _start_over(self) -> None:
        """Forget the body and all filters."""
        self._track = self._new_track()

    def _new_track(self) -> Track:
        return Track(
            self._pipeline, _smoothing(self._options), verification_limits(self._options)
        )

    def _detect(self, image: np.ndarray) -> np.ndarray | None:
        """Return the region of the person whom the detector finds."""
        detection = self._detector(image, self.options.min_detection_confidence)
        if detection is None:
            return None
        points = detection.keypoints[list(self._pipeline.alignment_keypoints)]
        return roi_from_alignment_points(*points, self._pipeline.roi_scale, self._size)

    def _pose(
        self,
        prediction: PredictedLandmarks,
        region: np.ndarray,
        landmarks: np.ndarray,
        world_landmarks: np.ndarray,
    ) -> Pose:
        """Return the pose that is reported."""
        track, options = self._track, self.options
        if not track.id:
            self._last_track_id += 1
            track.id = self._last_track_id
        inside_image = inside_unit_square(landmarks[:, :2])
        landmarks = landmarks.astype(np.float32)
        world_landmarks = world_landmarks.astype(np.float32)
        if options.upper_body_only:
            landmarks[:, 2] = np.nan
        if options.min_landmark_visibility > 0:
            visible = landmarks[:, 3] >= options.min_landmark_visibility
            dropped = ~(visible & inside_image & prediction.inside_region)
            landmarks[dropped, :3] = np.nan
            world_landmarks[dropped[: len(world_landmarks)]] = np.nan
        return Pose(
            skeleton=self.skeleton,
            landmarks=landmarks,
            world_landmarks=world_landmarks,
            inside_image=inside_image,
            inside_region=prediction.inside_region,
            score=prediction.score,
            roi=region,
            track_id=track.id,
            segmentation_mask=self._mask(prediction, region),
        )

    def _mask(self, prediction: PredictedLandmarks, region: np.ndarray) -> np.ndarray | None:
        if prediction.mask is None:
            return None
        mask = mask_to_image(sigmoid(prediction.mask), region, self._size)
        if self.options.smooth_segmentation and not self.options.static_image_mode:
            mask = self._track.mask_smoother(mask)
        return mask


_REASONS = {
    Verdict.UNDECIDED: NoPoseReason.UNCONFIRMED,
    Verdict.NOBODY: NoPoseReason.NOT_VERIFIED,
}


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


def _checked_roi(roi: np.ndarray) -> np.ndarray:
    region = np.asarray(roi, np.float64)
    if region.shape != (5,) or not np.isfinite(region).all() or not (region[2:4] > 0).all():
        raise ValueError(
            f'roi is {roi!r}, accepted are five finite numbers: centre x and y, width and height '
            'above 0 in units of the image width and height, rotation in radians'
        )
    return region
