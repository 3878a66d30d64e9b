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

"""The state of one tracked body."""

from __future__ import annotations

from dataclasses import replace
from math import exp, hypot
from typing import Any

import numpy as np

from pose_tracking_ros.blazepose import saved_state
from pose_tracking_ros.blazepose.association import (
    color_distance,
    EXCHANGE_MARGIN,
    may_be_near,
    Sighting,
)
from pose_tracking_ros.blazepose.geometry import roi_from_alignment_points
from pose_tracking_ros.blazepose.landmarker import PredictedLandmarks
from pose_tracking_ros.blazepose.pipelines import Pipeline
from pose_tracking_ros.blazepose.pose_smoothing import PoseSmoother
from pose_tracking_ros.blazepose.position import Place
from pose_tracking_ros.blazepose.sides import SideKeeper
from pose_tracking_ros.blazepose.skeleton import Skeleton
from pose_tracking_ros.blazepose.smoothing import MaskSmoother, OneEuroConstants, OneEuroFilter
from pose_tracking_ros.blazepose.stamps import MAX_STAMP_NS
from pose_tracking_ros.blazepose.verification import BodyVerifier, VerificationLimits

MAX_TRACK_ID = 2**32 - 1
"""Maximum of uint32, the type of the message field."""

# Limit of the values of a region of interest.
_MAX_REACH = 1e3

# Seconds over which the velocity, the colour of a person's clothes, and the colour now at the
# place of the body are averaged.
_VELOCITY_SECONDS, _COLOR_SECONDS, _COLOR_NOW_SECONDS = 0.2, 0.3, 0.08

# Difference of the distances from two predicted places, in diameters of the body circle, by which
# motion decides between two people.
_PREDICTION_MARGIN = 0.3

# Filter of the distance in metres, the most uncertain part of a position: steady for a standing
# person, and about 0.1 m behind a walking one.
_DISTANCE_SMOOTHING = OneEuroConstants(min_cutoff=0.5, beta=2.0, derivate_cutoff=1.0)


