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

"""The environment of the demo's processes: a separate ROS graph on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, ExitStack
import random
import socket

from pose_tracking_ros.transport import transport_variables

_DOMAIN_IDS = range(1, 102)
"""Domain ids outside the ephemeral ports of Linux."""

_PARTICIPANTS = 20

_HOLD = 9
"""Offset of a port of a domain that no participant uses, bound to reserve the domain."""


def graph_environment(environment: Mapping[str, str], domain_id: int) -> dict[str, str]:
    """Return an environment in which processes communicate only with each other."""
    result = dict(environment)
    result['ROS_DOMAIN_ID'] = str(domain_id)
    result['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    if result.get('ROS_DISTRO') == 'humble':
        result['ROS_LOCALHOST_ONLY'] = '1'
    result['RCUTILS_COLORIZED_OUTPUT'] = '0'
    result['PYTHONUNBUFFERED'] = '1'
    return result | transport_variables(environment)


@contextmanager
def held_domain() -> Iterator[int]:
    """
    Hold a ROS domain in which no process of this machine takes part, and yield its id.

    Nobody else who asks here is given it meanwhile: between the choice and its first participant
    the domain would look free.

    :raises RuntimeError: if every domain is in use
    """
    for domain_id in random.sample(_DOMAIN_IDS, len(_DOMAIN_IDS)):
        # Its end, by whatever cause, frees the port.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hold:
            if _binds(hold, _first_port(domain_id) + _HOLD) and _is_free(domain_id):
                yield domain_id
                return
    raise RuntimeError('all ROS domains of this machine are taken')


def free_domain_id() -> int:
    """Return a ROS domain without participants, reserved until this process ends."""
    return _HELD_TO_THE_END.enter_context(held_domain())


_HELD_TO_THE_END = ExitStack()


def _first_port(domain_id: int) -> int:
    return 7400 + 250 * domain_id  # DDSI-RTPS 9.6.1.1


def _is_free(domain_id: int) -> bool:
    """Return whether the ports of the first participants of a domain are all unused."""
    # Not only the first one: later participants may have stayed longer.
    ports = (_first_port(domain_id) + 10 + 2 * k for k in range(_PARTICIPANTS))
    return all(_is_unused(port) for port in ports)


def _is_unused(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        return _binds(probe, port)


def _binds(to_bind: socket.socket, port: int) -> bool:
    """Bind a socket; return False if the port is in use."""
    try:
        to_bind.bind(('', port))
    except OSError:
        return False
    return True
