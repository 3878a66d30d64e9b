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
from contextlib import ExitStack
import functools
from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
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
from pose_tracking_ros.node.quality_of_service import OVERRIDABLE
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.node.target_frame import TargetFrame

# What a user can mend, and says enough without the name of its type.
_WRONG_SETUP = (ModelError, ValueError)


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, _WRONG_SETUP) else f'{type(error).__name__}: {error}'


_Transition = Callable[['PoseTrackingNode', LifecycleState], TransitionCallbackReturn]


def _unless_it_fails(transition: _Transition) -> _Transition:
    """Let a transition that fails leave a working node, and say why and what to do."""

    @functools.wraps(transition)
    def run(node: PoseTrackingNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            result = transition(node, state)
        except Exception as error:
            return node.on_failure(transition.__name__.removeprefix('on_'), state, error)
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
        self._target_frame: TargetFrame | None = None
        self._provider = ''
        self._info_publisher: Publisher | None = None
        self.is_shut_down = False
        self._node_parameters = NodeParameters(self, lambda: bool(self._cameras))
        self.create_service(Trigger, '~/reset', self._on_reset)
        Diagnostics(
            self,
            self._settings,
            lambda: self._cameras,
            self._report,
            lambda: self._state_in_words,
        )

    def autostart(self) -> None:
        """Configure and activate the node, unless the parameters tell to wait for that."""
        if not self._node_parameters.values['autostart']:
            return
        if self.trigger_configure() is TransitionCallbackReturn.SUCCESS:
            self.trigger_activate()

    def set_parameters_atomically(self, parameter_list: list[Parameter]) -> SetParametersResult:
        """
        Set parameters, all or none, as a service does.

        What has its value already is not set: so the node takes back what it has told
        (``ros2 param dump``, ``load``), with what cannot be set now or ever.
        """
        changes = [
            item for item in parameter_list if not self._node_parameters.without_effect(item)
        ]
        if parameter_list and not changes:
            return SetParametersResult(successful=True)
        return super().set_parameters_atomically(changes)

    @_unless_it_fails
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the models, and offer what comes of them."""
        settings = self._settings()
        problems: list[str] = []
        self._models = PoseModels.load(settings.options, settings.inference, problems.append)
        if problems and settings.require_provider:
            raise ValueError(f'{problems[0]}, or set require_provider to false')
        if settings.target_frame:
            self._target_frame = TargetFrame(self, settings.target_frame)
        for name in settings.cameras:
            tracker = PoseTracker(settings.options, settings.inference, self._models)
            self._cameras.append(Camera(self, name, tracker, self._settings, self._target_frame))
        self._info_publisher = self.create_publisher(
            LandmarkInfo,
            'landmark_info',
            QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
            qos_overriding_options=OVERRIDABLE,
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
        self._node_parameters.warn_of_unknown_qos_overrides()
        topics = ', '.join(camera.subscription.topic_name for camera in self._cameras)
        self.get_logger().info(f'Active, images come from {topics}')
        return result

    @_unless_it_fails
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen no more, and take back what is shown."""
        self._deactivate_cameras()
        return super().on_deactivate(state)

    @_unless_it_fails
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let the models and topics go."""
        result = super().on_cleanup(state)
        self._release()
        return result

    @_unless_it_fails
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let everything go; what comes after finds the node shut down, also where that fails."""
        self.is_shut_down = True
        with ExitStack() as steps:  # the last one first
            steps.callback(self._release)
            steps.callback(super().on_shutdown, state)
            steps.callback(self.log_counts)
            for camera in self._cameras:
                steps.callback(camera.deactivate)
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let everything go, after a transition that left neither of its states."""
        try:
            self._release()
        except Exception as error:
            self.get_logger().error(f'Not all could be let go, {_in_words(error)}')
        return super().on_error(state)

    def shut_down(self) -> None:
        """Make the transition to finalized, unless the node is there."""
        if not self.is_shut_down:
            self.trigger_shutdown()

    def on_failure(
        self, transition: str, state: LifecycleState, error: Exception
    ) -> TransitionCallbackReturn:
        """
        Go back to where a transition came from, and tell why and what to do.

        :return: ERROR where there is no way back: the node becomes unconfigured
        """
        why = _in_words(error)
        if self.is_shut_down:
            self.get_logger().error(f'Not all could be let go, {why}')
            return TransitionCallbackReturn.FAILURE
        try:
            stays = self._undo(transition, state)
        except Exception as another:
            stays, why = False, f'{why}; nor go back, {_in_words(another)}'
        self.problem = f'cannot {transition}: {why}'
        self.get_logger().error(
            f'C{self.problem[1:]}. The node {"stays" if stays else "is no more"} {state.label}: '
            f'mend that, then run ros2 lifecycle set {self.get_fully_qualified_name()} '
            f'{transition if stays else "configure"}'
        )
        return TransitionCallbackReturn.FAILURE if stays else TransitionCallbackReturn.ERROR

    def _undo(self, transition: str, state: LifecycleState) -> bool:
        """
        Undo what a transition that failed has done, for all cameras alike.

        :return: whether that is possible
        """
        if transition == 'configure':
            self._release()
        elif transition == 'activate':
            super().on_deactivate(state)
            self._deactivate_cameras()
        elif transition == 'deactivate':
            super().on_activate(state)
            for camera in self._cameras:
                camera.activate()
        return transition != 'cleanup'  # What was let go is gone.

    def _deactivate_cameras(self) -> None:
        """Deactivate each camera, whatever another raises."""
        with ExitStack() as steps:
            for camera in self._cameras:
                steps.callback(camera.deactivate)

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
    def _state_in_words(self) -> str:
        """Return what a user knows the state of the node by."""
        if self.is_shut_down:
            return 'shut down'
        if self._models is None:
            return 'not configured'
        listening = any(camera.subscription is not None for camera in self._cameras)
        return 'active' if listening else 'inactive'

    def _release(self) -> None:
        """Let go what was configured, with its memory: each of it, whatever another raises."""
        with ExitStack() as steps:  # the last one first
            steps.callback(return_freed_memory)
            if self._info_publisher is not None:
                steps.callback(self.destroy_publisher, self._info_publisher)
            if self._target_frame is not None:
                steps.callback(self._target_frame.close)
            while self._cameras:
                steps.callback(self._cameras.pop().close)
            self._models = self._info_publisher = self._target_frame = None

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
            problem = '' if self.is_shut_down else self.problem
            level = Level.ERROR if problem else Level.OK
            return Report('node', level, problem or self._state_in_words)
        if self._models.landmark_model.execution_provider != self._provider:
            before = self._provider
            self._tell_info()
            self.get_logger().warning(f'The models run on {self._provider} now, not on {before}')
        problem = (
            self.problem
            or self._models.provider_problem(self._settings().inference)
            or self._clock_problem()
        )
        message = f'{self._state_in_words} on {self._provider}'
        level = Level.WARN if problem else Level.OK
        return Report('node', level, problem or message, model_values(self._models))

    def _clock_problem(self) -> str:
        """Return what is wrong with the clock that the parameters set; else nothing."""
        clock = self.get_clock()
        if not clock.ros_time_is_active or clock.now().nanoseconds:
            return ''
        return 'use_sim_time is true, but nobody publishes /clock: latencies are unknown'

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
