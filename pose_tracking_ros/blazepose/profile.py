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

"""Execution providers of the nodes of a model, from a profile of ONNX Runtime."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
import json

_NODE = 'Node'


def nodes_by_provider(profile: str) -> Counter[str]:
    """
    Return the number of nodes of a graph that each execution provider ran.

    :param profile: content of the profile file
    """
    providers: dict[str, str] = {}
    for event in json.loads(profile):
        provider = event.get('args', {}).get('provider')
        if event.get('cat') == _NODE and provider:
            # Each node counts once, however often it ran.
            providers[event['args'].get('node_index', '') + event['name']] = provider
    return Counter(providers.values())


def describe_providers(nodes: Counter[str], order: Sequence[str]) -> str:
    """
    Describe the execution providers and their numbers of nodes.

    One that runs all nodes has its plain name.

    :param nodes: number of nodes of each
    :param order: the providers in the order of their precedence
    """
    running = sorted(
        (name for name in nodes if nodes[name]),
        key=lambda name: order.index(name) if name in order else len(order),
    )
    if len(running) < 2:
        return ''.join(running)
    first, *others = running
    rest = ', '.join(f'{name} for {nodes[name]}' for name in others)
    return f'{first} for {nodes[first]} of {nodes.total()} nodes, {rest}'
