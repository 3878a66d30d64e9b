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

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
import json
from typing import Any
import warnings

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.association import (
    assign,
    CLEAR_COLOR_DISTANCE,
    color_distance,
    cost_of_return,
    is_at,
    main_person,
    MERGED,
    moved,
    SAME_AS_TRACKED,
    Sighting,
    similarity,
)
from pose_tracking_ros.blazepose.camera import CameraModel
from pose_tracking_ros.blazepose.clothes import clothes_color
from pose_tracking_ros.blazepose.detector import person_score, PersonDetector, sigmoid
from pose_tracking_ros.blazepose.geometry import inside_unit_square, roi_from_alignment_points
from pose_tracking_ros.blazepose.inference import InferenceOptions, usable_cores
from pose_tracking_ros.blazepose.landmarker import (
    mask_to_image,
    PoseLandmarker,
    PredictedLandmarks,
)
from pose_tracking_ros.blazepose.options import (
    AUTO,
    CROWD_FROM,
    MAX_POSES,
    PoseTrackerOptions,
    SELECT_MODELS,
)
from pose_tracking_ros.blazepose.pipelines import pipeline
from pose_tracking_ros.blazepose.pose import (
    LandmarkSource,
    NoPoseReason,
    Pose,
    PoseTrackerResult,
    RejectedRegion,
)
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.blazepose.position import Locator
from pose_tracking_ros.blazepose.search import search_regions, SearchSchedule
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import checked_stamp, Moment, StampJudge, StampProblem
from pose_tracking_ros.blazepose.track import MAX_TRACK_ID, Track
from pose_tracking_ros.blazepose.verification import (
    body_clarity,
    shown_to_detector,
    Verdict,
    verification_limits,
)

# Of the saved state: what it is, and the longest side of an image.
_STATE_FORMAT = 'pose_tracker 1'
_MAX_SIDE = 2**20
_MAX_REMEMBERED = 64

# More people than are wanted are looked at: some of them are nobody, or found twice; the more, the
# more is searched at once.
_SPARE_CANDIDATES = 2

# Clarity of the heatmaps from which somebody beside others is one more person.
_CLEAR_FROM = 0.6

# A track that jumps this much more than another onto the same body, in diameters of the circle
# around it, has lost its own; so has one that is half of it, and half of the difference in colour.
_CLEAR_JUMP = 0.1

_WRONG_UNIT = (
    'the stamps of the images lie less than 0.5 ms apart: stamp_ns is in nanoseconds, but these '
    'look like microseconds, milliseconds, seconds or numbers of frames; motion is smoothed away'
)


