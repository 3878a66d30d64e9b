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


"""The node's file of parameters, for those who use the same options without the node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pose_tracking_ros.parameter_table import (
    IMAGE_PARAMETERS,
    INFERENCE_PARAMETERS,
    NODE_PARAMETERS,
    PARAMETERS,
    TRACKER_PARAMETERS,
)

_NODE = 'pose_tracking'
_SECTION = 'ros__parameters'


def read_parameters(path: Path) -> dict[str, Any]:
    """
    Return the options of the tracker, its models and images that a file of parameters sets.

    Parameters that only a node has, such as its topics, are left out.

    :param path: a file as ``ros2 run`` takes it with ``--params-file``
    :raises OSError: when it cannot be read
    :raises ValueError: when it is no such file, or a parameter is unknown or out of its range
    """
    try:
        content = yaml.safe_load(path.read_text(encoding='utf-8'))
        sections = {name: section[_SECTION] for name, section in content.items()}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, KeyError, TypeError) as error:
        raise ValueError(
            f'{path} is no file of parameters: a node name, {_SECTION} beneath it and the '
            'parameters beneath that are needed'
        ) from error
    given: dict[str, Any] = {}
    for name, parameters in sections.items():
        if name.rsplit('/', 1)[-1] in (_NODE, '*', '**'):
            given |= parameters or {}
    declarations = {declaration.name: declaration for declaration in PARAMETERS}
    for name, value in given.items():
        if name not in declarations:
            names = ', '.join(declarations)
            raise ValueError(f'{path}: there is no parameter {name}, only {names}')
        if declarations[name] not in NODE_PARAMETERS:
            # A bare off is false in YAML.
            given[name] = 'off' if name == 'smoothing' and value is False else value
            declarations[name].check(given[name])
    used = (*TRACKER_PARAMETERS, *INFERENCE_PARAMETERS, *IMAGE_PARAMETERS)
    options = {item.name for item in used}
    return {name: value for name, value in given.items() if name in options}
