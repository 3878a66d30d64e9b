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

"""Read options from a parameter file of the nodes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from pose_tracking_ros.parameter_table import (
    ACTIVITY_OPTION_PARAMETERS,
    ACTIVITY_PARAMETERS,
    IMAGE_PARAMETERS,
    INFERENCE_PARAMETERS,
    PARAMETERS,
    TRACKER_PARAMETERS,
)

_NODES = 'pose_tracking', 'pose_activity'
_SECTION = 'ros__parameters'

_LARGEST = 1 << 20
"""Maximum bytes of a file; the node's own has a few thousand."""


class _Loader(yaml.SafeLoader):
    """Reads YAML without merge keys, which can expand without bound."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Reject merge keys, as ROS 2 does."""
        for key, _ in node.value:
            if key.tag == 'tag:yaml.org,2002:merge':
                raise yaml.constructor.ConstructorError(
                    None, None, 'merged mappings are not supported', key.start_mark
                )


def read_parameters(path: Path) -> dict[str, Any]:
    """
    Return the options of tracker, models, images and activities in a parameter file.

    Parameters of the nodes only, such as topics, are skipped.

    :param path: a file for ``--params-file`` of ``ros2 run``
    :raises OSError: if it cannot be read
    :raises ValueError: if it is not such a file, or a parameter is unknown or out of its range
    """
    with path.open('rb') as file:
        text = file.read(_LARGEST + 1)
    try:
        sections = _sections(text)
    except (yaml.YAMLError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(
            f'{path} is not a parameter file: expected a node name, beneath it {_SECTION}, and '
            'beneath that the parameters'
        ) from error
    given: dict[str, Any] = {}
    for name, parameters in sections.items():
        if name.rsplit('/', 1)[-1] in (*_NODES, '*', '**'):
            given |= parameters
    declarations = {item.name: item for item in (*ACTIVITY_PARAMETERS, *PARAMETERS)}
    used = (
        *TRACKER_PARAMETERS,
        *INFERENCE_PARAMETERS,
        *IMAGE_PARAMETERS,
        *ACTIVITY_OPTION_PARAMETERS,
    )
    options = {item.name for item in used}
    for name, value in given.items():
        if name not in declarations:
            names = ', '.join(declarations)
            raise ValueError(f'{path}: there is no parameter {name[:99]}, only {names}')
        if name in options:
            # A bare off is false in YAML.
            given[name] = 'off' if name == 'smoothing' and value is False else value
            declarations[name].check(given[name])
    return {name: value for name, value in given.items() if name in options}


def _sections(text: bytes) -> dict[str, dict[str, Any]]:
    """Return the parameters by the names of their nodes; raise any exception if not valid."""
    if len(text) > _LARGEST:
        raise ValueError(f'more than {_LARGEST} bytes')
    sections = {}
    for node, section in _mapping(yaml.load(text, _Loader)).items():
        parameters = _mapping(section)[_SECTION]
        sections[node] = {} if parameters is None else _mapping(parameters)
    return sections


def _mapping(value: Any) -> dict[str, Any]:
    """Return a value; raise a TypeError if it is not a mapping of names."""
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise TypeError('not a mapping of names')
    return value
