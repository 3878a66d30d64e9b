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

"""Messages of activities."""

from __future__ import annotations

from typing import Any

from pose_tracking_ros.activities import (
    ActivityEvent,
    ActivityResult,
    EventKind,
    PersonActivity,
    PointingRay,
)
from pose_tracking_ros.messages.types import MessageTypes


def activities_message(types: MessageTypes, header: Any, result: ActivityResult) -> Any:
    """
    Return a pose_tracking_ros/Activities for one image.

    :param types: the message types
    :param header: header of the image
    :param result: the activities of the people in it
    """
    return types.Activities(
        header=header, persons=[_person(types, activity) for activity in result.activities]
    )


def activity_event_messages(types: MessageTypes, frame_id: str, result: ActivityResult) -> list:
    """
    Return a pose_tracking_ros/ActivityEvent for each event of an image, in their order.

    :param types: the message types
    :param frame_id: the optical frame of the camera
    :param result: the activities of the people in the image
    """
    return [
        types.ActivityEvent(
            header=types.Header(stamp=_time(types, event.stamp_ns), frame_id=frame_id),
            track_id=event.track_id,
            kind=event.kind.value,
            name=event.name,
            began=event.began,
            repetitions=repetitions_at(event, result),
        )
        for event in result.events
    ]


def repetitions_at(event: ActivityEvent, result: ActivityResult) -> int:
    """
    Return the repetitions counted up to an event; 0 for other kinds of events.

    :param event: one of the result
    :param result: the activities of the people in the image
    """
    if event.kind is not EventKind.REPETITION:
        return 0
    people = {activity.track_id: activity for activity in result.activities}
    return people[event.track_id].repetitions if event.track_id in people else 0


def _person(types: MessageTypes, activity: PersonActivity) -> Any:
    """Return a pose_tracking_ros/PersonActivity."""
    return types.PersonActivity(
        track_id=activity.track_id,
        posture=activity.posture.value,
        posture_since=_time(types, activity.posture_since_ns),
        fell=activity.fell,
        gestures=[
            types.Gesture(
                name=gesture.name.value,
                confidence=float(gesture.confidence),
                since=_time(types, gesture.since_ns),
            )
            for gesture in activity.gestures
        ],
        pointing=[] if activity.pointing is None else [_ray(types, activity.pointing)],
        exercise=activity.exercise,
        repetitions=activity.repetitions,
        phase=activity.phase,
    )


def _ray(types: MessageTypes, ray: PointingRay) -> Any:
    """Return a pose_tracking_ros/PointingRay."""
    origin, direction = (dict(zip('xyz', at.tolist())) for at in (ray.origin, ray.direction))
    return types.PointingRay(
        side=ray.side,
        origin=types.Point(**origin),
        direction=types.Vector3(**direction),
        metric=bool(ray.metric),
    )


def _time(types: MessageTypes, stamp_ns: int) -> Any:
    """Return a builtin_interfaces/Time."""
    seconds, nanoseconds = divmod(stamp_ns, 1_000_000_000)
    return types.Time(sec=seconds, nanosec=nanoseconds)
