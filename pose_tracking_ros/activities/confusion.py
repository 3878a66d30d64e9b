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

"""The confusion of classes: each sample classified by the samples of other recordings."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import cv2
import numpy as np

from pose_tracking_ros.activities.pose_classes import PoseClasses

UNLIKE = '(unlike all)'
"""The class of a sample that resembles no sample of other recordings."""


@dataclass(frozen=True, eq=False)
class Confusion:
    """
    The confusion matrix of samples.

    :param names: of the classes
    :param counts: int64 (C, C + 1) of samples: rows are true classes, columns predicted ones, the
        last column :data:`UNLIKE`
    :param unchecked: names of classes with one recording only, whose samples are not counted
    :param wrong: recording, true class and predicted class of each misclassified sample
    """

    names: tuple[str, ...]
    counts: np.ndarray
    unchecked: tuple[str, ...]
    wrong: tuple[tuple[str, str, str], ...]

    @property
    def accuracy(self) -> float:
        """Return the ratio of the samples that are classified correctly."""
        return float(np.trace(self.counts) / self.counts.sum())


def leave_one_recording_out(classes: PoseClasses) -> Confusion:
    """Classify each sample by the samples of other recordings."""
    names = classes.names
    counts = np.zeros((len(names), len(names) + 1), np.int64)
    labels = Counter(name for _, name in {(item.recording, item.name) for item in classes.samples})
    unchecked = tuple(name for name in names if labels[name] == 1)
    wrong = []
    for sample in classes.samples:
        if sample.name in unchecked:
            continue
        ratios = classes.classify_points(sample.points, left_out=sample.recording)
        found = max(ratios, key=ratios.get) if any(ratios.values()) else UNLIKE
        counts[names.index(sample.name), (*names, UNLIKE).index(found)] += 1
        if found != sample.name:
            wrong.append((sample.recording, sample.name, found))
    return Confusion(names, counts, unchecked, tuple(wrong))


_CELL, _MARGIN = 84, 12
_PAPER, _INK, _FAINT, _RIGHT, _WRONG = (
    (255, 255, 255), (40, 40, 40), (225, 225, 225), (120, 170, 60), (60, 90, 220)
)  # fmt: skip
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def confusion_picture(confusion: Confusion) -> np.ndarray:
    """Return an image of the confusion matrix, BGR uint8 (H, W, 3)."""
    labels = (*confusion.names, UNLIKE)
    widths = [cv2.getTextSize(label, _FONT, 0.5, 1)[0][0] for label in labels]
    left = top = max(widths) + 3 * _MARGIN
    rows, columns = confusion.counts.shape
    caption = f'{confusion.accuracy:.1%} right; rows: what it is, columns: what it is taken for'
    caption_width = cv2.getTextSize(caption, _FONT, 0.42, 1)[0][0]
    width = max(left + columns * _CELL, caption_width + _MARGIN) + _MARGIN
    picture = np.full((top + rows * _CELL + 4 * _MARGIN, width, 3), _PAPER, np.uint8)
    # Names of columns are written upwards, on a rotated strip.
    for column, (label, width) in enumerate(zip(labels, widths)):
        strip = np.full((20, width + 4, 3), _PAPER, np.uint8)
        cv2.putText(strip, label, (0, 15), _FONT, 0.5, _INK, 1, cv2.LINE_AA)
        turned = cv2.rotate(strip, cv2.ROTATE_90_COUNTERCLOCKWISE)
        x = left + column * _CELL + _CELL // 2 - 10
        picture[top - _MARGIN - turned.shape[0] : top - _MARGIN, x : x + 20] = turned
    for row, name in enumerate(confusion.names):
        y = top + row * _CELL
        at = (_MARGIN, y + _CELL // 2 + 5)
        cv2.putText(picture, name, at, _FONT, 0.5, _INK, 1, cv2.LINE_AA)
        total = max(int(confusion.counts[row].sum()), 1)
        for column, count in enumerate(confusion.counts[row]):
            x = left + column * _CELL
            full = np.array(_RIGHT if row == column else _WRONG)
            shade = (count / total) ** 0.5 * (1.0 if row == column else 2.0)
            color = np.array(_PAPER) + min(shade, 1.0) * (full - _PAPER)
            corners = (x, y), (x + _CELL - 2, y + _CELL - 2)
            cv2.rectangle(picture, *corners, tuple(map(int, color)), cv2.FILLED)
            cv2.rectangle(picture, *corners, _FAINT, 1)
            text = str(count)
            width = cv2.getTextSize(text, _FONT, 0.6, 1)[0][0]
            at = (x + (_CELL - width) // 2, y + _CELL // 2 + 6)
            cv2.putText(picture, text, at, _FONT, 0.6, _INK, 1, cv2.LINE_AA)
    at = (_MARGIN, picture.shape[0] - _MARGIN)
    cv2.putText(picture, caption, at, _FONT, 0.42, _INK, 1, cv2.LINE_AA)
    return picture
