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

"""Write the results of an analysis for the Rerun viewer."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from pose_tracking_ros.blazepose import Pose, Skeleton
from pose_tracking_ros.drawing import seen_landmarks, SIDE_COLORS, VISIBLE_FROM
from pose_tracking_ros.messages.activity_markers import activity_words
from pose_tracking_ros.replay.frames import AnalysedFrame

try:
    import rerun as rr
    from rerun import blueprint
except ImportError as error:
    raise ImportError(
        "--rerun needs the Rerun SDK: python3 -m pip install 'pose_tracking_ros[rerun]'"
    ) from error

IMAGE = 'camera/image'
"""Entity of the images; in it ``person_1`` and so on, in pixels of these images."""

WORLD = 'world'
"""Entity of the world landmarks, in it ``person_1`` and so on: metres, origin mid-hips."""

SPACE = 'camera_frame'
"""Entity of the people with a position, in it ``person_1`` and so on: metres in its frame."""

EVENTS = 'events'
"""Entity of the log of activities that begin and end."""

STAMP, INDEX = 'stamp', 'image'
"""Timelines: stamps and numbers of the images."""

_LONGEST_SIDE = 640
_JPEG_QUALITY = 75
_SEEN, _HIDDEN = 255, 70
"""Opacity of the landmarks."""


class RerunOutput:
    """
    A recording for the Rerun viewer, written frame by frame.

    :param path: the .rrd file
    :param name: name of the recording
    :param images: whether to write small images as JPEG
    """

    def __init__(self, path: Path, name: str, images: bool = True) -> None:
        self._images = images
        self._known: set[str] = set()
        self._shown: set[str] = set()
        self._recording = rr.RecordingStream('pose_tracking_ros', recording_id=name)
        self._recording.set_log_time_enabled(False)
        self._recording.set_log_tick_enabled(False)
        self._recording.save(
            path,
            blueprint.Blueprint(
                blueprint.Vertical(
                    blueprint.Horizontal(
                        blueprint.Spatial2DView(name='image', origin=IMAGE),
                        blueprint.Tabs(
                            blueprint.Spatial3DView(name='world landmarks', origin=WORLD),
                            blueprint.Spatial3DView(name='camera frame', origin=SPACE),
                        ),
                    ),
                    blueprint.TextLogView(name='activities', origin=EVENTS),
                    row_shares=[3, 1],
                )
            ),
        )
        self._recording.send_recording_name(name)
        for entity in (WORLD, SPACE):
            self._recording.log(entity, rr.ViewCoordinates.RDF, static=True)

    def write(self, frame: AnalysedFrame, rgb: np.ndarray | None) -> None:
        """Append an image: see :class:`Output`."""
        self._recording.set_time(STAMP, timestamp=np.datetime64(frame.stamp_ns, 'ns'))
        self._recording.set_time(INDEX, sequence=frame.index)
        width, height = _small(frame.size)
        if self._images and rgb is not None:
            self._recording.log(IMAGE, _jpeg(rgb, (width, height)))
        shown = set()
        words = {each.track_id: activity_words(each) for each in frame.activities.activities}
        for pose in frame.poses:
            person, pixels = f'person_{pose.track_id}', pose.landmarks[:, :2] * (width, height)
            label = ', '.join([str(pose.track_id), *words.get(pose.track_id, [])])
            for entity, points, positions in (
                (f'{IMAGE}/{person}', rr.Points2D, pixels),
                (f'{WORLD}/{person}', rr.Points3D, pose.world_landmarks),
                (f'{SPACE}/{person}', rr.Points3D, pose.camera_landmarks),
            ):
                shown |= self._log_landmarks(entity, pose, points, positions, label)
        for event in frame.activities.events:
            change = 'begins' if event.began else 'ends'
            text = f'person {event.track_id}: {event.kind.value} {event.name} {change}'
            self._recording.log(EVENTS, rr.TextLog(text))
        for entity in sorted(self._shown - shown):
            self._recording.log(entity, rr.Clear(recursive=False))
        self._shown = shown

    def close(self) -> None:
        """Finish the file."""
        self._recording.flush()
        self._recording.disconnect()

    def abort(self) -> None:
        """Leave the file as it is: the viewer can open a partial file."""
        self._recording.disconnect()

    def _log_landmarks(
        self,
        entity: str,
        pose: Pose,
        points: type[rr.Points2D] | type[rr.Points3D],
        positions: np.ndarray,
        label: str,
    ) -> set[str]:
        """Log the landmarks with a position, and the label over them; return the entities."""
        known = np.flatnonzero(np.isfinite(positions).all(axis=1))
        if not known.size:
            return set()
        if entity not in self._known:
            self._known.add(entity)
            self._recording.log(
                entity, _annotation_context(pose.skeleton, pose.track_id), static=True
            )
        self._recording.log(
            entity,
            points(positions[known], colors=_colors(pose)[known], class_ids=0, keypoint_ids=known),
        )
        top = positions[known[np.argmin(positions[known, 1])]]
        over = f'{entity}/label'
        self._recording.log(over, points([top], labels=[label], radii=0, show_labels=True))
        return {entity, over}


def _annotation_context(skeleton: Skeleton, track_id: int) -> rr.AnnotationContext:
    """Return the names and connections of the landmarks for the viewer."""
    return rr.AnnotationContext(
        rr.ClassDescription(
            info=rr.AnnotationInfo(0, f'person {track_id}', SIDE_COLORS['center']),
            keypoint_annotations=[
                rr.AnnotationInfo(index, name) for index, name in enumerate(skeleton.names)
            ],
            keypoint_connections=[(int(a), int(b)) for a, b in skeleton.connections],
        )
    )


def _colors(pose: Pose) -> np.ndarray:
    """Return the color of each landmark, uint8 (N, 4) RGBA: hidden ones are faint."""
    opacity = np.where(seen_landmarks(pose, VISIBLE_FROM), _SEEN, _HIDDEN)
    sides = [SIDE_COLORS[side] for side in pose.skeleton.sides]
    return np.column_stack([sides, opacity]).astype(np.uint8)


def _small(size: tuple[int, int]) -> tuple[int, int]:
    """Return the width and height of an image in the recording."""
    scale = min(1.0, _LONGEST_SIDE / max(*size, 1))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _jpeg(rgb: np.ndarray, size: tuple[int, int]) -> rr.EncodedImage:
    """Return a small image."""
    small = cv2.resize(np.ascontiguousarray(rgb), size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode('.jpg', small[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return rr.EncodedImage(contents=data.tobytes(), media_type='image/jpeg')
