# make demo   simulate data, train on it, score the model: everything it needs is set up here
# make test   all tests, lints and checks; also sets up what it needs
# make help   the rest

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
SEED ?= 1
SECONDS ?= 20
export PIP_DISABLE_PIP_VERSION_CHECK = 1

RUST_SOURCES := Cargo.toml Cargo.lock $(shell find rust -name '*.rs' -o -name Cargo.toml)

.PHONY: help tools demo gallery site test test-fast lint rust-test python-test wheel install-numbers image packed image-test image-numbers fuzz fuzz-briefly sanitize lock lowest bench bench-scale bench-prepare bench-core yeast format clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

tools:
	@missing=""; \
	command -v $(PYTHON) >/dev/null || missing="$$missing\n  Python 3.11 to 3.13 ($(PYTHON)): https://www.python.org, or name one with PYTHON=..."; \
	if command -v $(PYTHON) >/dev/null; then \
	  $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || missing="$$missing\n  Python 3.11 to 3.13 (TensorFlow has no release for newer ones): $(PYTHON) is $$($(PYTHON) --version); name another with PYTHON=..."; \
	  $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || missing="$$missing\n  Python's venv module (Debian: python3-venv)"; \
	fi; \
	command -v cargo >/dev/null || missing="$$missing\n  cargo, the Rust tool chain, 1.88 or newer: https://rustup.rs"; \
	if command -v cargo >/dev/null; then \
	  cargo --version | awk '{split($$2, v, "."); exit !(v[1] > 1 || v[2] >= 88)}' || missing="$$missing\n  Rust 1.88 or newer: found $$(cargo --version); https://rustup.rs"; \
	fi; \
	command -v cc >/dev/null || missing="$$missing\n  a C compiler, cc (Debian: build-essential)"; \
	if [ -n "$$missing" ]; then printf "To build maxatac, install first:$$missing\n" >&2; exit 1; fi

$(BIN)/python: | tools
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock | $(BIN)/python
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements-igv.lock $(VENV)/.run
	$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-dev.lock -r requirements-igv.lock
	@touch $@

$(VENV)/.built: $(RUST_SOURCES) pyproject.toml $(VENV)/.run
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	@touch $@

demo: tools $(VENV)/.built  ## simulate, train, predict, score; SEED=2 for another run
	$(BIN)/python examples/demo.py demo_out --seed $(SEED)

site: $(VENV)-docs/.done $(VENV)/.built  ## the documentation as a site, build/site/index.html; a warning is an error
	$(VENV)-docs/bin/sphinx-build --quiet --fail-on-warning --keep-going --fresh-env -d build/doctrees docs build/site

gallery: tools $(VENV)/.built  ## the pictures of docs/gallery.md, from demo_out; needs Chromium
	test -e demo_out/results/demo_report.html || $(BIN)/python examples/demo.py demo_out
	$(BIN)/python docs/gallery.py demo_out

test: lint rust-test python-test site image-test fuzz-briefly  ## everything

