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

"""
Run the node for minutes under load and faults, and account for every image.

A clip is sent at 30 images a second, 640 pixels wide, for minutes. For half of the time the
annotated image has a subscriber; every ten seconds another fault follows: invalid images, a camera
that leaves and comes back, a reset, changes of parameters, a burst of images, a storm of
subscribers, another camera whose process is killed, a lifecycle cycle.

With ``--people 4`` it is a scene in which four people come and go, and ``num_poses`` is 4.

.. code-block:: console

    $ make soak MINUTES=20
    $ make soak MINUTES=20 PEOPLE=4
"""

from __future__ import annotations

from argparse import ArgumentParser
from array import array
from collections.abc import Callable
import itertools
import os
from pathlib import Path
import re
import signal
import subprocess
from tempfile import TemporaryDirectory
import time

from ament_index_python.packages import get_package_prefix
import cv2
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
import numpy as np
from people_scenes import coming_and_going, load_actors, played
from pose_tracking_ros.msg import PoseLandmarks
import psutil
from rcl_interfaces.srv import SetParametersAtomically
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import qos_profile_sensor_data
from rclpy.time import Time
from sensor_msgs.msg import CompressedImage, Image
from shared_memory import mapped_by, remove_unused
from soak_account import Account, DEALT_WITH, report, unaccounted
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.demo.graph_environment import free_domain_id, graph_environment
from pose_tracking_ros.sample_data import sample_path
from pose_tracking_ros.video.source import VideoSource

RATE = 30.0
WIDTH = 640
FAULT_EVERY = 10.0  # seconds
START = 60.0  # seconds for the node to come up
CLIP = 'pose2sim_cam04.mp4'
CLIPS = [f'pose2sim_cam0{k}.mp4' for k in (1, 2, 3, 4)]
SCENE_SECONDS = 12.0
EXECUTABLES = Path(get_package_prefix('pose_tracking_ros'), 'lib/pose_tracking_ros')
OUTPUTS = (
    (PoseLandmarks, 'pose_landmarks'),
    (MarkerArray, 'markers'),
    (Image, 'annotated_image'),
    (CompressedImage, 'annotated_image/compressed'),
)
CYCLE = ('DEACTIVATE', 'CLEANUP', 'CONFIGURE', 'ACTIVATE')


