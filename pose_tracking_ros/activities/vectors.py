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

"""Vectors of three numbers, for which NumPy takes several times as long."""

from __future__ import annotations

from collections.abc import Sequence
from math import acos, degrees, hypot, nan, sqrt

Vector = Sequence[float]
NOWHERE: Vector = (nan, nan, nan)


def minus(first: Vector, second: Vector) -> Vector:
    """Return the difference of two vectors."""
    (a, b, c), (x, y, z) = first, second
    return a - x, b - y, c - z


def dot(first: Vector, second: Vector) -> float:
    """Return the scalar product of two vectors."""
    (a, b, c), (x, y, z) = first, second
    return a * x + b * y + c * z


def between(first: Vector, second: Vector, ratio: float = 0.5) -> Vector:
    """Return the point at a ratio of the way from one point to another."""
    (a, b, c), (x, y, z) = first, second
    return a + ratio * (x - a), b + ratio * (y - b), c + ratio * (z - c)


def unit(vector: Vector) -> Vector:
    """Return the vector with the length 1, NaN for the length 0."""
    length = hypot(*vector)
    a, b, c = vector
    return (a / length, b / length, c / length) if length > 0 else NOWHERE


def angle(first: Vector, second: Vector) -> float:
    """Return the angle between two vectors in degrees, NaN if one is NaN or of length 0."""
    (a, b, c), (x, y, z) = first, second
    norms = sqrt((a * a + b * b + c * c) * (x * x + y * y + z * z))
    if not norms > 0:
        return nan
    return degrees(acos(min(max((a * x + b * y + c * z) / norms, -1.0), 1.0)))