class Track:
    """
    A tracked body.

    :param pipeline: the generation of BlazePose
    :param smoothing: the option of that name, ``off`` without ``smooth_landmarks``
    :param limits: of the verification
    :ivar id: identity of the person; 0 until the body is confirmed
    :ivar roi: region of interest in the next image, None if unknown
    :ivar landmarks: float64 (N, 2): in the previous image, in units of its width and height, None
        if unknown
    :ivar sighting: the last appearance of the body, None before
    :ivar alone: the last appearance while the body could not be that of another person
    :ivar velocity: float64 (2,): of the mid-hips in pixels per second until then
    :ivar merged_into: id of the person on whose body the track was when it ended, 0 for none
    :ivar color_now: float64 (6,): clothes colour at the place of the body, None if unknown; the
        sighting has the person's own
    """

    def __init__(self, pipeline: Pipeline, smoothing: str, limits: VerificationLimits) -> None:
        self.id = self.merged_into = 0
        self.roi: np.ndarray | None = None
        self.landmarks: np.ndarray | None = None
        self.sighting: Sighting | None = None
        self.alone: Sighting | None = None
        self.velocity = np.zeros(2)
        self.color_now: np.ndarray | None = None
        self.verifier = BodyVerifier(pipeline.skeleton, limits)
        self.mask_smoother = MaskSmoother()
        self._pipeline = pipeline
        self._side_keeper = SideKeeper(pipeline.skeleton)
        self._distance_filter = OneEuroFilter(_DISTANCE_SMOOTHING)
        self.restart_smoothing(smoothing)

    @property
    def skeleton(self) -> Skeleton:
        """Return the landmarks of the body."""
        return self._pipeline.skeleton

    @property
    def last_sightings(self) -> list[Sighting]:
        """Return the last sighting, and the last one that was certainly of this person."""
        return [seen for seen in (self.sighting, self.alone) if seen is not None]

    def possible_regions(
        self, size: tuple[int, int], time_ns: int, memory: float
    ) -> list[np.ndarray]:
        """
        Return the regions where this person, lost, may be now.

        The person may have walked on, or stopped.

        :param size: width and height of the image in pixels
        :param time_ns: time of the image in nanoseconds
        :param memory: the option ``track_memory``
        """
        regions = []
        # Both are the same if the body was alone until it was lost.
        for last in dict.fromkeys(self.last_sightings):
            seconds = (time_ns - last.time_ns) * 1e-9
            if seconds > memory:
                continue
            for way in (self.velocity * seconds, 0.0):
                center = ((last.place + way) / size).clip(0, 1)
                top = center - (0, 0.5 * max(last.diameter, 1.0) / size[1])
                regions.append(
                    roi_from_alignment_points(center, top, self._pipeline.roi_scale, size)
                )
        return regions

    def may_be_near(self, seen: Sighting) -> bool:
        """Return whether this person, lost, may be at the place of a body."""
        return any(may_be_near(last, self.velocity, seen) for last in self.last_sightings)

    def lose(self) -> None:
        """Clear what depends on the place of the body; other filters continue."""
        self.roi, self.landmarks, self.color_now = None, None, None
        self._smoother.lose()
        self.mask_smoother.reset()
        self._distance_filter.reset()
        self.forget_verification()

    def forget_verification(self) -> None:
        """Reset the verification of the body and of its sides."""
        self.verifier.reset()
        self._side_keeper.reset()

    def restart_smoothing(self, smoothing: str) -> None:
        """Create new filters for a ``smoothing`` option."""
        self._smoother = PoseSmoother(self._pipeline, smoothing)
        self._smooth_distance = smoothing != 'off'
        self._distance_filter.reset()

    def update_sighting(self, sighting: Sighting, is_alone: bool) -> None:
        """
        Update the appearance and the velocity of the body.

        :param sighting: in the image
        :param is_alone: whether the body cannot be that of another person
        """
        before, now = self.sighting, sighting.color
        if before is not None:
            seconds, color = (sighting.time_ns - before.time_ns) * 1e-9, before.color
            if is_alone and seconds > 0:
                velocity = (sighting.place - before.place) / seconds
                self.velocity = _averaged(self.velocity, velocity, seconds / _VELOCITY_SECONDS)
            if now is not None and self.color_now is not None:
                if color is not None and is_alone:
                    color = _averaged(color, now, seconds / _COLOR_SECONDS)
                now = _averaged(self.color_now, now, seconds / _COLOR_NOW_SECONDS)
            sighting = replace(sighting, color=sighting.color if color is None else color)
        self.color_now, self.sighting = now, sighting
        if is_alone:
            self.alone = sighting

    def continue_person(self, lost: Track) -> None:
        """Take over the identity of a lost person."""
        self.id, self.merged_into = lost.id, lost.merged_into
        self.sighting, self.alone, self.velocity = lost.sighting, lost.alone, lost.velocity

    def exchange_identity(self, other: Track) -> None:
        """Exchange the identity with another track if clothes and motion show a swap of both."""
        first, second = self.sighting, other.sighting
        if first is None or second is None:
            return
        evidence = self._evidence_for(other, first)
        if other.roi is not None:
            evidence = (evidence + other._evidence_for(self, second)) / 2
        if self.may_be_exchanged(other) and (evidence > 1 or other.roi is not None):
            self.merged_into = other.merged_into = 0
        if evidence > 1:
            self.id, other.id = other.id, self.id
            self.velocity, other.velocity = other.velocity, self.velocity
            self.alone, other.alone = other.alone, self.alone
            self.sighting = replace(first, color=second.color)
            # A lost person was reported here until now.
            other.sighting = first if other.roi is None else replace(second, color=first.color)

    def may_be_exchanged(self, other: Track) -> bool:
        """Return whether one of two tracks ended on the other's body, undecided since."""
        known = 0 not in (self.id, other.id)
        return known and (self.merged_into == other.id or other.merged_into == self.id)

    def _evidence_for(self, other: Track, seen: Sighting) -> float:
        """Return how much better the body, as seen now, fits another person; 1 decides."""
        evidence = 0.0
        now, own = self.color_now, seen.color
        others = None if other.sighting is None else other.sighting.color
        if now is not None and own is not None and others is not None:
            evidence = (color_distance(now, own) - color_distance(now, others)) / EXCHANGE_MARGIN
        if self.may_be_exchanged(other):
            evidence += self.motion_evidence(other, seen)
        return evidence

    def motion_evidence(self, other: Track, seen: Sighting) -> float:
        """
        Return how much better the motion of another person fits a body than that of this one.

        Both are expected to have walked on since they were alone.
        """
        if self.alone is None or other.alone is None:
            return 0.0
        own, others = (
            hypot(*(seen.place - before.place - velocity * (seen.time_ns - before.time_ns) * 1e-9))
            for before, velocity in ((self.alone, self.velocity), (other.alone, other.velocity))
        )
        return (own - others) / (_PREDICTION_MARGIN * max(seen.diameter, 1.0))

    def follow(
        self, prediction: PredictedLandmarks, size: tuple[int, int], time_ns: int, keep_sides: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """
        Return the smoothed landmarks and world landmarks, and update the region of interest.

        :param prediction: the output of the landmark model
        :param size: width and height of the image in pixels
        :param time_ns: time of the image in nanoseconds
        :param keep_sides: whether to correct exchanged sides
        """
        self.landmarks = prediction.landmarks[:, :2]
        if keep_sides:
            prediction = self._side_keeper(prediction, size, time_ns)
        landmarks, world_landmarks, alignment_points = self._smoother(prediction, size, time_ns)
        start, end = alignment_points
        self.roi = roi_from_alignment_points(start, end, self._pipeline.roi_scale, size)
        return landmarks, world_landmarks

    def smooth_position(self, place: Place, time_ns: int) -> Place:
        """
        Return a place with its distance smoothed over time, along the ray.

        :param place: relative to the lens
        :param time_ns: time of the image in nanoseconds
        """
        if not self._smooth_distance or place.problem is not None:
            return place
        distance = hypot(*place.position.tolist())
        return place.scaled(float(self._distance_filter(distance, time_ns) / distance))

    def state(self) -> dict[str, Any]:
        """Return the state as plain values."""
        return {
            'id': self.id,
            'roi': saved_state.optional_array_text(self.roi),
            'landmarks': saved_state.optional_array_text(self.landmarks),
            'sighting': None if self.sighting is None else _sighting_state(self.sighting),
            'merged_into': self.merged_into,
            'alone': None if self.alone is None else _sighting_state(self.alone),
            'velocity': saved_state.array_text(self.velocity),
            'color_now': saved_state.optional_array_text(self.color_now),
            'smoother': self._smoother.state(),
            'distance_filter': self._distance_filter.state(),
            'mask_smoother': self.mask_smoother.state(),
            'verifier': self.verifier.state(),
            'side_keeper': self._side_keeper.state(),
        }

    def restore(self, state: Any, size: tuple[int, int], world_count: int) -> None:
        """
        Restore the state of a track with the same options.

        :param state: from :meth:`state`
        :param size: width and height of the images in pixels
        :param world_count: number of world landmarks of the model
        :raises ValueError: if the state is not valid; part of it may be restored then
        """
        fields = saved_state.fields(state, *self.state())
        number = saved_state.integer(0, MAX_TRACK_ID)
        self.id, self.merged_into = number(fields['id']), number(fields['merged_into'])
        roi = saved_state.array((5,), limit=_MAX_REACH)
        self.roi = saved_state.optional(roi)(fields['roi'])
        if self.roi is not None and not (self.roi[2:4] >= 0).all():
            raise ValueError('region of interest of negative size')
        count = len(self._pipeline.skeleton.landmarks)
        self.landmarks = saved_state.optional(saved_state.array((count, 2)))(fields['landmarks'])
        self.sighting = saved_state.optional(_read_sighting)(fields['sighting'])
        self.alone = saved_state.optional(_read_sighting)(fields['alone'])
        self.velocity = saved_state.array((2,))(fields['velocity'])
        self.color_now = saved_state.optional(saved_state.array((6,)))(fields['color_now'])
        self._smoother.restore(fields['smoother'], count, world_count)
        self._distance_filter.restore(fields['distance_filter'], ())
        self.mask_smoother.restore(fields['mask_smoother'], size[::-1])
        self.verifier.restore(fields['verifier'])
        self._side_keeper.restore(fields['side_keeper'])


def _averaged(before: np.ndarray, now: np.ndarray, duration: float) -> np.ndarray:
    """Return the exponential average after a duration in units of its time constant."""
    return now + exp(-duration) * (before - now)


def _sighting_state(sighting: Sighting) -> dict[str, Any]:
    return {
        'time_ns': sighting.time_ns,
        'place': saved_state.array_text(sighting.place),
        'diameter': sighting.diameter,
        'color': saved_state.optional_array_text(sighting.color),
    }


def _read_sighting(state: Any) -> Sighting:
    fields = saved_state.fields(state, 'time_ns', 'place', 'diameter', 'color')
    return Sighting(
        time_ns=saved_state.integer(-MAX_STAMP_NS, MAX_STAMP_NS)(fields['time_ns']),
        place=saved_state.array((2,))(fields['place']),
        diameter=saved_state.number(0.0, 1e9)(fields['diameter']),
        color=saved_state.optional(saved_state.array((6,)))(fields['color']),
    )