test-fast: $(VENV)/.dev $(VENV)/.built  ## unit tests, the core and one training run: minutes
	$(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not slow" tests/system/test_smoke.py tests/unit tests/core

lint: $(VENV)/.dev $(VENV)/.built  ## formats, lints, types, stubs, import contracts
	cargo fmt --check
	cargo fmt --check --manifest-path rust/fuzz/Cargo.toml
	cargo clippy --quiet --workspace --all-targets --locked -- -D warnings
	$(BIN)/ruff format --check --quiet
	$(BIN)/ruff check --quiet
	$(BIN)/mypy
	$(BIN)/stubtest maxatac._core
	$(BIN)/lint-imports --no-logo

rust-test: | tools
	cargo test --quiet --locked -p maxatac-core

python-test: $(VENV)/.dev $(VENV)/.built $(VENV)-cwl/.done
	MAXATAC_CWL_TOOLS=$(abspath $(VENV)-cwl/bin) $(BIN)/python -m pytest -q -n 2 --dist worksteal -m "not container"

DOCKER ?= docker
BACKEND ?= tensorflow
DEVICE ?= cpu
VERSION := $(shell sed -n 's/^version = "\(.*\)"$$/\1/p' Cargo.toml)
# What the name of an image says behind that of the usual one: jax, gpu or jax-gpu.
VARIANT := $(shell echo $(filter-out tensorflow,$(BACKEND)) $(filter-out cpu,$(DEVICE)) | tr ' ' '-')

image:  ## the container image, with docker (or DOCKER=podman); BACKEND=jax, DEVICE=gpu for others
	$(DOCKER) build -t maxatac:$(or $(VARIANT),latest) -t maxatac:$(VERSION)$(addprefix -,$(VARIANT)) \
	  --build-arg BACKEND=$(BACKEND) --build-arg DEVICE=$(DEVICE) --build-arg REVISION=$$(git rev-parse HEAD) --build-arg CREATED=$$(git log -1 --format=%cI) \
	  --build-arg SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(IMAGE_ARGS) .

# Builds it, as root on Debian; MAXATAC_IMAGE=maxatac tests one that docker has. Tells why if neither is possible.
image-test: $(VENV)/.dev $(VENV)/.built $(VENV)-cwl/.done  ## build the container image and run it
	MAXATAC_CWL_TOOLS=$(abspath $(VENV)-cwl/bin) $(BIN)/python -m pytest -q -m container tests/system/container

# What builds wheels; zig links for an old glibc.
$(VENV)-wheel/.done: requirements-wheel.lock | tools
	$(PYTHON) -m venv $(VENV)-wheel
	$(VENV)-wheel/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-wheel.lock
	@touch $@

WHEEL = PATH="$(abspath $(VENV)-wheel/bin):$$PATH" PYTHON=$(PYTHON) .ci/wheel
TARGET ?=

wheel: $(VENV)-wheel/.done  ## wheel and source distribution in dist/, each installed and run; TARGET=aarch64-unknown-linux-gnu builds alone
	$(WHEEL) sdist
	$(WHEEL) build $(TARGET)
	$(if $(TARGET),,$(WHEEL) try)
	$(if $(TARGET),,$(WHEEL) offline)

install-numbers: | tools  ## install what make wheel built in clean environments of INTERPRETERS, and in DEBIAN=folder; time and size go into the page
	$(PYTHON) docs/wheel.py --measure $(INTERPRETERS) $(if $(DEBIAN),--debian $(DEBIAN))

packed: $(VENV)-cwl/.done  ## each workflow in one file, as release assets in dist/workflows
	mkdir -p dist/workflows
	for file in $$(grep -l '^class: Workflow' cwl/*.cwl); do \
	  $(VENV)-cwl/bin/cwltool --quiet --pack $$file > dist/workflows/$$(basename $$file .cwl)-$(VERSION).cwl.json || exit 1; \
	done
	for file in $$(grep -l '^workflow' wdl/*.wdl); do \
	  $(VENV)-cwl/bin/miniwdl zip --force --output dist/workflows/$$(basename $$file .wdl)-$(VERSION).wdl.zip $$file || exit 1; \
	done
	cd dist/workflows && sha256sum *.cwl.json *.wdl.zip > SHA256SUMS

image-numbers: $(VENV)/.dev  ## size of the images and time of their start, into the pages
	$(BIN)/python docs/image.py --measure

# Sphinx needs neither TensorFlow nor what the tests need.
$(VENV)-docs/.done: requirements-docs.lock | tools
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-docs.lock
	@touch $@

fuzz: | tools  ## give the readers damaged files; SECONDS=600 for longer, per format
	rust/fuzz/run.sh $(SECONDS)

fuzz-briefly: | tools
	rust/fuzz/run.sh $(SECONDS) --if-possible

sanitize: | tools  ## the core's tests with AddressSanitizer; needs the nightly tool chain
	ASAN_OPTIONS=detect_odr_violation=0:quarantine_size_mb=0 RUSTFLAGS=-Zsanitizer=address \
	  cargo +nightly test --quiet --locked -p maxatac-core --lib --tests --target-dir target/sanitize \
	  --target $$(rustc -vV | sed -n 's/^host: //p')

# GenVarLoader wants versions of its own.
$(VENV)-bench/.done: requirements-bench.lock | tools
	$(PYTHON) -m venv $(VENV)-bench
	$(VENV)-bench/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-bench.lock
	@touch $@

# So do cwltool, cwltest, Toil and miniwdl.
$(VENV)-cwl/.done: requirements-cwl.lock | tools
	$(PYTHON) -m venv $(VENV)-cwl
	$(VENV)-cwl/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements-cwl.lock
	@touch $@

bench: $(VENV)/.dev $(VENV)/.built $(VENV)-bench/.done  ## the loader beside its peers; BENCH=--quick to try
	PYTHONPATH=tests $(BIN)/python -m benchmarks --genvarloader $(VENV)-bench/bin/python $(BENCH)

bench-scale: $(VENV)/.dev $(VENV)/.built  ## cost as pool, tracks and genome grow; BENCH=--quick to try
	PYTHONPATH=tests $(BIN)/python -m benchmarks --scale $(BENCH)

bench-prepare: $(VENV)/.dev $(VENV)/.built  ## prepare beside other programs on PATH; BENCH="--reads 1000000" to try
	PYTHONPATH=tests $(BIN)/python -m benchmarks.prepare bench_out/prepare $(BENCH)

bench-core: $(VENV)/.built  ## the parts of the core, one by one
	test -e bench_out/core_sparse || $(BIN)/maxatac simulate bench_out/core_sparse
	test -e bench_out/core_dense || $(BIN)/maxatac simulate bench_out/core_dense --dense
	MAXATAC_BENCH_DATA=$(CURDIR)/bench_out cargo bench --locked -p maxatac-core --bench parts

yeast: $(VENV)/.built  ## the worked example: DATA=folder of the yeast set, OUT=results
	$(BIN)/python examples/yeast.py $(DATA) $(OUT)

format:  ## put sources into the project's format
	cargo fmt
	cargo fmt --manifest-path rust/fuzz/Cargo.toml
	$(BIN)/ruff format --quiet
	$(BIN)/ruff check --quiet --fix

# The images have Debian's Python, on x86_64, and the versions that the tests run with.
IMAGE_LOCK = $(BIN)/uv pip compile --quiet --python-platform x86_64-manylinux_2_34 --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url -c requirements-dev.lock

lock:  ## pin the newest versions of all dependencies, with hashes
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url pyproject.toml --extra dev -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url tests/benchmarks/requirements.in -o requirements-bench.lock
	$(IMAGE_LOCK) docker/build.in -o docker/build.lock
	$(IMAGE_LOCK) pyproject.toml docker/tensorflow-cpu.in --override docker/without-tensorflow-cpu.txt -o docker/tensorflow-cpu.lock
	$(subst x86_64,aarch64,$(IMAGE_LOCK)) pyproject.toml --only-binary :all: --override docker/without-tensorflow-arm64.txt -o docker/tensorflow-cpu-arm64.lock
	$(IMAGE_LOCK) pyproject.toml --extra cuda --override docker/without-tensorflow-gpu.txt -o docker/tensorflow-gpu.lock
	$(IMAGE_LOCK) pyproject.toml --extra jax --override docker/without-jax.txt -o docker/jax-cpu.lock
	$(IMAGE_LOCK) pyproject.toml --extra jax-cuda --override docker/without-jax.txt -o docker/jax-gpu.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url requirements-cwl.in -o requirements-cwl.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url requirements-wheel.in -o requirements-wheel.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url requirements-docs.in -c requirements.lock -o requirements-docs.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url requirements-light.in -c requirements.lock -o requirements-light.lock
	$(BIN)/uv pip compile --quiet --no-deps --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --no-emit-index-url requirements-igv.in -o requirements-igv.lock

lowest: tools  ## the tests that are not slow with the oldest dependencies that pyproject.toml allows
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/python -m pip install --quiet uv
	$(VENV)-lowest/bin/uv pip install --quiet --python $(VENV)-lowest/bin/python --resolution lowest-direct --editable '.[dev]'
	$(VENV)-lowest/bin/python -m pytest -q -m "not slow and not container"

clean:
	rm -rf target build dist demo_out bench_out $(VENV) $(VENV)-bench $(VENV)-cwl $(VENV)-docs $(VENV)-wheel $(VENV)-lowest maxatac/_core*.so
