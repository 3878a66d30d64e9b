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

"""What was seen of a node that was put under load and faults, and its table."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from page import markdown_table

DEALT_WITH = ('processed', 'dropped', 'rejected', 'failed')
_WARM_UP = 10  # seconds until memory is first looked at


@dataclass
class Account:
    """
    What was seen of the node.

    :param sent: good images that were sent
    :param broken: images that cannot be read that were sent
    :param sent_at: when each image that has no answer yet was sent, by its stamp
    :param latencies: seconds from sending to the answer
    :param answers: answers in all
    :param poses: answers with a person
    :param people: how many answers have how many people
    :param identities: numbers of tracks in all answers
    :param private: megabytes of memory that are the node's own, once a second
    :param shared: megabytes that it shares with other processes for images on their way
    :param told: what the node's diagnostics counted, summed over its lifecycle
    """

    sent: int = 0
    broken: int = 0
    sent_at: dict[int, float] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    answers: int = 0
    poses: int = 0
    people: Counter[int] = field(default_factory=Counter)
    identities: set[int] = field(default_factory=set)
    private: list[float] = field(default_factory=list)
    shared: list[float] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)


def unaccounted(told: dict[str, int]) -> int:
    """Return how many images the node has received, but tells nothing else of."""
    return told.get('received', 0) - sum(told.get(name, 0) for name in DEALT_WITH)


def report(account: Account, exit_code: int, log: str) -> str:
    """Return the account as a table in Markdown."""
    told = account.told
    milliseconds = 1000 * np.array(account.latencies)
    rows = {
        'minutes': f'{len(account.private) / 60:.1f}',
        'images sent, and broken ones': f'{account.sent}, {account.broken}',
        'received by the node': told['received'],
        'processed, dropped, rejected, failed': ', '.join(
            str(told[name]) for name in DEALT_WITH
        ),
        'received, but not accounted for': unaccounted(told),
        'answers, with a person': f'{account.answers}, {account.poses}',
        'answers with 0, 1, ... people; identities': '{}; {}'.format(
            ', '.join(str(account.people[k]) for k in range(max(account.people, default=0) + 1)),
            len(account.identities),
        ),
        'latency: median, 99 %, worst (ms)': ', '.join(
            f'{np.percentile(milliseconds, percent):.1f}' for percent in (50, 99, 100)
        ),
        'memory of its own in each fifth of the time (MB)': _by_fifths(account.private),
        'shared memory with images in each fifth of the time (MB)': _by_fifths(account.shared),
        'errors in the log': sum('[ERROR]' in line for line in log.splitlines()),
        'exit code': exit_code,
    }
    return markdown_table(('', ''), [(key, str(value)) for key, value in rows.items()])


def _by_fifths(megabytes: list[float]) -> str:
    parts = np.array_split(megabytes[_WARM_UP :], 5)
    return ', '.join(f'{np.median(part):.0f}' for part in parts)
