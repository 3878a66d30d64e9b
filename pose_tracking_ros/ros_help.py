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

"""Answer to ``--help`` of the programs with ROS arguments."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence

_USAGE = '%(prog)s [--ros-args [-r NAME:=NEW_NAME] [-p PARAMETER:=VALUE] [--params-file FILE]]'

_EPILOG = 'README.md and docs/node.md list topics and parameters.'


def answer_help(program: str, description: str, arguments: Sequence[str] | None = None) -> None:
    """
    Print the usage of a program and exit if the arguments ask for help.

    :param arguments: the arguments, by default those of the process
    """
    ArgumentParser(
        prog=program, usage=_USAGE, description=description, epilog=_EPILOG, allow_abbrev=False
    ).parse_known_args(arguments)
