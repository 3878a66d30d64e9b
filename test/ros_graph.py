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

"""The node in a process of its own, and the other side of its graph."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
import signal
import subprocess
import time

from ament_index_python.packages import get_package_prefix
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import numpy as np
from pose_tracking_ros.msg import PoseLandmarks
from rcl_interfaces.msg import SetParametersResult
from rcl_interfaces.srv import GetParameters, SetParametersAtomically
import rclpy
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from rclpy.subscription import Subscription
from sensor_msgs.msg import Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

# Seconds, far more than anything takes on a busy machine: what is waited for does come.
PATIENCE = 60.0

# What the node says when it has started.
READY = 'images come from'

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

TRANSITIONS = {
    'configure': Transition.TRANSITION_CONFIGURE,
    'activate': Transition.TRANSITION_ACTIVATE,
    'deactivate': Transition.TRANSITION_DEACTIVATE,
    'cleanup': Transition.TRANSITION_CLEANUP,
}
SHUTDOWNS = {
    'unconfigured': Transition.TRANSITION_UNCONFIGURED_SHUTDOWN,
    'inactive': Transition.TRANSITION_INACTIVE_SHUTDOWN,
    'active': Transition.TRANSITION_ACTIVE_SHUTDOWN,
}


def image_message(rgb: np.ndarray, second: int = 0, encoding: str = 'rgb8') -> Image:
    """Return a message with a header that tells it from others."""
    pixels = np.ascontiguousarray(rgb)
    return Image(
        header=Header(stamp=Time(sec=second, nanosec=7), frame_id=f'camera_{second}'),
        height=rgb.shape[0],
        width=rgb.shape[1],
        encoding=encoding,
        step=pixels.strides[0],
        data=array('B', pixels.tobytes()),
    )


def values(status: DiagnosticStatus) -> dict[str, str]:
    """Return the figures in a status of the diagnostics."""
    return {value.key: value.value for value in status.values}


class Graph:
    """
    The test's side of a ROS graph: a camera, and a listener to what comes of its images.

    :param context: the ROS context of the test
    """

    def __init__(self, context: rclpy.Context) -> None:
        self.node = Node('test', context=context)
        self._executor = SingleThreadedExecutor(context=context)
        self._executor.add_node(self.node)
        self.camera = self.node.create_publisher(Image, 'image', qos_profile_sensor_data)
        self.landmarks = self.listen(PoseLandmarks, 'pose_landmarks')
        self._clients: dict[str, Client] = {}
        self._met: set[tuple] = set()

    def listen(self, message_type: type, topic: str) -> list:
        """Subscribe to a topic, and return the list that its messages are put into."""
        messages = []
        self.subscribe(message_type, topic, messages.append)
        return messages

    def subscribe(
        self, message_type: type, topic: str, callback: Callable, quality: QoSProfile | int = 10
    ) -> Subscription:
        return self.node.create_subscription(message_type, topic, callback, quality)

    def call(self, service_type: type, name: str, request: object) -> object:
        """Call a service of the node and return the response."""
        if name not in self._clients:
            self._clients[name] = client = self.node.create_client(service_type, name)
            self.spin_until(client.service_is_ready)
            # The service has to know of the client as well, or its response goes nowhere.
            self.meet(name.rpartition('/')[0])
        client = self._clients[name]
        self.spin_until(client.service_is_ready)
        future = client.call_async(request)
        self.spin_until(future.done)
        return future.result()

    def meet(self, node: str) -> None:
        """
        Wait until a node knows of all that this side has.

        A response comes where the client is known, and with it all that was there before: the
        middleware tells in order of what comes to be. The request changes nothing, so that it can
        be repeated until then.
        """
        client = self.node.create_client(GetParameters, f'{node}/get_parameters')
        self.spin_until(client.service_is_ready)
        deadline = time.monotonic() + PATIENCE
        responses = []
        while not any(response.done() for response in responses):
            assert time.monotonic() < deadline, f'{node} does not respond'
            responses.append(client.call_async(GetParameters.Request()))
            self.spin_for(0.2, responses[-1].done)
        self.node.destroy_client(client)

    def meet_subscribers_of(self, publisher: Publisher) -> None:
        """Wait until a publisher has a subscriber, and knows of all that this side has."""
        topic = publisher.topic_name

        def subscribers() -> list:
            found = self.node.get_subscriptions_info_by_topic(topic)
            known = all('UNKNOWN' not in item.node_name for item in found)
            # Those of the graph and those that the publisher sends to.
            return found if known and len(found) == publisher.get_subscription_count() else []

        self.spin_until(subscribers)
        own = (*self.node.publishers, *self.node.subscriptions)
        for item in subscribers():
            acquaintance = (bytes(item.endpoint_gid), own)
            if acquaintance not in self._met:
                self.meet(f'{item.node_namespace.rstrip("/")}/{item.node_name}')
                self._met.add(acquaintance)

    def transition(self, name: str, node: str = 'pose_tracking') -> bool:
        """Ask for a lifecycle transition and return whether it succeeded."""
        number = SHUTDOWNS[self.state(node)] if name == 'shutdown' else TRANSITIONS[name]
        request = ChangeState.Request(transition=Transition(id=number))
        return self.call(ChangeState, f'{node}/change_state', request).success

    def state(self, node: str = 'pose_tracking') -> str:
        """Return the lifecycle state of the node."""
        response = self.call(GetState, f'{node}/get_state', GetState.Request())
        return response.current_state.label

    def set_parameters(self, **values: object) -> SetParametersResult:
        """Set parameters of the node, all or none."""
        parameters = [
            Parameter(name, value=value).to_parameter_msg() for name, value in values.items()
        ]
        request = SetParametersAtomically.Request(parameters=parameters)
        name = 'pose_tracking/set_parameters_atomically'
        return self.call(SetParametersAtomically, name, request).result

    def reset(self) -> Trigger.Response:
        """Ask the node to let tracking start over."""
        return self.call(Trigger, 'pose_tracking/reset', Trigger.Request())

    def diagnostics(
        self, meanwhile: Callable[[], object] = lambda: None
    ) -> dict[str, DiagnosticStatus]:
        """
        Return the next diagnostics of the node, by the names of its tasks.

        :param meanwhile: called again and again until then
        """
        arrays = []
        subscription = self.subscribe(DiagnosticArray, '/diagnostics', arrays.append)

        def reported() -> list:
            meanwhile()
            return arrays

        self.spin_until(reported)
        self.node.destroy_subscription(subscription)
        return {status.name.partition(': ')[2]: status for status in arrays[0].status}

    def diagnostics_until(
        self,
        condition: Callable[[dict[str, DiagnosticStatus]], object],
        meanwhile: Callable[[], object] = lambda: None,
    ) -> dict[str, DiagnosticStatus]:
        """
        Return the diagnostics when a condition holds for them.

        :param condition: of the statuses by the names of their tasks
        :param meanwhile: called again and again until then, such as to send an image
        """
        deadline = time.monotonic() + PATIENCE
        while not condition(statuses := self.diagnostics(meanwhile)):
            reported = {name: status.message for name, status in statuses.items()}
            assert time.monotonic() < deadline, f'the diagnostics went on to say {reported}'
        return statuses

    def spin_until(
        self,
        condition: Callable[[], object],
        problem: Callable[[], str] = lambda: 'the condition did not become true',
        patience: float = PATIENCE,
    ) -> None:
        """
        Receive until a condition holds.

        :param problem: called when it does not, for the message of the failure
        """
        deadline = time.monotonic() + patience
        while not condition():
            if time.monotonic() >= deadline:
                raise AssertionError(problem())
            self._executor.spin_once(timeout_sec=0.05)

    def spin_for(self, seconds: float, unless: Callable[[], object] = lambda: False) -> None:
        """Receive for a while, unless a condition holds before."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not unless():
            self._executor.spin_once(timeout_sec=0.05)

    def answer_to(self, image: Image, messages: list | None = None) -> object:
        """
        Send an image, and return the message with its header; by default the landmarks.

        It is sent once, when both sides know of each other.
        """
        messages = self.landmarks if messages is None else messages
        self.meet_subscribers_of(self.camera)
        before = len(messages)
        self.camera.publish(image)

        def answers() -> list:
            return [message for message in messages[before:] if message.header == image.header]

        self.spin_until(answers)
        return answers()[0]

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()