class PoseTracker:
    """
    Find people in the first image, then follow the landmarks of each from image to image.

    The region in which a body is looked for comes from its landmarks in the image before. The
    detector looks for people where nobody is tracked, and on each image in static image mode; and
    while fewer than ``num_poses`` are tracked, now and then for more.

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
        self._pool: ThreadPoolExecutor | None = None
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
            name for name in SELECT_MODELS if getattr(options, name) != getattr(before, name)
        ]
        if others:
            raise ValueError(
                f'{", ".join(others)} cannot change, the models are loaded: make another tracker'
            )
        self._options = options
        if _smoothing(options) != _smoothing(before):
            for track in (*self._tracks, *self._lost):
                track.smooth_anew(_smoothing(options))
        del self._tracks[options.num_poses :]

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
        self._size = (0, 0)
        self._tracks: list[Track]
        self._lost: list[Track]
        self._judge.reset()
        self._start_over()

    def save_state(self) -> bytes:
        """Return all that is known of earlier images as JSON, for :meth:`load_state`."""
        state = {
            'format': _STATE_FORMAT,
            'skeleton': self.skeleton.name,
            'last_track_id': self._last_track_id,
            'size': self._size if any(self._size) else None,
            'stamps': self._judge.state(),
            'main_track_id': self._main_track_id,
            'search': self._schedule.state(),
            'tracks': [track.state() for track in self._tracks],
            'lost': [track.state() for track in self._lost],
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
            state,
            'format',
            'skeleton',
            'last_track_id',
            'size',
            'stamps',
            'main_track_id',
            'search',
            'tracks',
            'lost',
        )
        for name, expected in (('format', _STATE_FORMAT), ('skeleton', self.skeleton.name)):
            if fields[name] != expected:
                raise ValueError(f'{name} is {fields[name]!r:.80}, expected is {expected!r}')
        number = saved_state.integer(0, MAX_TRACK_ID)
        last_track_id = number(fields['last_track_id'])
        main_track_id = number(fields['main_track_id'])
        side = saved_state.integer(1, _MAX_SIDE)
        size = saved_state.optional(saved_state.sequence(side, 2))(fields['size'])
        if size is not None and len(size) != 2:
            raise ValueError(f'size is {size}, expected are width and height')
        known_size = (size[0], size[1]) if size else (0, 0)
        judge = StampJudge()
        judge.restore(fields['stamps'])
        schedule = SearchSchedule()
        schedule.restore(fields['search'])

        def read_track(track_state: Any) -> Track:
            track = self._new_track()
            track.restore(track_state, known_size, self._landmarker.world_count)
            if track.id > last_track_id:
                raise ValueError(f'a track of the number {track.id}, of {last_track_id} so far')
            return track

        tracks = saved_state.sequence(read_track, self.options.num_poses)(fields['tracks'])
        lost = saved_state.sequence(read_track, _MAX_REMEMBERED)(fields['lost'])
        if any(track.roi is None for track in tracks):
            raise ValueError('a track without a region')
        # All of it is sound: only now is anything taken over.
        self._judge, self._schedule, self._tracks, self._lost = judge, schedule, tracks, lost
        self._last_track_id, self._main_track_id = last_track_id, main_track_id
        self._size = known_size

    def process(
        self,
        image: np.ndarray,
        stamp_ns: int,
        roi: np.ndarray | None = None,
        camera: CameraModel | None = None,
        depth: np.ndarray | None = None,
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
            of the tracker's own; with num_poses 1 only
        :param camera: the camera that took the image; with it positions in metres are told
        :param depth: float32 (H', W') in metres along the camera's z axis, 0 or not finite where
            not known: of the same view, in any resolution; only with a camera
        :raises ValueError: when an argument is not what is described here, such as a depth whose
            sides are in another proportion than those of the image
        """
        _check_image(image)
        stamp_ns = checked_stamp(stamp_ns)
        given = None if roi is None else _checked_roi(roi)
        if given is not None and self.options.num_poses > 1:
            raise ValueError('roi is given, which is of one body, but num_poses is above 1')
        size = image.shape[1::-1]
        locator = None
        if camera is not None:
            height = self.options.person_height
            locator = Locator(camera, size, depth, height)
        moment = self._moment(stamp_ns)
        if moment.problem is StampProblem.GAP and size == self._size:
            self._lose_all()
        elif moment.starts_over or size != self._size:
            self._start_over()
        self._size = size
        self._forget_lost(moment.time_ns)

        detector_ran = False
        looks = [
            _Look(track, track.roi) for track in self._tracks if track.roi is not None
        ]
        if given is not None:
            track = self._tracks[0] if self._tracks else self._candidate()
            looks = [_Look(track, given, is_new=not self._tracks)]
        elif len(looks) < self.options.num_poses:
            regions, detector_ran = self._search(image, moment.time_ns)
            looks += [_Look(self._candidate(), region, is_new=True) for region in regions]
        self._predict(image, looks)
        if self.options.static_image_mode and self.options.num_poses > 1:
            self._refine(image, looks)
        followed, rejected = self._sort_out(image, looks, moment.time_ns)
        static = self.options.static_image_mode
        self._tracks = [] if static else [look.track for look in followed]
        if self.options.num_poses > 1:
            self._recognize(image, followed, moment.time_ns)
        poses = [
            pose
            for look in followed
            if (pose := self._follow(look, moment.time_ns, locator)) is not None
        ]
        rejected += [
            RejectedRegion(look.region, look.prediction.score, look.reason)
            for look in followed
            if look.reason is not None
        ]
        self._main_first(poses, followed)
        return PoseTrackerResult(tuple(poses), detector_ran, tuple(rejected), moment.problem)

    def _moment(self, stamp_ns: int) -> Moment:
        """Return the time of an image."""
        moment = self._judge(stamp_ns, self.options.tracking_timeout)
        if self.options.static_image_mode:
            return moment._replace(starts_over=True)
        if moment.problem is StampProblem.WRONG_UNIT and not self._warned_of_unit:
            self._warned_of_unit = True
            warnings.warn(_WRONG_UNIT, stacklevel=3)
        return moment

    def _start_over(self) -> None:
        """Forget all bodies and filters."""
        self._tracks, self._lost = [], []
        self._main_track_id = 0
        self._schedule = SearchSchedule()

    def _lose_all(self) -> None:
        """Look for everybody anew; of several people those who are remembered keep their ids."""
        if self.options.num_poses == 1 or self.options.static_image_mode:
            self._start_over()
            return
        for track in self._tracks:
            self._lose(track)
        self._tracks = []
        self._schedule = SearchSchedule()

    def _new_track(self) -> Track:
        return Track(
            self._pipeline, _smoothing(self._options), verification_limits(self._options)
        )

    def _candidate(self) -> Track:
        """Return a track for a body that may be a new one."""
        if self.options.num_poses == 1 and self._lost:
            # As in MediaPipe some filters go on with the next body.
            track = self._lost[-1]
            track.id = 0
            return track
        return self._new_track()

    def _lose(self, track: Track) -> None:
        """Stop following a body, and remember it."""
        track.lose()
        if self.options.num_poses == 1:
            self._lost = [track]
        elif track.id and track.sighting is not None:
            self._lost = [*self._lost[1 - _MAX_REMEMBERED :], track]
            self._schedule.hurry()

    def _forget_lost(self, time_ns: int) -> None:
        """Forget who was lost too long ago."""
        options = self.options
        if options.num_poses > 1:
            self._lost = [
                track
                for track in self._lost
                if track.id
                and track.sighting is not None
                and time_ns - track.sighting.time_ns <= options.track_memory * 1e9
            ]

    def _search(self, image: np.ndarray, time_ns: int) -> tuple[list[np.ndarray], bool]:
        """Return regions of people who are not tracked yet, and whether the detector ran."""
        options, schedule = self.options, self._schedule
        several, static = options.num_poses > 1, options.static_image_mode
        squares = options.search_tiles
        if squares == AUTO:
            squares = 'thirds' if options.num_poses >= CROWD_FROM else 'halves'
        if not several and (static or not options.verify_tracking):
            squares = 'off'
        regions = search_regions(self._size, squares)
        if static:
            return self._detect(image, regions), True
        if self._tracks:
            if not schedule.is_due(time_ns, options.search_interval):
                return [], False
            turn = schedule.take_turn(time_ns, len(regions))
            return self._detect(image, regions[turn : turn + 1]), True
        if several and schedule.is_fresh:
            schedule.take_all(time_ns)
            return self._detect(image, regions), True
        found = self._detect(image, regions[:1])
        if not found and squares != 'off' and schedule.is_due(time_ns, options.search_interval):
            turn = schedule.take_turn(time_ns, len(regions), squares_only=True)
            found = self._detect(image, regions[turn : turn + 1])
        return found, True

    def _detect(self, image: np.ndarray, searched: list[np.ndarray]) -> list[np.ndarray]:
        """Return the regions of people in parts of an image who are not tracked yet."""
        options, size = self.options, np.array(self._size)
        several = options.num_poses > 1
        found = [
            detection
            for region in searched
            for detection in self._detector(
                image,
                options.min_detection_confidence,
                region,
                MAX_POSES + _SPARE_CANDIDATES if several else 1,
            )
        ]
        found.sort(key=lambda detection: -detection.score)
        most = 1
        if several:
            spare = _SPARE_CANDIDATES + (options.num_poses if len(searched) > 1 else 0)
            most = options.num_poses - len(self._tracks) + spare
        known = [track.roi for track in self._tracks if track.roi is not None]
        regions: list[np.ndarray] = []
        for detection in found:
            points = detection.keypoints[list(self._pipeline.alignment_keypoints)]
            if len(regions) < most and not any(
                is_at(points[0] * size, roi[:2] * size, roi[2] * size[0])
                for roi in (*known, *regions)
            ):
                regions.append(self._region(points[:2]))
        return regions

    def _predict(self, image: np.ndarray, looks: list[_Look]) -> None:
        """Let the landmark model look at all regions, side by side on the cores."""
        if len(looks) > 1 and self._pool is None:
            workers = min(usable_cores(), MAX_POSES)
            self._pool = ThreadPoolExecutor(workers, 'pose_landmarks') if workers > 1 else None
        run = map if len(looks) < 2 or self._pool is None else self._pool.map
        regions = [look.region for look in looks]
        for look, prediction in zip(
            looks, run(lambda region: self._landmarker(image, region), regions)
        ):
            look.prediction = prediction

    def _refine(self, image: np.ndarray, looks: list[_Look]) -> None:
        """
        Predict again in the region that the landmarks give, and keep the clearer prediction.

        The region of a detection is coarse among people who overlap. In a stream the next image
        has the better region.
        """
        again = [
            _Look(look.track, self._region(look.prediction.alignment_points))
            for look in looks
            if look.prediction.is_finite
        ]
        self._predict(image, again)
        clearer = {id(look.track): look for look in again}
        for look in looks:
            other = clearer.get(id(look.track))
            if other is not None and self._quality(other) > self._quality(look):
                look.region, look.prediction = other.region, other.prediction

    def _region(self, points: np.ndarray) -> np.ndarray:
        start, end = points
        return roi_from_alignment_points(start, end, self._pipeline.roi_scale, self._size)

    def _quality(self, look: _Look) -> float:
        """Return the score of a prediction, weighted by the clarity of its heatmaps."""
        peaks = look.prediction.heatmap_peaks
        clarity = 1.0 if peaks is None else body_clarity(peaks, self.skeleton)
        return look.prediction.score * clarity

    def _sort_out(
        self, image: np.ndarray, looks: list[_Look], time_ns: int
    ) -> tuple[list[_Look], list[RejectedRegion]]:
        """Return the bodies that are followed from now on, and what was none."""
        rejected: list[RejectedRegion] = []

        def reject(look: _Look, reason: NoPoseReason) -> None:
            rejected.append(RejectedRegion(look.region, look.prediction.score, reason))
            self._lose(look.track)

        followed: list[_Look] = []
        for look in looks:
            if look.is_new:
                continue
            look.reason = self._refused(look, image, time_ns)
            if look.reason in _LOST:
                reject(look, look.reason)
            else:
                followed.append(look)
        for look in self._merged(followed, image):
            followed.remove(look)
            reject(look, NoPoseReason.DUPLICATE)
        # Of several candidates on one body the clearest is kept.
        new = [look for look in looks if look.is_new]
        if len(new) > 1:
            new.sort(key=self._quality, reverse=True)
        for look in new:
            if len(followed) >= self.options.num_poses:
                break
            if any(self._similarity(look, other) >= SAME_AS_TRACKED for other in followed):
                reject(look, NoPoseReason.DUPLICATE)
                continue
            look.reason = self._refused(look, image, time_ns)
            if look.reason is None and followed and not self._is_clear(look):
                look.reason = NoPoseReason.UNCONFIRMED
            # Beside somebody only who is certain is a second one.
            if look.reason in _LOST or (look.reason is not None and followed):
                reject(look, look.reason)
            else:
                followed.append(look)
        return followed, rejected

    def _is_clear(self, look: _Look) -> bool:
        """Return whether a body is seen clearly enough to be one more person."""
        peaks = look.prediction.heatmap_peaks
        if peaks is None or not self.options.verify_tracking:
            return True
        return body_clarity(peaks, self.skeleton) >= _CLEAR_FROM

    def _merged(self, followed: list[_Look], image: np.ndarray) -> list[_Look]:
        """Return those of tracks on the same body that have lost their own."""
        merged: list[_Look] = []
        for number, younger in enumerate(followed):
            for older in followed[:number]:
                if younger in merged or older in merged:
                    continue
                if self._similarity(younger, older) > MERGED:
                    merged.append(self._stray(older, younger, image))
        return merged

    def _stray(self, older: _Look, younger: _Look, image: np.ndarray) -> _Look:
        """Return which of two tracks on the same body has lost its own: by clothes and jump."""
        first, second = (self._misfit(look, image) for look in (older, younger))
        evidence = (self._jump(older) - self._jump(younger)) / _CLEAR_JUMP
        if first is not None and second is not None:
            evidence += (first - second) / CLEAR_COLOR_DISTANCE
        return older if evidence > 1 else younger

    def _misfit(self, look: _Look, image: np.ndarray) -> float | None:
        """Return how unlike those of its person the clothes of a body are, None if unknown."""
        seen = clothes_color(image, look.prediction.landmarks[:, :2] * self._size, self.skeleton)
        before = look.track.sighting
        if seen is None or before is None or before.color is None:
            return None
        return color_distance(seen, before.color)

    def _similarity(self, first: _Look, second: _Look) -> float:
        size = np.array(self._size)
        a, b = (look.prediction.landmarks[:, :2] * size for look in (first, second))
        diameter = max(self._diameter(look) for look in (first, second))
        return similarity(a, b, diameter, self.skeleton)

    def _jump(self, look: _Look) -> float:
        """Return how far the body of a track has come since the image before."""
        if look.track.sighting is None:
            return 0.0
        return moved(look.track.sighting, look.prediction.alignment_points[0] * self._size)

    def _diameter(self, look: _Look) -> float:
        """Return the diameter of the circle around a body in pixels."""
        start, end = look.prediction.alignment_points * self._size
        return float(2 * np.hypot(*(end - start)))

    def _recognize(self, image: np.ndarray, followed: list[_Look], time_ns: int) -> None:
        """Keep how people look, and give who was lost and is found again the number of before."""
        seen = {}
        for look in followed:
            landmarks = look.prediction.landmarks[:, :2] * self._size
            seen[id(look)] = Sighting(
                time_ns,
                look.prediction.alignment_points[0] * self._size,
                self._diameter(look),
                clothes_color(image, landmarks, self.skeleton),
            )
        found = [look for look in followed if look.reason is None and not look.track.id]
        memory = self.options.track_memory
        costs = [
            [
                cost_of_return(lost.sighting, lost.velocity, seen[id(look)], memory)
                for lost in self._lost
                if lost.sighting is not None  # So it is: others are forgotten.
            ]
            for look in found
        ]
        returned = assign(costs)
        for look, number in zip(found, returned):
            if number is not None:
                look.track.id = self._lost[number].id
        self._lost = [lost for number, lost in enumerate(self._lost) if number not in returned]
        for look in followed:
            look.track.see(seen[id(look)])

    def _main_first(self, poses: list[Pose], followed: list[_Look]) -> None:
        """Put the main person first; the others are in the order of their numbers."""
        if len(poses) > 1:
            seen = [
                (look.track.id, look.track.sighting)
                for look in followed
                if look.reason is None and look.track.sighting is not None
            ]
            self._main_track_id = main_person(
                self.options.main_person, seen, self._main_track_id, self._size
            )
            poses.sort(key=lambda pose: (pose.track_id != self._main_track_id, pose.track_id))
        elif poses:
            self._main_track_id = poses[0].track_id

    def _refused(
        self, look: _Look, image: np.ndarray, time_ns: int
    ) -> NoPoseReason | None:
        """Return why what was predicted is no pose, None where it is one."""
        options, prediction = self.options, look.prediction
        min_score = 0.5 if options.static_image_mode else options.min_tracking_confidence
        if not (prediction.score > min_score and prediction.is_finite):
            return NoPoseReason.LOW_CONFIDENCE
        official = options.static_image_mode and options.num_poses == 1
        if official or not options.verify_tracking:
            # When it is switched on again, what it knew is no longer true.
            look.track.forget_verification()
            return None
        verdict = look.track.verifier(
            prediction.heatmap_peaks,
            prediction.score,
            time_ns,
            lambda: self._detector_score(image, look.region),
        )
        return _REASONS.get(verdict)

    def _detector_score(self, image: np.ndarray, region: np.ndarray) -> float:
        """Return the probability that the person detector gives a person around a region."""
        shown = shown_to_detector(region, self._size)
        return float(np.mean([person_score(self.models.verifier, image, r) for r in shown]))

    def _follow(self, look: _Look, time_ns: int, locator: Locator | None) -> Pose | None:
        """Return the pose of a body, None where it is not certain; keep where to look next."""
        options, prediction = self.options, look.prediction
        landmarks, world_landmarks = prediction.landmarks, prediction.world_landmarks
        if not options.static_image_mode:
            landmarks, world_landmarks = look.track.follow(
                prediction, self._size, time_ns, keep_sides=options.verify_tracking
            )
        if look.reason is not None:
            return None
        pose = self._pose(look, landmarks, world_landmarks)
        if locator is None:
            return pose
        inside = pose.inside_image & pose.inside_region
        place = locator(landmarks, world_landmarks, inside)
        place = locator.to_frame(look.track.steady(place, time_ns))
        dropped = np.isnan(pose.landmarks[:, 0])
        place.landmarks[dropped] = np.nan
        place.sources[dropped] = LandmarkSource.UNKNOWN
        return replace(
            pose,
            position=place.position,
            position_covariance=place.covariance,
            camera_landmarks=place.landmarks,
            landmark_sources=place.sources,
            position_problem=place.problem,
        )

    def _pose(
        self, look: _Look, landmarks: np.ndarray, world_landmarks: np.ndarray
    ) -> Pose:
        """Return the pose that is reported, without its place."""
        track, prediction, options = look.track, look.prediction, self.options
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
            roi=look.region,
            track_id=track.id,
            segmentation_mask=self._mask(look),
        )

    def _mask(self, look: _Look) -> np.ndarray | None:
        if look.prediction.mask is None:
            return None
        mask = mask_to_image(sigmoid(look.prediction.mask), look.region, self._size)
        if self.options.smooth_segmentation and not self.options.static_image_mode:
            mask = look.track.mask_smoother(mask)
        return mask


@dataclass(eq=False)
class _Look:
    """
    A look at a region of an image.

    :param track: the body that is looked for
    :param region: where
    :param is_new: whether the body was not followed before
    :param prediction: what the landmark model sees
    :param reason: why it is no pose, None where it is one
    """

    track: Track
    region: np.ndarray
    is_new: bool = False
    prediction: PredictedLandmarks = field(init=False)
    reason: NoPoseReason | None = None


_REASONS = {
    Verdict.UNDECIDED: NoPoseReason.UNCONFIRMED,
    Verdict.NOBODY: NoPoseReason.NOT_VERIFIED,
}

_LOST = (NoPoseReason.LOW_CONFIDENCE, NoPoseReason.NOT_VERIFIED)
"""Reasons for which a body is not followed any more."""


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
