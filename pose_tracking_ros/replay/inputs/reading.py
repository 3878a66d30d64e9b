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
"""The latest time that the results can hold, in the year 2262."""


_MAX_KEPT = 64 << 20
"""Maximum bytes of names and definitions of a file; those of a robot take less than 1 MB."""


class ReadingStopped(Exception):  # noqa: N818 (it is no error)
    """Somebody asked to stop while a recording was read."""


class TooMuchContent(Exception):  # noqa: N818 (who reads ends there)
    """A file decompresses to more than the limit; the message has the limit."""


def never() -> bool:
    """Return False: never stop."""
    return False


class FileReading:
    """
    What comes up while a file of a bag is read, once or several times.

    Each damage is counted once, however often it is met.

    :param name: of the file
    :param size: of the file in bytes
    :param problems: where to count what is wrong
    :param is_stopped: tells whether to stop; every loop asks by :meth:`check_stop`
    """

    def __init__(
        self, name: str, size: int, problems: Problems, is_stopped: Callable[[], bool] = never
    ) -> None:
        self.name = name
        self.size = size
        self._problems = problems
        self._is_stopped = is_stopped
        self._kept = 0

    def check_stop(self) -> None:
        """
        Look whether to stop.

        :raises ReadingStopped: if so
        """
        if self._is_stopped():
            raise ReadingStopped

    def asks_to_stop(self) -> bool:
        """Return whether to stop, for callbacks that must not raise."""
        return self._is_stopped()

    def keep(self, size: int) -> bool:
        """
        Return whether something that stays in memory may still be taken out of the file.

        :param size: its size in bytes
        """
        if self._kept + size > _MAX_KEPT:
            self.damaged_file(f'its topics take more than {_MAX_KEPT >> 20} MiB')
            return False
        self._kept += size
        return True

    def allowance(self) -> Callable[[int], None]:
        """
        Return what is to be called with the size of each thing that was decompressed in a pass.

        :return: raises :class:`TooMuchContent` when it is too much in all
        """
        limit = left = content_limit(self.size)

        def spend(size: int) -> None:
            nonlocal left
            left -= size
            if left < 0:
                raise TooMuchContent(
                    f'its content decompresses to more than {limit >> 30} GiB: the rest is left '
                    'out'
                )

        return spend

    def damaged_file(self, reason: str) -> None:
        """
        Count the file as damaged.

        :param reason: what is wrong, in words that may begin with the name of the file
        """
        what = reason if reason.startswith(self.name) else f'{self.name}: {reason}'
        self._problems.add(ProblemKind.DAMAGED_FILE, what, key=self.name)

    def damaged_chunk(self, position: int, reason: str) -> None:
        """
        Count a chunk, of which no message can be read, and its file as damaged.

        :param position: where it begins in the file, in bytes
        """
        where = f'the chunk at byte {position}'
        self._problems.add(
            ProblemKind.DAMAGED_CHUNK, f'{self.name}, {where}: {reason}', key=(self.name, position)
        )
        self.damaged_file(f'{where}: {reason}')

    def unreadable_message(self, position: int | tuple[int, int], topic: str, reason: str) -> None:
        """
        Count a message that cannot be read.

        :param position: what tells it from other messages in the file
        :param topic: what it belongs to, empty when that is not known
        """
        where = f'{topic} in {self.name}' if topic else self.name
        self._problems.add(
            ProblemKind.UNREADABLE_MESSAGE, f'{where}: {reason}', key=(self.name, position)
        )

    def check_topics(self, counts: Mapping[int, int], described: Collection[int]) -> None:
        """
        Count the file as damaged when messages belong to topics that it does not describe.

        :param counts: the numbers of messages, by that of their topic
        :param described: the topics that it describes
        """
        lost = sum(count for number, count in counts.items() if number not in described)
        if lost:
            self.damaged_file(f'the topics of {lost} messages are described nowhere')

    def is_time(self, received_ns: object, position: int | tuple[int, int], topic: str) -> bool:
        """Return whether a time of recording is plausible; count the message if not."""
        if type(received_ns) is int and 0 <= received_ns <= MAX_TIME_NS:
            return True
        self.unreadable_message(position, topic, f'its time of recording is {received_ns!r:.40}')
        return False