class Soak(Node):
    """
    The other side of the node's graph: a camera, a subscriber, and faults.

    :ivar account: observations of the node
    :ivar left_behind: shared memory of killed processes, to be removed at the end
    """

    def __init__(self, frames: list[np.ndarray], process: psutil.Process) -> None:
        super().__init__('soak')
        self.account = Account()
        self._frames = itertools.cycle(frames)
        self._process = process
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self)
        self._counted: dict[str, int] = {}
        self._diagnostics = 0
        self._viewer = None
        self.left_behind: set[Path] = set()
        self._camera = self._new_camera()
        self.create_subscription(PoseLandmarks, 'pose_landmarks', self._on_answer, 100)
        self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.create_timer(1.0, self._weigh)

    def run(self, seconds: float) -> None:
        """Send images and cause faults."""
        self._spin_until(self._camera.get_subscription_count, START)
        faults = itertools.cycle(
            [self._break_images, self._reconnect, self._reset, self._change, self._look,
             self._storm, self._burst, self._kill_a_camera, self._cycle, self._look_away]
        )
        begun = due = time.monotonic()
        next_fault = begun + FAULT_EVERY
        while (now := time.monotonic()) < begun + seconds:
            if now >= next_fault:
                next_fault += FAULT_EVERY
                next(faults)()
            if now >= due:
                due = max(due + 1 / RATE, now)
                self._send()
            self._executor.spin_once(timeout_sec=max(0.0, due - time.monotonic()))
        self._settle_account()

    def _new_camera(self) -> rclpy.publisher.Publisher:
        return self.create_publisher(Image, 'image', qos_profile_sensor_data)

    def _send(self) -> None:
        """Send the next image of the clip."""
        now = self.get_clock().now()
        message = image_of(next(self._frames), now)
        self.account.sent_at[now.nanoseconds] = time.monotonic()
        self.account.sent += 1
        self._camera.publish(message)

    def _on_answer(self, message: PoseLandmarks) -> None:
        stamp_ns = Time.from_msg(message.header.stamp).nanoseconds
        self.account.answers += 1
        self.account.poses += bool(message.persons)
        self.account.people[len(message.persons)] += 1
        self.account.identities |= {person.track_id for person in message.persons}
        sent = self.account.sent_at.pop(stamp_ns, None)
        if sent is not None:
            self.account.latencies.append(time.monotonic() - sent)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        """Keep the counts of the node since it was configured."""
        counts = {}
        for status in message.status:
            for value in status.values:
                if value.key in ('received', *DEALT_WITH):
                    counts[value.key] = int(value.value)
        self._diagnostics += 1
        if counts:
            self._counted = counts

    def _settle_account(self) -> None:
        """
        Add the counts since the node was configured.

        Nothing is sent meanwhile: the counts after a second without an image are final, unless an
        image is still processed.
        """
        self._spin_until(lambda: False, 1.0)
        seen = self._diagnostics
        self._spin_until(lambda: self._diagnostics > seen + 1, START)
        self._spin_until(lambda: unaccounted(self._counted) == 0, START)
        for name, count in self._counted.items():
            self.account.counts[name] = self.account.counts.get(name, 0) + count
        self._counted = {}

    def _weigh(self) -> None:
        """Record the memory of the node as the kernel reports it."""
        text = Path(f'/proc/{self._process.pid}/status').read_text()
        kilobytes = dict(re.findall(r'^(RssAnon|RssShmem):\s+(\d+) kB', text, re.MULTILINE))
        self.account.private.append(int(kilobytes['RssAnon']) * 1024 / 1e6)
        self.account.shared.append(int(kilobytes['RssShmem']) * 1024 / 1e6)

    def _break_images(self) -> None:
        """Send invalid images."""
        for step in (0, 7, 10**6):
            message = image_of(next(self._frames), self.get_clock().now())
            message.step = step
            self.account.broken += 1
            self._camera.publish(message)

    def _reconnect(self) -> None:
        """Remove the camera, and bring it back."""
        self.destroy_publisher(self._camera)
        self._camera = self._new_camera()

    def _look(self) -> None:
        """Subscribe to the drawing."""
        self._viewer = self.create_subscription(Image, 'annotated_image', lambda _: None, 1)

    def _look_away(self) -> None:
        """Unsubscribe from the drawing."""
        self.destroy_subscription(self._viewer)

    def _burst(self) -> None:
        """Send more than can be processed."""
        for _ in range(20):
            self._send()

    def _storm(self) -> None:
        """Subscribe to everything, many times, and leave at once."""
        for _ in range(10):
            subscriptions = [
                self.create_subscription(message_type, topic, lambda _: None, 10)
                for message_type, topic in OUTPUTS
            ]
            self._executor.spin_once(timeout_sec=0.02)
            for subscription in subscriptions:
                self.destroy_subscription(subscription)

    def _kill_a_camera(self) -> None:
        """Kill the process of another camera, possibly in the middle of an image."""
        answers = self.account.answers
        camera = subprocess.Popen(
            [EXECUTABLES / 'video_publisher', '--ros-args', '-p', f'video:={sample_path(CLIP)}'],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._spin_until(lambda: self.account.answers > answers + 5, START)
        self.left_behind |= mapped_by(camera.pid)
        camera.kill()
        camera.wait()

    def _reset(self) -> None:
        self._call(Trigger, 'pose_tracking/reset', Trigger.Request())

    def _change(self) -> None:
        """Set parameters there and back."""
        for value in (0.9, 0.5):
            parameter = Parameter('min_tracking_confidence', value=value).to_parameter_msg()
            request = SetParametersAtomically.Request(parameters=[parameter])
            self._call(
                SetParametersAtomically, 'pose_tracking/set_parameters_atomically', request
            )

    def _cycle(self) -> None:
        """Take the node through its whole lifecycle, adding its counts."""
        self._settle_account()
        for name in CYCLE:
            transition = Transition(id=getattr(Transition, f'TRANSITION_{name}'))
            self._call(
                ChangeState,
                'pose_tracking/change_state',
                ChangeState.Request(transition=transition),
            )

    def _call(self, service_type: type, name: str, request: object) -> None:
        client = self.create_client(service_type, name)
        self._spin_until(client.service_is_ready, START)
        future = client.call_async(request)
        self._spin_until(future.done, START)
        self.destroy_client(client)

    def _spin_until(self, condition: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            self._executor.spin_once(timeout_sec=0.02)


def image_of(frame: np.ndarray, now: Time) -> Image:
    """Return a frame as a message."""
    message = Image(
        height=frame.shape[0],
        width=frame.shape[1],
        encoding='bgr8',
        step=frame.strides[0],
        data=array('B', frame.tobytes()),
    )
    message.header.stamp = now.to_msg()
    return message


def frames_of_people(count: int) -> list[np.ndarray]:
    """Return a scene in which people come and go, as :func:`read_frames` returns a clip."""
    actors = [actor for name in CLIPS for actor in load_actors(sample_path(name))]
    background = np.full((480, WIDTH, 3), 110, np.uint8)
    place = coming_and_going(count, SCENE_SECONDS)
    cast = [actors[k % len(actors)] for k in range(count)]
    images = played(background, cast, place, round(SCENE_SECONDS * RATE))
    return [np.ascontiguousarray(image[:, :, ::-1]) for image, _ in images]


def read_frames() -> list[np.ndarray]:
    """Return the frames of a clip, 640 pixels wide and 480 high, uint8 (480, 640, 3) BGR."""
    with VideoSource(str(sample_path(CLIP))) as source:
        return [_letterboxed(frame.image) for frame in source]


def _letterboxed(image: np.ndarray) -> np.ndarray:
    height = 480
    width = round(image.shape[1] * height / image.shape[0])
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    left = (WIDTH - width) // 2
    return cv2.copyMakeBorder(
        small, 0, 0, left, WIDTH - width - left, cv2.BORDER_CONSTANT
    )


def main() -> None:
    """Soak the node and print the account."""
    parser = ArgumentParser(description=__doc__.splitlines()[1])
    parser.add_argument('--minutes', type=float, default=20.0)
    parser.add_argument('--people', type=int, default=1, help='who come and go (1: stays)')
    arguments = parser.parse_args()
    people = arguments.people
    frames = read_frames() if people == 1 else frames_of_people(people)
    parameters = ['--ros-args', '-p', f'num_poses:={people}']
    os.environ.update(graph_environment(os.environ, free_domain_id()))
    with TemporaryDirectory(prefix='pose_tracking_soak_') as folder:
        log = Path(folder) / 'node.log'
        with log.open('w') as output:
            node = subprocess.Popen(
                [EXECUTABLES / 'pose_tracking_node', *parameters],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        rclpy.init()
        soak = Soak(frames, psutil.Process(node.pid))
        try:
            soak.run(60 * arguments.minutes)
        finally:
            node.send_signal(signal.SIGINT)
            exit_code = node.wait(30)
            rclpy.shutdown()
            # Only at the end: others still use some of them.
            remove_unused(soak.left_behind)
        print(report(soak.account, exit_code, log.read_text()))


if __name__ == '__main__':
    main()
