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

"""Markers of activities for RViz: words over the head, and an arrow of pointing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from pose_tracking_ros.activities import ActivityResult, PersonActivity, Posture
from pose_tracking_ros.blazepose import Pose, PoseLandmark
from pose_tracking_ros.drawing import SIDE_COLORS
from pose_tracking_ros.messages.markers import (
    duration,
    LIFETIME,
    metres_of,
    namespace,
    shown_tracks,
)
from pose_tracking_ros.messages.types import MessageTypes

# Identifiers within the namespace person_1/activity and so on.
WORDS_ID = 0
ARROW_ID = 1

_ACTIVITY = 'activity'

_LETTER_HEIGHT = 0.09  # metres, of an upper-case A
_ABOVE_FACE = 0.35  # metres from the middle of the face to that of the words
_ARROW_LENGTH = 2.0  # metres
_ARROW_WIDTHS = 0.025, 0.06, 0.1  # metres: shaft, head, length of the head
_FACE = [PoseLandmark.NOSE, PoseLandmark.LEFT_EAR, PoseLandmark.RIGHT_EAR]

# The constants of visualization_msgs/Marker.
_ADD, _DELETE = 0, 2
_ARROW, _TEXT_VIEW_FACING = 0, 9


class ActivityMarkers:
    """
    Makes the markers of activities, and deletes outdated ones.

    They stand where :class:`PoseMarkers` shows the person.

    :param types: the message types
    :param lifetime: seconds for which markers stay if no others come; 0 keeps them
    :param scale: size of words and arrows in multiples of the usual one
    """

    def __init__(
        self, types: MessageTypes, lifetime: float = LIFETIME, scale: float = 1.0
    ) -> None:
        self._types = types
        self._scale = scale
        self._lifetime = duration(types, lifetime)

    def __call__(
        self,
        header: Any,
        poses: Sequence[Pose],
        result: ActivityResult,
        shown: Collection[int] = (),
    ) -> Any:
        """
        Return a visualization_msgs/MarkerArray.

        :param header: header of the image
        :param poses: the people; of one without landmarks in metres nothing is shown
        :param result: what they do
        :param shown: numbers of the tracks that were shown before, see :func:`shown_tracks`: those
            of people who are not there any more are deleted
        """
        markers = []
        for track_id in sorted(set(shown) - shown_tracks(poses)):
            markers += [self._deletion(header, track_id, item) for item in (WORDS_ID, ARROW_ID)]
        for pose, activity in zip(poses, result.activities, strict=True):
            if len(metres_of(pose)):
                markers += [self._words(header, pose, activity), self._arrow(header, activity)]
        return self._types.MarkerArray(markers=markers)

    def _words(self, header: Any, pose: Pose, activity: PersonActivity) -> Any:
        """Return the words over the head of a person."""
        types, place = self._types, _over_the_head(pose)
        words = activity_words(activity)
        if not words or not np.isfinite(place).all():
            return self._deletion(header, activity.track_id, WORDS_ID)
        x, y, z = place.tolist()
        return self._marker(
            header,
            activity.track_id,
            id=WORDS_ID,
            type=_TEXT_VIEW_FACING,
            text='\n'.join(words),
            pose=types.Pose(
                position=types.Point(x=x, y=y, z=z),
                orientation=types.Quaternion(x=0.0, y=0.0, z=0.0, w=1.0),
            ),
            scale=types.Vector3(x=0.0, y=0.0, z=self._scale * _LETTER_HEIGHT),
            color=types.ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0),
        )

    def _arrow(self, header: Any, activity: PersonActivity) -> Any:
        """Return an arrow from the shoulder to where a person points."""
        types, ray = self._types, activity.pointing
        if ray is None:
            return self._deletion(header, activity.track_id, ARROW_ID)
        ends = ray.origin, ray.origin + _ARROW_LENGTH * ray.direction
        shaft, head, length = (self._scale * width for width in _ARROW_WIDTHS)
        red, green, blue = (channel / 255 for channel in SIDE_COLORS[ray.side])
        return self._marker(
            header,
            activity.track_id,
            id=ARROW_ID,
            type=_ARROW,
            points=[types.Point(x=x, y=y, z=z) for x, y, z in np.array(ends).tolist()],
            pose=types.Pose(orientation=types.Quaternion(x=0.0, y=0.0, z=0.0, w=1.0)),
            scale=types.Vector3(x=shaft, y=head, z=length),
            color=types.ColorRGBA(r=red, g=green, b=blue, a=0.8),
        )

    def _marker(self, header: Any, track_id: int, **fields: Any) -> Any:
        return self._types.Marker(
            header=header,
            ns=namespace(track_id, _ACTIVITY),
            action=_ADD,
            lifetime=self._lifetime,
            **fields,
        )

    def _deletion(self, header: Any, track_id: int, number: int) -> Any:
        return self._types.Marker(
            header=header, ns=namespace(track_id, _ACTIVITY), id=number, action=_DELETE
        )


def activity_words(activity: PersonActivity) -> list[str]:
    """Return the words for an activity, one line each."""
    words = []
    if activity.posture is not Posture.UNKNOWN:
        words.append(activity.posture.value + (', fell' if activity.fell else ''))
    words += [gesture.name.value.replace('_', ' ') for gesture in activity.gestures]
    if activity.exercise:
        words.append(f'{activity.exercise.replace("_", " ")}: {activity.repetitions}')
    return words


def _over_the_head(pose: Pose) -> np.ndarray:
    """Return the position of the words, float64 (3,), NaN if the face is unknown."""
    face = metres_of(pose)[_FACE].astype(np.float64).mean(axis=0)
    return face - [0.0, _ABOVE_FACE, 0.0]  # y points down.
