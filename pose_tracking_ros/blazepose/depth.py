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
Measure the joints of a person in a depth image.

A depth image shows skin or clothes; a joint lies below. Around each visible landmark, depths in a
window of the size of the limb are read. They are used if they fit the body: the world landmarks
give the relative distances of the joints, and most windows must agree on the distance of the
body. Depths of objects in front of the person or behind do not fit.
"""

from __future__ import annotations

from math import exp

import numpy as np

from pose_tracking_ros.blazepose.skeleton import FULL_BODY, PoseLandmark

# Distance from the skin to the joint along the ray, and half the window, in metres: about half the
# thickness of an adult's limb, rounded (of the hips half the depth of the pelvis). Landmarks of
# the face lie on the skin. On two recordings of a robot's camera the joints of a person agree with
# these to 3 cm (docs/space.md).
_RADII = {
    'nose': 0.02,
    'eye': 0.015,
    'ear': 0.03,
    'mouth': 0.015,
    'shoulder': 0.06,
    'elbow': 0.04,
    'wrist': 0.027,
    'pinky': 0.013,
    'index': 0.013,
    'thumb': 0.013,
    'hip': 0.11,
    'knee': 0.055,
    'ankle': 0.037,
    'heel': 0.03,
    'foot': 0.03,
}
_ON_SKIN = ('nose', 'eye', 'mouth')

_HALF_WIDTHS = np.array([
    [next(radius for part, radius in _RADII.items() if part in landmark.name.lower().split('_'))]
    for landmark in PoseLandmark
])
_BELOW_SKIN = np.array([
    [0.0] if any(part in landmark.name.lower() for part in _ON_SKIN) else radius
    for landmark, radius in zip(PoseLandmark, _HALF_WIDTHS)
])

# Landmarks that determine the distance of the person: windows around hands, feet and parts of the
# face show much of the background.
_LARGE = np.array([int(landmark) for landmark in (PoseLandmark.NOSE, *FULL_BODY.limbs)])

_LEFT_HIP, _RIGHT_HIP = map(int, FULL_BODY.middles['hips'])

# Samples along each side of a window, in units of half the side.
_STEPS = np.linspace(-1, 1, 5)

_UNKNOWN = np.array([np.nan])

# Minimum fraction of a window, and minimum number of windows, that show the person.
_MIN_RATIO = 0.3
_MIN_MEASURED = 3

# Maximum difference in metres between windows of the same body.
_AGREEMENT = 0.1

# Ratio of measured and model distances: the usual spread, and the limits. A child is nearer than
# an adult of the same size in the image; a much larger distance is that of a wall.
_SPREAD = 0.2
_NEAREST, _FARTHEST = 0.55, 1.3

# Maximum difference in metres between a measured joint and the model: at the hips, and in addition
# per metre from them.
_TOLERANCE = 0.12
_TOLERANCE_PER_METRE = 0.12

# Distance in metres over which a measured joint moves unmeasured ones with it.
_REACH = 0.1

# Maximum relative difference of the aspect ratios of an image and its depth image.
_MAX_ASPECT_ERROR = 0.02


class DepthView:
    """
    A depth image of the same view as an image, in any resolution.

    :param depth: float32 (H, W) in metres; 0 or not finite if unknown
    :param size: width and height of the image in pixels
    :raises ValueError: if it is another array, or has another aspect ratio than the image
    """

    def __init__(self, depth: np.ndarray, size: tuple[int, int]) -> None:
        if not isinstance(depth, np.ndarray) or depth.dtype != np.float32 or depth.ndim != 2:
            found = (
                f'{depth.dtype} array of shape {depth.shape}'
                if isinstance(depth, np.ndarray)
                else type(depth).__name__
            )
            raise ValueError(f'depth is a {found}, accepted is float32 (height, width) in metres')
        width, height = self.size = depth.shape[1::-1]
        if not depth.size or abs(width * size[1] / (height * size[0]) - 1) > _MAX_ASPECT_ERROR:
            raise ValueError(
                f'depth has {width} x {height} pixels and the image {size[0]} x {size[1]}: they '
                'show different views; register the depth to the image'
            )
        self._depth = depth

    def windows(self, points: np.ndarray, half: np.ndarray) -> np.ndarray:
        """
        Return depths around points, float64 (N, 25) in metres, NaN or infinite if unknown.

        :param points: (N, 2): x and y in units of the width and height
        :param half: (N, 2): half the sides of the windows in the same units
        """
        size = np.array(self.size, np.uintp)[:, np.newaxis]
        half = np.maximum(half[:, :, np.newaxis], 1 / size)
        # Integer coordinates are pixel centres, as in the camera model.
        pixels = np.rint((points[:, :, np.newaxis] + _STEPS * half) * size).astype(np.intp)
        inside = pixels.view(np.uintp) < size  # Negative numbers are large ones.
        columns, rows = pixels[:, 0, np.newaxis], pixels[:, 1, :, np.newaxis]
        found = self._depth.ravel().take(rows * self.size[0] + columns, mode='clip')
        known = (found > 0) & inside[:, 0, np.newaxis] & inside[:, 1, :, np.newaxis]
        return np.where(known, found, _UNKNOWN).reshape(len(points), -1)


def measure(
    view: DepthView,
    points: np.ndarray,
    rays: np.ndarray,
    model: np.ndarray,
    seen: np.ndarray,
    focal: np.ndarray,
) -> tuple[np.ndarray, np.ndarray] | None:
    """
    Return the joints of a person, and which of them the depth image shows.

    The others are those of the model, moved like the measured ones near them.

    :param view: the depth image
    :param points: (N, 2): the landmarks in units of the image width and height
    :param rays: (N, 2): intersections of their rays with the plane at z = 1
    :param model: (N, 3): the body in metres, positioned without depth
    :param seen: bool (N,): which landmarks are visible
    :param focal: (2,): focal lengths in units of the image width and height
    :return: float64 (N, 3) in metres, and bool (N,); None if too few joints are measured
    """
    distances = model[:, 2:]
    read = view.windows(points, _HALF_WIDTHS * focal / distances)
    read[~seen] = np.nan
    read += _BELOW_SKIN / np.sqrt(1 + (rays * rays).sum(axis=1, keepdims=True))
    ratios = read[_LARGE] / distances[_LARGE]
    scale = _common_scale(ratios, _AGREEMENT / distances[seen].mean())
    if scale is None:
        return None
    from_hips = model - (model[_LEFT_HIP] + model[_RIGHT_HIP]) / 2
    reach = np.sqrt((from_hips * from_hips).sum(axis=1, keepdims=True))
    fits = np.abs(read - scale * distances) <= _TOLERANCE + _TOLERANCE_PER_METRE * reach
    count = fits.sum(axis=1)
    shown = count >= _MIN_RATIO * len(_STEPS) ** 2
    (measured,) = shown.nonzero()
    if len(measured) < _MIN_MEASURED:
        return None
    fitting = np.where(fits, read, np.inf)
    fitting.sort()
    depths = fitting[measured, count[measured] // 2]
    joints = np.ones((len(measured), 3))
    joints[:, :2] = rays[measured]
    ratios = depths / model[measured, 2]
    ratios.sort()
    body = model * _median(ratios)
    return _drawn_along(body, shown, joints * depths[:, np.newaxis]), shown


def _common_scale(ratios: np.ndarray, agreement: float) -> float | None:
    """Return the ratio on which most windows agree, None without any; NaN is unknown."""
    logarithms = np.log(ratios[(ratios > _NEAREST) & (ratios < _FARTHEST)])
    logarithms.sort()
    if not logarithms.size:
        return None
    first = logarithms.searchsorted(logarithms - agreement)
    last = logarithms.searchsorted(logarithms + agreement, side='right')
    votes = (last - first) * np.exp(-0.5 * (logarithms / _SPREAD) ** 2)
    best = int(votes.argmax())
    return exp(_median(logarithms[first[best] : last[best]]))


def _median(ascending: np.ndarray) -> float:
    count = len(ascending)
    return float(ascending[(count - 1) // 2] + ascending[count // 2]) / 2


def _drawn_along(body: np.ndarray, shown: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Return a body with its measured joints (J, 3), the others moved like those near them."""
    near, others = body[shown], body[~shown]
    squares = ((others[:, np.newaxis] - near) ** 2).sum(axis=2)
    weights = 1 / (squares + _REACH**2) ** 2
    result = np.empty_like(body)
    result[shown] = joints
    result[~shown] = others + weights @ (joints - near) / weights.sum(axis=1, keepdims=True)
    return result
