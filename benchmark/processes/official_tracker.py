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

"""Official MediaPipe Pose as a measured process; runs in the environment of MediaPipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from measuring_loop import serve, Track
from mediapipe.python.solutions.pose import Pose
import numpy as np


def load(options: dict[str, Any]) -> tuple[Track, Callable[[], None]]:
    """Load MediaPipe Pose with some options and the defaults of all others."""
    pose = Pose(**options)
    static, tracked = options.get('static_image_mode', False), False

    def track(image: np.ndarray, _: int) -> tuple[bool, bool]:
        nonlocal tracked
        # Passed by reference, as MediaPipe's own examples do.
        image.flags.writeable = False
        found = pose.process(image).pose_landmarks is not None
        image.flags.writeable = True
        # Not reported: its detector runs unless there was a person in the previous frame.
        detected, tracked = not tracked, found and not static
        return found, detected

    def start_over() -> None:
        nonlocal tracked
        tracked = False
        pose.reset()

    return track, start_over


if __name__ == '__main__':
    serve(load)
