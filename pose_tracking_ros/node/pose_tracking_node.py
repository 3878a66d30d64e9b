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

"""The lifecycle node: images in, landmarks, drawings and markers out."""

from __future__ import annotations

from collections.abc import Callable
import functools
from typing import Any

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from std_srvs.srv import Trigger

from pose_tracking_ros.blazepose import ModelError, PoseTracker
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.heap import return_freed_memory
from pose_tracking_ros.messages import landmark_info_message
from pose_tracking_ros.msg import LandmarkInfo
from pose_tracking_ros.node import message_types
from pose_tracking_ros.node.camera import Camera
from pose_tracking_ros.node.diagnostics import Diagnostics
from pose_tracking_ros.node.health import Level, Report
from pose_tracking_ros.node.models import model_names, model_values
from pose_tracking_ros.node.parameters import NodeParameters
from pose_tracking_ros.node.settings import Settings

# What a user can mend, and says enough without the name of its type.
_WRONG_SETUP = (ModelError, ValueError)

_Transition = Callable[['PoseTrackingNode', LifecycleState], TransitionCallbackReturn]


def _unless_it_fails(transition: _Transition) -> _Transition:
    """Let a transition that fails leave a working node, and say why and what to do."""

    @functools.wraps(transition)
    def run(node: PoseTrackingNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            result = transition(node, state)
        except Exception as error:
            node.on_failure(transition.__name__.removeprefix('on_'), state, error)
            return TransitionCallbackReturn.FAILURE
        node.problem = ''
        return result

    return run


class PoseTrackingNode(LifecycleNode):
    """
    Tracks the pose of a person in the images of each of its cameras.

    Configured, it has its models and topics; active, it listens to images. What it does with them
    is that of :class:`~pose_tracking_ros.node.camera.Camera`.

    :raises ValueError: when parameters are not accepted; names all of them
    """

    def __init__(self, **kwargs: Any) -> None:
        """Declare what does not depend on parameters; the arguments are those of rclpy's Node."""
        super().__init__('pose_tracking', **kwargs)
        self.problem = ''
        self._cameras: list[Camera] = []
        self._models: PoseModels | None = None
        self._provider = ''
        self._info_publisher: Publisher | None = None
        self._node_parameters = NodeParameters(self, lambda: bool(self._cameras))
        self.create_service(Trigger, '~/reset', self._on_reset)
        Diagnostics(self, self._settings, lambda: self._active, self._report)

    def autostart(self) -> None:
        """Configure and activate the node, unless the parameters tell to wait for that."""
        if not self._node_parameters.values['autostart']:
            return
        if self.trigger_configure() is TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    @_unless_it_fails
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models, and offer what comes of them."""
        settings = self._settings()
        problems: list[str] = []
        self._models = PoseModels.load(settings.options, settings.inference, problems.append)
        if problems and settings.require_provider:
            raise ValueError(f'{problems[0]}, or set require_provider to false')
        self._cameras = [
            Camera(
                self,
                name,
                PoseTracker(settings.options, settings.inference, self._models),
                self._settings,
            )
            for name in settings.cameras
        ]
        self._info_publisher = self.create_publisher(
            LandmarkInfo,
            'landmark_info',
            QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self._tell_info()
        self.get_logger().info(
            '{} and {} run on {}'.format(*model_names(self._models), self._provider)
        )
        for problem in problems:
            self.get_logger().warning(problem)
        return_freed_memory()
        return super().on_configure(state)

    @_unless_it_fails
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the images."""
        result = super().on_activate(state)
        for camera in self._cameras:
            camera.activate()
        topics = ', '.join(camera.subscription.topic_name for camera in self._cameras)
        self.get_logger().info(f'Active, images come from {topics}')
        return result

    @_unless_it_fails
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen no more, and take back what is shown."""
        for camera in self._cameras:
            camera.deactivate()
        return super().on_deactivate(state)

    @_unless_it_fails
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the models and topics go."""
        result = super().on_cleanup(state)
        self._release()
        return result

    @_unless_it_fails
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let everything go."""
        for camera in self._cameras:
            camera.deactivate()
        self.log_counts()
        result = super().on_shutdown(state)
        self._release()
        return result

    def on_failure(self, transition: str, state: LifecycleState, error: Exception) -> None:
        """Go back to where a transition came from, and tell why and what to do."""
        if transition == 'configure':
            self._release()
        elif transition == 'activate':
            for camera in self._cameras:
                camera.deactivate()
        why = str(error) if isinstance(error, _WRONG_SETUP) else f'{type(error).__name__}: {error}'
        self.problem = f'cannot {transition}: {why}'
        self.get_logger().error(
            f'C{self.problem[1:]}. The node stays {state.label}: mend that, then run '
            f'ros2 lifecycle set {self.get_fully_qualified_name()} {transition}'
        )

    def log_counts(self) -> None:
        """Say what became of all images."""
        for camera in self._cameras:
            counts = camera.statistics.counts
            self.get_logger().info(
                (f'{camera.name}: ' if camera.name else '')
                + f'{counts.received} images received, {counts.dropped} dropped, '
                f'{counts.rejected.total()} rejected, {counts.failed} failed, '
                f'{counts.processed} processed: {counts.with_pose} with a person, '
                f'{counts.detector_runs} runs of the detector'
            )

    def _settings(self) -> Settings:
        """Return what the parameters set now."""
        return self._node_parameters.settings

    @property
    def _active(self) -> list[Camera]:
        """Return the cameras that are listened to."""
        return [camera for camera in self._cameras if camera.subscription is not None]

    def _release(self) -> None:
        """Let go what was configured, with its memory."""
        while self._cameras:
            self._cameras.pop().close()
        if self._info_publisher is not None:
            self.destroy_publisher(self._info_publisher)
        self._models = self._info_publisher = None
        return_freed_memory()

    def _tell_info(self) -> None:
        """Publish what the landmarks mean and what finds them."""
        self._provider = self._models.landmark_model.execution_provider
        self._info_publisher.publish(
            landmark_info_message(
                message_types,
                self._cameras[0].tracker.skeleton,
                *model_names(self._models),
                self._provider,
            )
        )

    def _report(self) -> Report:
        """Return how the node itself is; notices when ONNX Runtime changes its provider."""
        if self._models is None:
            level = Level.ERROR if self.problem else Level.OK
            return Report('node', level, self.problem or 'not configured')
        if self._models.landmark_model.execution_provider != self._provider:
            before = self._provider
            self._tell_info()
            self.get_logger().warning(f'The models run on {self._provider} now, not on {before}')
        problem = self.problem or self._models.provider_problem(
            self._settings().inference
        )
        message = f'{"active" if self._active else "inactive"} on {self._provider}'
        level = Level.WARN if problem else Level.OK
        return Report('node', level, problem or message, model_values(self._models))

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Let all cameras start over."""
        for camera in self._cameras:
            camera.reset()
        response.success = bool(self._cameras)
        response.message = (
            'tracking starts over with the next image'
            if self._cameras
            else 'the node is not configured, there is nothing to reset'
        )
        return response
