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

"""The node: images in, landmarks, drawings and markers out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from rcl_interfaces.msg import ParameterDescriptor, SetParametersResult
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.publisher import Publisher
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import Image
from visualization_msgs.msg import MarkerArray

from pose_tracking_ros.blazepose import Pose, PoseTracker
from pose_tracking_ros.blazepose.pipelines import landmark_model_name, pipeline
from pose_tracking_ros.drawing import PoseAnnotator
from pose_tracking_ros.msg import PoseLandmarks
from pose_tracking_ros.node.image_decoding import decode_image, ImageDecodingError
from pose_tracking_ros.node.markers import pose_markers
from pose_tracking_ros.node.messages import (
    bgr_copy,
    image_message,
    mask_pixels,
    pose_landmarks_message,
)
from pose_tracking_ros.node.parameters import (
    declare_parameters,
    inference_options,
    tracker_options,
)
from pose_tracking_ros.node.worker import LatestWorker

_NO_IMAGE_AFTER = 5.0  # seconds
_REPEATED_LOG_EVERY = 5.0  # seconds


@dataclass
class ImageCounts:
    """What became of the images since the start of the node."""

    received: int = 0
    rejected: int = 0
    failed: int = 0
    processed: int = 0
    with_pose: int = 0
    detector_runs: int = 0


class PoseTrackingNode(Node):
    """
    Tracks the pose of a person in the images of a topic.

    Images come in on the executor's thread, which only puts them aside; a thread of its own
    processes the newest one and publishes what it finds.

    :raises ModelError: when a model is missing, altered or cannot be loaded
    :raises ValueError: when the parameters contradict each other
    :raises ParameterException: when a parameter is out of its range or of another type
    """

    def __init__(self, **kwargs: Any) -> None:
        """Load the models and start to listen; the arguments are those of rclpy's Node."""
        super().__init__('pose_tracking', **kwargs)
        self._counts = ImageCounts()
        self._worker = LatestWorker(self._process, self._on_failure)
        self._values = declare_parameters(self)
        self._options = tracker_options(self._values)
        self._tracker = PoseTracker(self._options, inference_options(self._values))
        self._declare_active_execution_provider()
        self._annotator = PoseAnnotator(color_order='bgr')

        self._landmarks_publisher = self._advertise(PoseLandmarks, 'pose_landmarks', 10)
        self._markers_publisher = self._advertise(MarkerArray, 'markers', 10)
        self._annotated_publisher = self._advertise(Image, 'annotated_image', 1)
        self._mask_publisher = (
            self._advertise(Image, 'segmentation_mask', 1)
            if self._options.enable_segmentation
            else None
        )
        self._subscription = self.create_subscription(
            Image,
            'image',
            self._on_image,
            qos_profile_sensor_data,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )
        self.add_on_set_parameters_callback(self._on_set_parameters)
        self._no_image_timer = self.create_timer(
            _NO_IMAGE_AFTER, self._on_no_image, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._log_start()

    def destroy_node(self) -> None:
        """Finish the image at work, and leave the graph."""
        self._worker.close()
        super().destroy_node()

    def log_counts(self) -> None:
        """Say what became of all images."""
        counts = self._counts
        self.get_logger().info(
            f'{counts.received} images received, {self._worker.dropped} dropped for newer ones, '
            f'{counts.rejected} rejected, {counts.failed} failed, {counts.processed} processed: '
            f'{counts.with_pose} with a person, {counts.detector_runs} runs of the detector'
        )

    def _advertise(self, message_type: type, topic: str, depth: int) -> Publisher:
        return self.create_publisher(
            message_type,
            topic,
            QoSProfile(depth=depth),
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )

    def _declare_active_execution_provider(self) -> None:
        """Let anyone ask where the models really run."""
        self.declare_parameter(
            'active_execution_provider',
            self._tracker.execution_provider,
            ParameterDescriptor(
                description='The execution provider of ONNX Runtime that runs the models.',
                read_only=True,
            ),
            ignore_override=True,
        )

    def _log_start(self) -> None:
        """Say which models run where, and on what."""
        wanted = self._values['execution_provider']
        provider = self._tracker.execution_provider
        self.get_logger().info(
            f'{pipeline(self._options).detector_model} and {landmark_model_name(self._options)} '
            f'run on {provider}, images come from {self._subscription.topic_name}'
        )
        if wanted != 'auto' and not provider.lower().startswith(wanted):
            self.get_logger().warning(
                f'execution_provider is {wanted}, but ONNX Runtime cannot use it here and runs '
                f'the models on {provider}: check that the onnxruntime package for it and its '
                'drivers are installed'
            )

    def _on_image(self, message: Image) -> None:
        """Put an image aside for the worker."""
        self._counts.received += 1
        self._worker.put(message)

    def _process(self, message: Image) -> None:
        """Find the person in an image and publish; runs in the worker's thread."""
        try:
            image = decode_image(message)
        except ImageDecodingError as error:
            self._counts.rejected += 1
            self.get_logger().error(
                f'Image rejected: {error}', throttle_duration_sec=_REPEATED_LOG_EVERY
            )
            return
        self._tracker.options = self._options
        stamp = message.header.stamp
        pose = self._tracker.process(image, stamp.sec * 10**9 + stamp.nanosec)
        self._counts.processed += 1
        self._counts.with_pose += pose is not None
        self._counts.detector_runs += self._tracker.last_frame.detector_ran
        self._publish(message, image, pose)

    def _publish(self, message: Image, image: np.ndarray, pose: Pose | None) -> None:
        """Publish the landmarks, and of the rest what somebody listens to."""
        header, size = message.header, (message.width, message.height)
        self._landmarks_publisher.publish(
            pose_landmarks_message(
                header, size, self._tracker.topology, pose, self._tracker.last_frame
            )
        )
        if self._markers_publisher.get_subscription_count():
            self._markers_publisher.publish(pose_markers(header, pose))
        if self._annotated_publisher.get_subscription_count():
            annotated = self._annotator.annotate(bgr_copy(image), pose)
            self._annotated_publisher.publish(image_message(header, 'bgr8', annotated))
        if self._mask_publisher and self._mask_publisher.get_subscription_count():
            mask = mask_pixels(pose, size)
            self._mask_publisher.publish(image_message(header, 'mono8', mask))

    def _on_failure(self, error: Exception) -> None:
        """Log what went wrong with one image; the next one is another chance."""
        if not self.context.ok():
            return  # Nothing can be published any more: the node is being shut down.
        self._counts.failed += 1
        self.get_logger().error(
            f'Image not processed, {type(error).__name__}: {error}',
            throttle_duration_sec=_REPEATED_LOG_EVERY,
        )

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Take over changed options from the next image on."""
        changed = {parameter.name: parameter.value for parameter in parameters}
        try:
            self._options = tracker_options({**self._values, **changed})
        except ValueError as error:
            return SetParametersResult(successful=False, reason=str(error))
        self._values.update(changed)
        return SetParametersResult(successful=True)

    def _on_no_image(self) -> None:
        """Warn once when images are published but do not arrive."""
        topic = self._subscription.topic_name
        if self._counts.received:
            self._no_image_timer.cancel()
        elif self.count_publishers(topic):
            self._no_image_timer.cancel()
            self.get_logger().warning(
                f'{topic} has a publisher, but no image came in {_NO_IMAGE_AFTER:.0f} s: if it '
                'does publish, its QoS may not match, or its images are too large for the '
                'transport; for Fast DDS see config/fastdds.xml of this package'
            )
