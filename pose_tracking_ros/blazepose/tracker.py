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

"""Detect and track people in a stream of images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
import json
from math import hypot
from operator import attrgetter
from typing import Any
import warnings

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.association import (
    assign,
    change,
    DUPLICATE_SIMILARITY,
    HIDDEN_SIMILARITY,
    is_at_body,
    is_part,
    is_reversed,
    main_person,
    may_cover,
    MERGED_SIMILARITY,
    reidentification_cost,
    Sighting,
    similarity,
)
from pose_tracking_ros.blazepose.camera import CameraModel
from pose_tracking_ros.blazepose.clothes import clothes_color
from pose_tracking_ros.blazepose.detector import PersonDetector, sigmoid
from pose_tracking_ros.blazepose.erasing import KnownBody
from pose_tracking_ros.blazepose.geometry import inside_unit_square, roi_from_alignment_points
from pose_tracking_ros.blazepose.inference import InferenceOptions
from pose_tracking_ros.blazepose.landmarker import (
    mask_to_image,
    PoseLandmarker,
    PredictedLandmarks,
)
from pose_tracking_ros.blazepose.options import PoseTrackerOptions, SELECT_MODELS
from pose_tracking_ros.blazepose.pipelines import FULL_BODY_PIPELINE, pipeline
from pose_tracking_ros.blazepose.pose import (
    LandmarkSource,
    NoPoseReason,
    Pose,
    PoseTrackerResult,
    RejectedRegion,
)
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.blazepose.position import Locator
from pose_tracking_ros.blazepose.search import PersonSearch, SearchSchedule
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.stamps import checked_stamp, Moment, StampJudge, StampProblem
from pose_tracking_ros.blazepose.track import MAX_TRACK_ID, Track
from pose_tracking_ros.blazepose.verification import (
    body_clarity,
    DETECTION_REACH,
    detector_regions,
    Verdict,
    verification_limits,
)
from pose_tracking_ros.blazepose.workers import Workers

# Format, longest image side and number of lost tracks that a saved state may have.
_STATE_FORMAT = 'pose_tracker 1'
_MAX_SIDE = 2**20
_MAX_LOST = 64

# Minimum heatmap clarity of an additional person. A static image has more candidates, the clearest
# of several predictions each.
_MIN_CLARITY, _MIN_STATIC_CLARITY = 0.6, 0.7

# Repeated predictions of each candidate in a static image; an additional person of a stream has 1.
_REFINEMENTS = 3

# Of two tracks on the same body, the one that is this much less clear has lost its own. Clarity,
# change and motion are weighed together.
_CLARITY_MARGIN = 0.1

_WRONG_UNIT = (
    'the stamps of the images lie less than 0.5 ms apart: stamp_ns is in nanoseconds, but these '
    'look like microseconds, milliseconds, seconds or frame numbers; smoothing removes the motion'
)


class PoseTracker:
    """
    Detect people, then track the landmarks of each from image to image.

    The region of interest of a body comes from its landmarks in the previous image. The detector
    runs if no person is tracked, on each image in static image mode, and every
    ``search_interval`` while fewer than ``num_poses`` people are tracked.

    .. code-block:: python

        tracker = PoseTracker(PoseTrackerOptions(model_complexity=2))
        for stamp_ns, image in frames:
            for pose in tracker.process(image, stamp_ns).poses:
                print(pose.landmarks[PoseLandmark.LEFT_WRIST])

    :param options: what to predict, and how
    :param inference: where the models run
    :param models: the models of another tracker with the same model options; loaded by default
    :raises ModelError: if a model file is missing, altered, cannot be loaded or does not fit
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
        self._workers = Workers()
        detector = PersonDetector(self.models.detector, self._pipeline.detector_strides)
        self._search = PersonSearch(detector, self._pipeline, self._workers)
        self._verifier = PersonDetector(self.models.verifier, FULL_BODY_PIPELINE.detector_strides)
        self._landmarker = PoseLandmarker(self.models.landmark_model, len(self.skeleton.landmarks))
        self._last_track_id = 0
        self._judge = StampJudge()
        self._warned_of_unit = False
        self.reset()

    @property
    def options(self) -> PoseTrackerOptions:
        """
        Return the options; new options apply from the next image.

        A change of the smoothing resets the filters.

        :raises ValueError: if the new options need other models
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
                f'{", ".join(others)} cannot change, the models are loaded: create a new tracker'
            )
        self._options = options
        if _smoothing(options) != _smoothing(before):
            for track in (*self._tracks, *self._lost):
                track.restart_smoothing(_smoothing(options))
        del self._tracks[options.num_poses :]

    @property
    def skeleton(self) -> Skeleton:
        """Return the landmarks that this tracker predicts."""
        return self._pipeline.skeleton

    @property
    def execution_provider(self) -> str:
        """Return the ONNX Runtime execution provider that actually runs the landmark model."""
        return self.models.landmark_model.execution_provider

    def reset(self) -> None:
        """Clear the state; track ids continue to rise."""
        self._size = (0, 0)
        self._tracks: list[Track]
        self._lost: list[Track]
        self._judge.reset()
        self._start_over()

    def save_state(self) -> bytes:
        """Return the state as JSON, for :meth:`load_state`."""
        return json.dumps(self._state()).encode()

    def _state(self) -> dict[str, Any]:
        return {
            'format': _STATE_FORMAT,
            'skeleton': self.skeleton.name,
            'last_track_id': self._last_track_id,
            'size': self._size if any(self._size) else None,
            'stamps': self._judge.state(),
            'main_track_id': self._main_track_id,
            'search': self._search.schedule.state(),
            'tracks': [track.state() for track in self._tracks],
            'lost': [track.state() for track in self._lost],
        }

    def load_state(self, state: bytes) -> None:
        """
        Restore the state of a tracker with the same options and version.

        :param state: from :meth:`save_state`, possibly of another process; each value is checked
        :raises ValueError: if the state is not valid; this tracker is unchanged then
        """
        try:
            self._load(json.loads(state))
        except (ValueError, RecursionError) as error:
            raise ValueError(f'not a state of such a tracker: {error}') from error

    def _load(self, state: Any) -> None:
        fields = saved_state.fields(state, *self._state())
        for name, expected in (('format', _STATE_FORMAT), ('skeleton', self.skeleton.name)):
            if fields[name] != expected:
                raise ValueError(f'{name} is {fields[name]!r:.80}, expected {expected!r}')
        number = saved_state.integer(0, MAX_TRACK_ID)
        last_track_id = number(fields['last_track_id'])
        main_track_id = number(fields['main_track_id'])
        side = saved_state.integer(1, _MAX_SIDE)
        size = saved_state.optional(saved_state.sequence(side, 2))(fields['size'])
        if size is not None and len(size) != 2:
            raise ValueError(f'size is {size}, expected width and height')
        known_size = (size[0], size[1]) if size else (0, 0)
        judge = StampJudge()
        judge.restore(fields['stamps'])
        schedule = SearchSchedule()
        schedule.restore(fields['search'])

        def read_track(track_state: Any) -> Track:
            track = self._new_track()
            track.restore(track_state, known_size, self._landmarker.world_count)
            if track.id > last_track_id:
                raise ValueError(f'track id {track.id} is above last_track_id {last_track_id}')
            return track

        tracks = saved_state.sequence(read_track, self.options.num_poses)(fields['tracks'])
        lost = saved_state.sequence(read_track, _MAX_LOST)(fields['lost'])
        if any(track.roi is None or track.landmarks is None for track in tracks):
            raise ValueError('track without a region of interest or landmarks')
        # Assign only after all values are checked.
        self._judge, self._search.schedule = judge, schedule
        self._tracks, self._lost = tracks, lost
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
        Return the people in an image, and the rejected regions of interest.

        Filters and tracking use the stamps, not the clock. The tracker starts again if a stamp is
        far before the previous one or more than ``tracking_timeout`` after it, or if the image
        size changes. An image whose stamp is repeated, slightly too early or zero is processed
        as if the usual period had passed; the result has the ``stamp_problem``. Stamps that are
        not in nanoseconds cause a warning.

        :param image: uint8 (H, W, 3) RGB; a BGR array with its channels reversed is not copied
        :param stamp_ns: acquisition time of the image, in whole nanoseconds
        :param roi: five numbers as in :class:`Pose`: the region of interest in this image, instead
            of the tracker's own; with num_poses 1 only. With ``verify_tracking`` a body that is
            the wrong way round in it is turned
        :param camera: the camera that took the image, for positions in metres
        :param depth: float32 (H', W') in metres along the camera's z axis, 0 or not finite if
            unknown: of the same view, in any resolution; only with a camera
        :raises ValueError: if an argument is not as described here, such as a depth image with
            another aspect ratio than the image
        """
        _check_image(image)
        stamp_ns = checked_stamp(stamp_ns)
        given = None if roi is None else _checked_roi(roi)
        if given is not None and self.options.num_poses > 1:
            raise ValueError('roi is given for one body, but num_poses is above 1')
        size = image.shape[1::-1]
        locator = None
        if camera is not None:
            locator = Locator(camera, size, depth, self.options.person_height)
        moment = self._moment(stamp_ns)
        if moment.problem is StampProblem.GAP and size == self._size:
            self._restart_search()
        elif moment.starts_over or size != self._size:
            self._start_over()
        self._size = size
        self._forget_lost(moment.time_ns)

        bodies = [_Body(track, track.roi) for track in self._tracks if track.roi is not None]
        if given is not None:
            track = self._tracks[0] if self._tracks else self._candidate()
            bodies = [_Body(track, given, is_new=not self._tracks)]
        searches = given is None and self._is_search_due(len(bodies), moment.time_ns)
        is_first = searches and not self._tracks and self._search.schedule.is_fresh
        if 0 < len(bodies) < self.options.num_poses:
            bodies += self._lost_body(moment.time_ns)
        # The search beside tracked people is of one region, and needs none of their landmarks.
        tasks = self._predictions(image, bodies)
        if searches:
            tracked = self._tracked_bodies()
            tasks.insert(0, partial(self._search, image, moment.time_ns, self.options, tracked))
        results = self._workers(tasks)
        if searches:
            bodies += self._new_bodies(image, results[0])
        if is_first and self.options.num_poses > 1:
            bodies += self._overlooked_bodies(image, bodies)
        followed, rejected = self._select_bodies(image, bodies, moment.time_ns)
        static = self.options.static_image_mode
        self._tracks = [] if static else [body.track for body in followed]
        if self.options.num_poses > 1:
            found = any(body.is_new and body.lost is None for body in followed)
            if found and self.options.verify_tracking:
                self._search.schedule.request_all()
            self._identify(image, followed, moment.time_ns)
        poses = [
            pose
            for body in followed
            if (pose := self._follow(body, moment.time_ns, locator)) is not None
        ]
        rejected += [
            RejectedRegion(body.region, body.prediction.score, body.reason)
            for body in followed
            if body.reason is not None
        ]
        self._main_first(poses, followed)
        return PoseTrackerResult(tuple(poses), searches, tuple(rejected), moment.problem)

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
        """Clear all tracks and the search schedule."""
        self._tracks, self._lost = [], []
        self._main_track_id = 0
        self._search.schedule = SearchSchedule()

    def _restart_search(self) -> None:
        """Stop all tracks and search again; with several people, lost tracks keep their ids."""
        if self.options.num_poses == 1 or self.options.static_image_mode:
            self._start_over()
            return
        for track in self._tracks:
            self._lose(track)
        self._tracks = []
        self._search.schedule = SearchSchedule()

    def _new_track(self) -> Track:
        return Track(self._pipeline, _smoothing(self._options), verification_limits(self._options))

    def _candidate(self) -> Track:
        """Return a track for a body that may be a new one."""
        if self.options.num_poses == 1 and self._lost:
            # As in MediaPipe, some filters continue with the next body.
            track = self._lost[-1]
            track.id = 0
            return track
        return self._new_track()

    def _lose(self, track: Track) -> None:
        """Stop tracking a body, and keep its track as lost."""
        track.lose()
        if self.options.num_poses == 1:
            self._lost = [track]
        elif track.id and track.sighting is not None:
            self._lost = [*self._lost[1 - _MAX_LOST :], track]
            self._search.schedule.request_search()

    def _forget_lost(self, time_ns: int) -> None:
        """Remove tracks that were lost more than ``track_memory`` ago."""
        options = self.options
        if options.num_poses > 1:
            self._lost = [
                track
                for track in self._lost
                if track.id
                and track.sighting is not None
                and time_ns - track.sighting.time_ns <= options.track_memory * 1e9
            ]

    def _tracked_bodies(self) -> list[KnownBody]:
        """Return the tracked people as they were in the previous image."""
        return [
            KnownBody(self.skeleton, track.landmarks, track.roi)
            for track in self._tracks
            if track.roi is not None and track.landmarks is not None
        ]

    def _lost_body(self, time_ns: int) -> list[_Body]:
        """
        Return a candidate where a lost person may be now, if any; people and places take turns.

        The detector overlooks people who are partly hidden.
        """
        options = self.options
        # Without heatmaps each look would need the detector.
        if not (self._lost and options.verify_tracking and self._landmarker.has_heatmaps):
            return []
        turn = self._search.schedule.take_lost_turn()
        lost = self._lost[turn % len(self._lost)]
        tracked = [track.roi for track in self._tracks if track.roi is not None]
        places = lost.possible_regions(self._size, time_ns, options.track_memory)
        free = [place for place in places if not is_at_body(place[:2], tracked, self._size)]
        places = free or places
        if not places:
            return []
        place = places[turn // len(self._lost) % len(places)]
        # Where a tracked person stands, the landmark model would predict that one.
        hidden_by = () if free else self._tracked_bodies()
        return [_Body(self._candidate(), place, is_new=True, lost=lost, hidden_by=hidden_by)]

    def _is_search_due(self, followed: int, time_ns: int) -> bool:
        """Return whether to search for more people than are followed."""
        return followed < self.options.num_poses and (
            not self._tracks or self._search.schedule.is_due(time_ns, self.options.search_interval)
        )

    def _overlooked_bodies(self, image: np.ndarray, bodies: list[_Body]) -> list[_Body]:
        """Return candidates of a second search of the first image; refine all of a static one."""
        is_static = self.options.static_image_mode
        if is_static:
            self._refine(image, bodies, _REFINEMENTS)
        if not self.options.verify_tracking:
            return []
        overlooked = self._new_bodies(image, self._search_beside(image, bodies))
        if is_static:
            self._refine(image, overlooked, _REFINEMENTS)
        return overlooked

    def _search_beside(self, image: np.ndarray, bodies: list[_Body]) -> list[np.ndarray]:
        """Return the regions of new candidates in an image without clear bodies."""
        clear: list[_Body] = []
        for body in bodies:
            is_person = self._is_plausible(body) and self._is_confident(body)
            if is_person and not self._is_duplicate(body, clear):
                clear.append(body)
        if not 0 < len(clear) < self.options.num_poses:
            return []
        found = self._search.again(image, self.options, [body.known for body in clear])
        before = [body.region for body in bodies]
        return [region for region in found if not is_at_body(region[:2], before, self._size)]

    def _new_bodies(self, image: np.ndarray, regions: list[np.ndarray]) -> list[_Body]:
        """Return candidates in regions, with their predictions."""
        bodies = [_Body(self._candidate(), region, is_new=True) for region in regions]
        self._workers(self._predictions(image, bodies))
        return bodies

    def _predictions(self, image: np.ndarray, bodies: list[_Body]) -> list[Callable[[], Any]]:
        """Return tasks that run the landmark model on the regions of bodies."""

        def predict(body: _Body) -> None:
            body.prediction = self._landmarker(image, body.region, body.hidden_by)

        return [partial(predict, body) for body in bodies]

    def _refine(self, image: np.ndarray, bodies: list[_Body], times: int) -> list[_Body]:
        """
        Predict repeatedly in the region of the last landmarks, and keep the clearest prediction.

        The region of a detection is coarse if people overlap. Return the last predictions.
        """
        pairs = [(body, body) for body in bodies]
        for _ in range(times):
            pairs = [
                (body, replace(body, region=self._region(last.prediction.alignment_points)))
                for body, last in pairs
                if last.prediction.is_finite
            ]
            self._workers(self._predictions(image, [again for _, again in pairs]))
            for body, again in pairs:
                if self._clarity_score(again) > self._clarity_score(body):
                    body.region, body.prediction = again.region, again.prediction
        return [last for _, last in pairs]

    def _region(self, points: np.ndarray) -> np.ndarray:
        start, end = points
        return roi_from_alignment_points(start, end, self._pipeline.roi_scale, self._size)

    def _clarity_score(self, body: _Body) -> float:
        """Return the score of a prediction, weighted by the clarity of its heatmaps."""
        peaks = body.prediction.heatmap_peaks
        clarity = 1.0 if peaks is None else body_clarity(peaks, self.skeleton)
        return body.prediction.score * clarity

    def _select_bodies(
        self, image: np.ndarray, bodies: list[_Body], time_ns: int
    ) -> tuple[list[_Body], list[RejectedRegion]]:
        """Return the bodies to track, and the rejected regions."""
        rejected: list[RejectedRegion] = []

        def reject(body: _Body, reason: NoPoseReason) -> None:
            rejected.append(RejectedRegion(body.region, body.prediction.score, reason))
            self._lose(body.track)

        followed: list[_Body] = []
        for body in bodies:
            if body.is_new:
                continue
            others = [other for other in bodies if not (other.is_new or other is body)]
            body.reason = self._rejection_reason(body, others, image, time_ns)
            if body.reason in _LOST:
                reject(body, body.reason)
            else:
                followed.append(body)
        for body in self._merged(followed, image, time_ns):
            followed.remove(body)
            reject(body, NoPoseReason.DUPLICATE)
        # The clearest of several candidates on one body is kept.
        new = [body for body in bodies if body.is_new]
        if len(new) > 1:
            new.sort(key=self._clarity_score, reverse=True)
        for body in new:
            if len(followed) >= self.options.num_poses:
                break
            body.reason = self._reason_against(body, followed, image, time_ns)
            # An additional person must be confirmed at once.
            must_be_confirmed = bool(followed) or body.lost is not None
            if body.reason is None or not (must_be_confirmed or body.reason in _LOST):
                followed.append(body)
            elif body.lost is None:
                reject(body, body.reason)
        return followed, rejected

    def _reason_against(
        self, body: _Body, followed: list[_Body], image: np.ndarray, time_ns: int
    ) -> NoPoseReason | None:
        """Return the reason to reject a candidate, None to accept it."""
        if self._is_duplicate(body, followed):
            return NoPoseReason.DUPLICATE
        if len(followed) < len(body.hidden_by):
            # Those in front were lost, and this may be one of them.
            return NoPoseReason.UNCONFIRMED
        if body.lost is not None and not self._is_returning(body, image, time_ns):
            return NoPoseReason.UNCONFIRMED
        reason = self._rejection_reason(body, followed, image, time_ns)
        if reason is None and (followed or body.lost is not None):
            reason = self._doubt(body, followed, image)
        return reason

    def _is_returning(self, body: _Body, image: np.ndarray, time_ns: int) -> bool:
        """Return whether a candidate is clear, and like the lost person who is expected there."""
        if body.lost is None or not (self._is_plausible(body) and self._is_confident(body)):
            return False
        return self._return_cost(body.lost, self._sighting(body, image, time_ns)) is not None

    def _doubt(
        self, body: _Body, followed: list[_Body], image: np.ndarray
    ) -> NoPoseReason | None:
        """Return the reason to reject an additional person, None to accept; refine the latter."""
        if not self._is_confident(body):
            return NoPoseReason.UNCONFIRMED
        if not self.options.static_image_mode:
            # Most false bodies are gone when the region changes a little.
            for again in self._refine(image, [body], 1):
                if not (self._is_plausible(again) and self._is_confident(again)):
                    return NoPoseReason.UNCONFIRMED
        return NoPoseReason.DUPLICATE if self._is_duplicate(body, followed) else None

    def _is_duplicate(self, body: _Body, others: list[_Body]) -> bool:
        limit = HIDDEN_SIMILARITY if body.hidden_by else DUPLICATE_SIMILARITY
        points = body.prediction.alignment_points * self._size
        for other in others:
            if self._similarity(body, other) >= limit:
                return True
            theirs = other.prediction.alignment_points * self._size
            if is_reversed(points, theirs) or is_part(points, theirs):
                return True
        return False

    def _is_confident(self, body: _Body) -> bool:
        """Return whether a body is clear enough to be an additional person."""
        peaks = body.prediction.heatmap_peaks
        if peaks is None or not self.options.verify_tracking:
            return True
        least = _MIN_STATIC_CLARITY if self.options.static_image_mode else _MIN_CLARITY
        return body_clarity(peaks, self.skeleton) >= least

    def _merged(self, followed: list[_Body], image: np.ndarray, time_ns: int) -> list[_Body]:
        """Return the tracks that have moved onto the body of another track."""
        merged: list[_Body] = []
        for number, younger in enumerate(followed):
            for older in followed[:number]:
                if younger in merged or older in merged:
                    continue
                if self._similarity(younger, older) > MERGED_SIMILARITY:
                    drifted = self._drifted(older, younger, image, time_ns)
                    drifted.track.merged_into = (older, younger)[drifted is older].track.id
                    merged.append(drifted)
        return merged

    def _drifted(self, older: _Body, younger: _Body, image: np.ndarray, time_ns: int) -> _Body:
        """Return which of two tracks on one body lost its own, by clothes, motion and clarity."""
        if younger.track.alone is None and older.track.alone is not None:
            return younger  # Never apart from the other: a duplicate.
        first, second = (self._sighting(body, image, time_ns) for body in (older, younger))
        evidence = (
            (self._clarity_score(younger) - self._clarity_score(older)) / _CLARITY_MARGIN
            + change(older.track.sighting, first)
            - change(younger.track.sighting, second)
            + older.track.motion_evidence(younger.track, first)
        )
        return older if evidence > 1 else younger

    def _similarity(self, first: _Body, second: _Body) -> float:
        size = np.array(self._size)
        diameter = max(self._diameter(body) for body in (first, second))
        hips, others = (body.prediction.alignment_points[0] * size for body in (first, second))
        if hypot(*(hips - others)) > diameter:
            return 0.0  # About two metres apart: the sum over all landmarks takes longer.
        a, b = (body.prediction.landmarks[:, :2] * size for body in (first, second))
        return similarity(a, b, diameter, self.skeleton)

    def _diameter(self, body: _Body) -> float:
        """Return the diameter of the circle around a body in pixels."""
        start, end = body.prediction.alignment_points * self._size
        return 2 * hypot(*(end - start))

    def _identify(self, image: np.ndarray, followed: list[_Body], time_ns: int) -> None:
        """Update the sightings, and restore the ids of lost people who are detected again."""
        seen = {id(body): self._sighting(body, image, time_ns) for body in followed}
        found = [body for body in followed if body.reason is None and not body.track.id]
        costs = [
            [self._return_cost(lost, seen[id(body)]) for lost in self._lost] for body in found
        ]
        returned = assign(costs)
        for body, number in zip(found, returned):
            if number is not None:
                body.track.continue_person(self._lost[number])
        self._lost = [lost for number, lost in enumerate(self._lost) if number not in returned]
        self._update_sightings([(body.track, seen[id(body)]) for body in followed])

    def _return_cost(self, lost: Track, seen: Sighting) -> float | None:
        """Return the cost of matching a new body to a lost person, None for another person."""
        # A person lost on the body of another one may be the visible one of the two.
        people = [lost, *(track for track in self._tracks if track.may_be_exchanged(lost))]
        memory = self.options.track_memory
        costs = [
            reidentification_cost(replace(last, color=color), lost.velocity, seen, memory)
            for last in lost.last_sightings
            for color in (one.sighting.color for one in people if one.sighting is not None)
        ]
        return min((cost for cost in costs if cost is not None), default=None)

    def _sighting(self, body: _Body, image: np.ndarray, time_ns: int) -> Sighting:
        return Sighting(
            time_ns,
            body.prediction.alignment_points[0] * self._size,
            self._diameter(body),
            clothes_color(image, body.prediction.landmarks[:, :2] * self._size, self.skeleton),
        )

    def _update_sightings(self, sightings: list[tuple[Track, Sighting]]) -> None:
        """
        Update the appearance of the tracked people, and correct exchanged ids.

        Where people cover each other, a track may change to the body of another person. Clothes
        and motion show it when the people are apart.
        """
        alone: list[Track] = []
        for track, seen in sightings:
            others = [other for _, other in sightings if other is not seen]
            is_apart = not any(may_cover(seen, other) for other in others)
            near = [lost for lost in self._lost if lost.may_be_near(seen)]
            rivals = [other for other, _ in sightings if track.may_be_exchanged(other)]
            track.update_sighting(seen, is_alone=is_apart and not near and not rivals)
            if not (is_apart and track.id):
                continue
            for other in (*alone, *near):
                track.exchange_identity(other)
            alone.append(track)

    def _main_first(self, poses: list[Pose], followed: list[_Body]) -> None:
        """Put the main person first, the others in the order of their ids."""
        if len(poses) > 1:
            seen = [
                (body.track.id, body.track.sighting)
                for body in followed
                if body.reason is None and body.track.sighting is not None
            ]
            self._main_track_id = main_person(
                self.options.main_person, seen, self._main_track_id, self._size
            )
            poses.sort(key=lambda pose: (pose.track_id != self._main_track_id, pose.track_id))
        elif poses:
            self._main_track_id = poses[0].track_id

    def _is_plausible(self, body: _Body) -> bool:
        """Return whether the landmark model reports a body."""
        options, prediction = self.options, body.prediction
        min_score = 0.5 if options.static_image_mode else options.min_tracking_confidence
        return prediction.score > min_score and prediction.is_finite

    def _rejection_reason(
        self, body: _Body, others: list[_Body], image: np.ndarray, time_ns: int
    ) -> NoPoseReason | None:
        """Return the reason to reject a prediction, None to accept it."""
        options = self.options
        if not self._is_plausible(body):
            return NoPoseReason.LOW_CONFIDENCE
        official = options.static_image_mode and options.num_poses == 1
        if official or not options.verify_tracking:
            # Its state would be outdated if it is switched on again.
            body.track.forget_verification()
            return None
        verdict = self._verdict(body, others, image, time_ns)
        if body.turned is not None and self._turn(body, body.turned, image):
            verdict = self._verdict(body, others, image, time_ns)
        return _REASONS.get(verdict)

    def _verdict(
        self, body: _Body, others: list[_Body], image: np.ndarray, time_ns: int
    ) -> Verdict:
        """Return the verdict of the verification of a body."""
        prediction = body.prediction
        return body.track.verifier(
            prediction.heatmap_peaks,
            prediction.score,
            time_ns,
            lambda: self._detector_score(image, body, others),
        )

    def _turn(self, body: _Body, region: np.ndarray, image: np.ndarray) -> bool:
        """Return whether a body is clearer in a region; if so, it continues there."""
        turned = replace(body, region=region)
        self._workers(self._predictions(image, [turned]))
        if not (
            self._is_plausible(turned) and self._clarity_score(turned) > self._clarity_score(body)
        ):
            return False
        body.region, body.prediction = turned.region, turned.prediction
        body.track.lose()
        body.track.roi = region
        return True

    def _detector_score(self, image: np.ndarray, body: _Body, others: list[_Body]) -> float:
        """Return the person detector's evidence for a body, without other people in the image."""
        known = [
            other.known
            for other in others
            if self._is_plausible(other)
            and other.reason not in _LOST
            and not self._is_duplicate(body, [other])
        ]
        points, skeleton = body.prediction.landmarks[:, :2], self.skeleton
        face = points[list(skeleton.face)].mean(axis=0)
        trunk = points[[skeleton.middles['hips'], skeleton.middles['shoulders']]].mean(axis=1)
        # Without heatmaps the detector decides alone, and it may miss a person beside another.
        has_heatmaps = body.prediction.heatmap_peaks is not None
        reach = DETECTION_REACH * body.region[2] * self._size[0] if has_heatmaps else np.inf
        evidence = self._workers([
            partial(self._verifier.evidence, image, region, face, trunk, reach, known)
            for region in detector_regions(body.region, self._size)
        ])
        turned = [one.turned for one in evidence if one.turned is not None]
        if turned:
            best = max(turned, key=attrgetter('score'))
            points = best.keypoints[list(self._pipeline.alignment_keypoints)]
            body.turned = self._region(points)
        # The lower score counts twice: a thing seldom resembles a person both ways.
        scores = [one.score for one in evidence]
        return float(np.mean([*scores, min(scores)]))

    def _follow(self, body: _Body, time_ns: int, locator: Locator | None) -> Pose | None:
        """Return the pose of a body, None if unconfirmed; update its track."""
        options, prediction = self.options, body.prediction
        landmarks, world_landmarks = prediction.landmarks, prediction.world_landmarks
        if not options.static_image_mode:
            landmarks, world_landmarks = body.track.follow(
                prediction, self._size, time_ns, keep_sides=options.verify_tracking
            )
        if body.reason is not None:
            return None
        pose = self._pose(body, landmarks, world_landmarks)
        if locator is None:
            return pose
        inside = pose.inside_image & pose.inside_region
        place = locator(landmarks, world_landmarks, inside)
        place = locator.to_frame(body.track.smooth_position(place, time_ns))
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

    def _pose(self, body: _Body, landmarks: np.ndarray, world_landmarks: np.ndarray) -> Pose:
        """Return the pose without its position."""
        track, prediction, options = body.track, body.prediction, self.options
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
            roi=body.region,
            track_id=track.id,
            segmentation_mask=self._mask(body),
        )

    def _mask(self, body: _Body) -> np.ndarray | None:
        if body.prediction.mask is None:
            return None
        mask = mask_to_image(sigmoid(body.prediction.mask), body.region, self._size)
        if self.options.smooth_segmentation and not self.options.static_image_mode:
            mask = body.track.mask_smoother(mask)
        return mask


@dataclass(eq=False)
class _Body:
    """
    A body, or a candidate, in one image.

    :param track: its track
    :param region: its region of interest
    :param is_new: whether it was not tracked before
    :param lost: the lost person whom this candidate is expected to be
    :param hidden_by: tracked people who may be in front of this candidate
    :param prediction: the output of the landmark model
    :param reason: why it gives no pose, None if it gives one
    :param turned: region of a detection of it the other way round, None without one
    """

    track: Track
    region: np.ndarray
    is_new: bool = False
    lost: Track | None = None
    hidden_by: Sequence[KnownBody] = ()
    prediction: PredictedLandmarks = field(init=False)
    reason: NoPoseReason | None = None
    turned: np.ndarray | None = None

    @property
    def known(self) -> KnownBody:
        """Return the body as the models are to ignore it."""
        return KnownBody(self.track.skeleton, self.prediction.landmarks[:, :2], self.region)


_REASONS = {
    Verdict.UNDECIDED: NoPoseReason.UNCONFIRMED,
    Verdict.NO_PERSON: NoPoseReason.NOT_VERIFIED,
}

_LOST = (NoPoseReason.LOW_CONFIDENCE, NoPoseReason.NOT_VERIFIED)  # reasons to stop tracking a body


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