class NodeProcess:
    """
    An installed executable of the package, by default the node.

    :param log: file for its output
    :param arguments: what follows its name on the command line
    :param name: its name
    :param through: a program, with its arguments, that the executable is started through
    """

    def __init__(
        self,
        log: Path,
        arguments: list[str],
        name: str = 'pose_tracking_node',
        through: Sequence[str] = (),
    ) -> None:
        executable = Path(get_package_prefix('pose_tracking_ros'), 'lib/pose_tracking_ros', name)
        self._log = log
        with log.open('w') as output:
            self._process = subprocess.Popen(
                [*through, str(executable), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        """Return what it has printed."""
        return self._log.read_text()

    def wait_for_log(self, text: str) -> None:
        """Wait until it has printed a text."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.log:
            assert self._process.poll() is None, f'the node ended:\n{self.log}'
            assert time.monotonic() < deadline, f'no {text!r} in the log:\n{self.log}'
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Return whether it has not ended."""
        return self._process.poll() is None

    def wait(self) -> int:
        """Return the exit code, when it has ended by itself."""
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f'it still runs:\n{self.log}') from error

    def stop(self, signal_number: int = signal.SIGINT, times: int = 1) -> int:
        """Tell it to end, and return its exit code."""
        for _ in range(times):
            self._process.send_signal(signal_number)
            time.sleep(0.05)
        return self.wait()

    def close(self) -> None:
        """End it where it still runs; without mercy only if it must be: its memory would stay."""
        self._process.terminate()
        try:
            self.wait()
        finally:
            self._process.kill()
