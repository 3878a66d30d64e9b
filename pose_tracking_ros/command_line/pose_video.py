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

"""``pose-video``: ``pose-bag`` with an annotated video and a contact sheet."""

from __future__ import annotations

from collections.abc import Sequence
import sys

from pose_tracking_ros.command_line import pose_bag
from pose_tracking_ros.replay.options import Outputs


def main(argv: Sequence[str] | None = None) -> int:
    """Analyse the videos named on the command line; return the exit code of ``pose-bag``."""
    return pose_bag.main(argv, 'pose-video', Outputs(video=True, contact_sheet=True))


if __name__ == '__main__':
    sys.exit(main())
