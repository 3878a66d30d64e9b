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

from contextlib import ExitStack
from typing import Any

from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger

from pose_tracking_ros.blazepose import PoseTracker
from pose_tracking_ros.blazepose.pose_models import PoseModels
from pose_tracking_ros.heap import return_freed_memory
from pose_tracking_ros.messages import landmark_info_message
from pose_tracking_ros.msg import LandmarkInfo
from pose_tracking_ros.node.camera import Camera
from pose_tracking_ros.node.diagnostics import Diagnostics
from pose_tracking_ros.node.health import Level, Report
from pose_tracking_ros.node.image_messages import cv_bridge_problem
from pose_tracking_ros.node.managed_node import ManagedNode
from pose_tracking_ros.node.message_types import MESSAGE_TYPES
from pose_tracking_ros.node.parameters import OVERRIDABLE
from pose_tracking_ros.node.settings import Settings
from pose_tracking_ros.node.target_frame import TargetFrame
from pose_tracking_ros.parameter_table import PARAMETERS


class PoseTrackingNode(ManagedNode[Settings]):
    """
    Tracks the pose of a person in the images of each of its cameras.

    Configured, it has its models and topics; active, it subscribes to images. See
    :class:`~pose_tracking_ros.node.camera.Camera` for their processing.

    :raises ValueError: if parameters are not accepted; names all of them
    """

    default_name = 'pose_tracking'

    def __init__(self, **kwargs: Any) -> None:
        """Declare what does not depend on parameters; the arguments are those of rclpy's Node."""
        self._cameras: list[Camera] = []
        self._models: PoseModels | None = None
        self._target_frame: TargetFrame | None = None
        self._provider = ''
        self._info_publisher: Publisher | None = None
        super().__init__(PARAMETERS, Settings.from_values, **kwargs)
        if cv_bridge_problem():
            self.get_logger().warning(cv_bridge_problem())
        self.create_service(Trigger, '~/reset', self._on_reset)
        Diagnostics(
            self,
            lambda: self.settings,
            lambda: self._cameras,
            self._report,
            lambda: self.state_description,
        )

    @property
    def is_configured(self) -> bool:
        """Return whether the node is configured."""
        return bool(self._cameras)

    @property
    def is_listening(self) -> bool:
        """Return whether the node is active."""
        return any(camera.is_active for camera in self._cameras)

    def set_up(self, settings: Settings) -> None:
        """Load the models and advertise the topics."""
        problems: list[str] = []
        models = PoseModels.load(settings.options, settings.inference, problems.append)
        self._models = models
        if problems and settings.require_provider:
            raise ValueError(f'{problems[0]}, or set require_provider to false')
        if settings.target_frame:
            self._target_frame = TargetFrame(self, settings.target_frame)
        for name in settings.cameras:
            tracker = PoseTracker(settings.options, settings.inference, models)
            self._cameras.append(
                Camera(self, name, tracker, lambda: self.settings, self._target_frame)
            )
        self._info_publisher = self.create_publisher(
            LandmarkInfo,
            'landmark_info',
            QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL),
            qos_overriding_options=OVERRIDABLE,
        )
        self._publish_info(models)
        self.get_logger().info(
            '{} and {} run on {}'.format(*_model_names(models), self._provider)
        )
        for problem in problems:
            self.get_logger().warning(problem)
        return_freed_memory()

    def start(self) -> str:
        """Subscribe to the images, if not yet subscribed; return a text for the log."""
        for camera in self._cameras:
            camera.activate()
        topics = ', '.join(camera.topic for camera in self._cameras)
        return f'images come from {topics}'

    def stop(self) -> None:
        """Deactivate every camera, even if one raises."""
        with ExitStack() as steps:
            for camera in self._cameras:
                steps.callback(camera.deactivate)

    def log_counts(self) -> None:
        """Log the counts of the images."""
        for camera in self._cameras:
            counts = camera.statistics.counts
            self.get_logger().info(
                (f'{camera.name}: ' if camera.name else '')
                + f'{counts.received} images received, {counts.dropped} dropped, '
                f'{counts.rejected.total()} rejected, {counts.failed} failed, '
                f'{counts.processed} processed: {counts.with_pose} with a person, '
                f'detector runs {counts.detector_runs}'
            )

    def release(self) -> None:
        """Release models and topics; do every step even if one raises."""
        with ExitStack() as steps:  # the last one first
            steps.callback(return_freed_memory)
            if self._info_publisher is not None:
                steps.callback(self.destroy_publisher, self._info_publisher)
            if self._target_frame is not None:
                steps.callback(self._target_frame.close)
            while self._cameras:
                steps.callback(self._cameras.pop().close)
            self._models = self._info_publisher = self._target_frame = None

    def _publish_info(self, models: PoseModels) -> None:
        """Publish the names of the landmarks and the models."""
        self._provider = models.landmark_model.execution_provider
        if self._info_publisher is None:
            return
        self._info_publisher.publish(
            landmark_info_message(
                MESSAGE_TYPES,
                self._cameras[0].tracker.skeleton,
                *_model_names(models),
                self._provider,
            )
        )

    def _report(self) -> Report:
        """Return the report of the node itself; log a change of the execution provider."""
        if self._models is None:
            problem = '' if self.is_shut_down else self.problem
            level = Level.ERROR if problem else Level.OK
            return Report('node', level, problem or self.state_description)
        if self._models.landmark_model.execution_provider != self._provider:
            before = self._provider
            self._publish_info(self._models)
            self.get_logger().warning(f'The models run on {self._provider} now, not on {before}')
        problem = (
            self.problem
            or self._models.provider_problem(self.settings.inference)
            or self.clock_problem()
        )
        message = f'{self.state_description} on {self._provider}'
        level = Level.WARN if problem else Level.OK
        return Report('node', level, problem or message, _model_values(self._models))

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Reset the trackers of all cameras."""
        for camera in self._cameras:
            camera.reset()
        response.success = bool(self._cameras)
        response.message = (
            'tracking starts over with the next image'
            if self._cameras
            else 'the node is not configured, there is nothing to reset'
        )
        return response


def _model_names(models: PoseModels) -> tuple[str, str]:
    """Return the names of the detector and of the landmark model."""
    return models.detector.file.path.stem, models.landmark_model.file.path.stem


def _model_values(models: PoseModels) -> dict[str, str]:
    """Return what runs where, and the checksums of its files, for the diagnostics."""
    values = {}
    for use, model in (('detector', models.detector), ('landmarks', models.landmark_model)):
        values[f'{use} model'] = model.file.path.stem
        values[f'{use} execution provider'] = model.execution_provider
        for name, checksum in model.file.sha256.items():
            values[f'SHA-256 of {name}'] = checksum
    return values
