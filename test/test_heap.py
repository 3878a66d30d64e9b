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

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

# Some images under way at once, one lot after the other, as through middleware and node.
PROGRAM = """
import ctypes
import resource
from pose_tracking_ros.heap import keep_freed_memory
# Pages of one size, the small one: whether there are large ones depends on what else runs.
PR_SET_THP_DISABLE = 41
assert ctypes.CDLL(None).prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0
if {keep}:
    assert keep_freed_memory()
def work():
    for _ in range(30):
        images = [bytearray(1920 * 1080 * 3) for _ in range(4)]
        del images
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(keep: bool) -> int:
    """Return how often the kernel had to hand out a page, after the first images."""
    program = PROGRAM.format(keep=keep)
    return int(subprocess.check_output([sys.executable, '-c', program], text=True))


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='is about glibc')
def test_images_are_put_where_those_before_them_were() -> None:
    assert page_faults(keep=False) > 10000
    assert page_faults(keep=True) < 1000


# Threads that all need memory at the same time, which is when the C library makes heaps.
THREADS = """
import ctypes
from threading import Barrier, Thread
from pose_tracking_ros.heap import keep_freed_memory
if {keep}:
    assert keep_freed_memory()
together = Barrier(8)
def work():
    together.wait()
    for _ in range(100):
        image = bytearray(10**6)
    together.wait()
threads = [Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, 'stdout'))
libc.fflush(None)
"""


def heaps(keep: bool) -> int:
    """Return how many heaps a process with many threads has."""
    program = THREADS.format(keep=keep)
    return subprocess.check_output([sys.executable, '-c', program], text=True).count('<heap ')


@pytest.mark.skipif(platform.libc_ver()[0] != 'glibc', reason='is about glibc')
def test_threads_share_two_heaps() -> None:
    assert heaps(keep=False) > 2
    assert heaps(keep=True) == 2
