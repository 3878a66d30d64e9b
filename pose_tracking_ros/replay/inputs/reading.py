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

"""The context of reading a bag file: its problems, and the stop request."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from pose_tracking_ros.replay.inputs.decompression import content_limit
from pose_tracking_ros.replay.problems import ProblemKind, Problems

MAX_TIME_NS = 2**63 - 1
"""The latest time that fits the results, in the year 2262."""

_MAX_KEPT = 64 << 20
"""Maximum bytes of names and definitions of a file; a robot has less than 1 MB."""


class ReadingStopped(Exception):  # noqa: N818 (it is no error)
    """A stop request came while a recording was read."""


class TooMuchContent(Exception):  # noqa: N818 (it ends reading)
    """A file decompresses to more than the limit; the message has the limit."""


def never() -> bool:
    """Return False: never stop."""
    return False


class FileReading:
    """
    The context of reading a bag file, once or several times.

    Each damage is counted once.

    :param size: size of the file in bytes
    :param is_stopped: returns whether to stop; every loop calls :meth:`check_stop`
    """

    def __init__(
        self, name: str, size: int, problems: Problems, is_stopped: Callable[[], bool] = never
    ) -> None:
        self.name = name
        self.size = size
        self._problems = problems
        self.is_stopped = is_stopped
        self._kept = 0
        self._broken: set[int | None] = set()
        self.has_damaged_chunks = False

    def check_stop(self) -> None:
        """Raise a ReadingStopped on a stop request."""
        if self.is_stopped():
            raise ReadingStopped

    def keep(self, size: int) -> bool:
        """Return whether there is room for so many more bytes of names and definitions."""
        if self._kept + size > _MAX_KEPT:
            self.damaged_file(f'its topics take more than {_MAX_KEPT >> 20} MiB')
            return False
        self._kept += size
        return True

    def allowance(self) -> Callable[[int], None]:
        """
        Return a function that counts the decompressed bytes of a pass through the file.

        :return: takes a size; raises :class:`TooMuchContent` when the sum exceeds the limit
        """
        limit = left = content_limit(self.size)

        def spend(size: int) -> None:
            nonlocal left
            left -= size
            if left < 0:
                raise TooMuchContent(
                    f'its content decompresses to more than {limit >> 30} GiB: the rest is skipped'
                )

        return spend

    def damaged_file(self, reason: str, position: int | None = None) -> None:
        """
        Count the file as damaged.

        :param reason: the damage; may begin with the name of the file
        :param position: its place, None if unknown
        """
        self._broken.add(position)
        what = reason if reason.startswith(self.name) else f'{self.name}: {reason}'
        self._problems.add(ProblemKind.DAMAGED_FILE, what, key=self.name)

    def damaged_chunk(self, position: int, reason: str) -> None:
        """
        Count an unreadable chunk, unless the file is counted as damaged there.

        :param position: position of the chunk in the file
        """
        if position not in self._broken:
            what = f'{self.name}, the chunk at byte {position}: {reason}'
            self._problems.add(ProblemKind.DAMAGED_CHUNK, what, key=(self.name, position))
            self.has_damaged_chunks = True

    def unreadable_message(self, position: int | tuple[int, int], topic: str, reason: str) -> None:
        """
        Count an unreadable message.

        :param position: unique key of the message in the file
        :param topic: its topic, empty if unknown
        """
        where = f'{topic} in {self.name}' if topic else self.name
        self._problems.add(
            ProblemKind.UNREADABLE_MESSAGE, f'{where}: {reason}', key=(self.name, position)
        )

    def check_topics(self, counts: Mapping[int, int], described: Collection[int]) -> None:
        """
        Count the file as damaged if topics with messages lack a description.

        :param counts: message counts by topic number
        :param described: numbers of the described topics
        """
        lost = sum(count for number, count in counts.items() if number not in described)
        if lost:
            self.damaged_file(f'the topics of {lost} messages have no description')

    def is_time(self, received_ns: object, position: int | tuple[int, int], topic: str) -> bool:
        """Return whether a time of recording is plausible; count the message if not."""
        if type(received_ns) is int and 0 <= received_ns <= MAX_TIME_NS:
            return True
        self.unreadable_message(position, topic, f'its time of recording is {received_ns!r:.40}')
        return False
