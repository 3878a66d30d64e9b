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

"""The loaded models, as reported in the log and the diagnostics."""

from __future__ import annotations

from pose_tracking_ros.blazepose.pose_models import PoseModels


def model_names(models: PoseModels) -> tuple[str, str]:
    """Return the names of the detector and of the landmark model."""
    return models.detector.file.path.stem, models.landmark_model.file.path.stem


def model_values(models: PoseModels) -> dict[str, str]:
    """Return what runs where, and the checksums of its files, for the diagnostics."""
    values = {}
    for use, model in (('detector', models.detector), ('landmarks', models.landmark_model)):
        values[f'{use} model'] = model.file.path.stem
        values[f'{use} execution provider'] = model.execution_provider
        for name, checksum in model.file.sha256.items():
            values[f'SHA-256 of {name}'] = checksum
    return values
