# From this file come
#   docker build -t maxatac .                                 TensorFlow on processors
#   docker build -t maxatac:gpu --build-arg DEVICE=gpu .      TensorFlow on NVIDIA GPUs, with CUDA
#   docker build -t maxatac:jax --build-arg BACKEND=jax .     JAX on processors
# docs/docker.md has more. Nothing here needs BuildKit: older engines and buildah build it, too.
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
# Debian's newest Rust; its package "rustc" is older than Cargo.toml asks for.
RUN apt-get update \
    && apt-get install -y --no-install-recommends binutils ca-certificates cargo-web gcc libc6-dev python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*

ENV CARGO_HOME=/build/cargo \
    PIP_CONFIG_FILE=/build/docker/registries/pip.conf \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
WORKDIR /build

# How the registries are reached through a proxy or a mirror: ca.crt, pip.conf and cargo.toml, each if it is there. Git
# ignores them, and they stay in this stage: the image has no layer of it.
COPY docker/registries docker/registries
COPY docker/build.lock docker/
RUN if [ -e docker/registries/ca.crt ]; then export PIP_CERT=/build/docker/registries/ca.crt; fi \
    && python3 -m venv tools \
    && tools/bin/pip install --quiet --require-hashes --no-deps -r docker/build.lock

ARG BACKEND=tensorflow
ARG DEVICE=cpu
# There is no tensorflow-cpu for arm64: tensorflow-cpu-arm64.lock has tensorflow, which has no CUDA there.
COPY docker/${BACKEND}-${DEVICE}*.lock docker/slim.sh docker/
RUN if [ -e docker/registries/ca.crt ]; then export PIP_CERT=/build/docker/registries/ca.crt; fi \
    && python3 -m venv --without-pip /opt/maxatac \
    && lock="docker/${BACKEND}-${DEVICE}" && own="$lock-$(dpkg --print-architecture)" \
    && if [ -e "$own.lock" ]; then lock=$own; fi \
    && tools/bin/pip --python /opt/maxatac/bin/python install --quiet --require-hashes --no-deps --only-binary :all: --no-compile \
        -r "$lock.lock" \
    && sh docker/slim.sh /opt/maxatac/lib/python3.11/site-packages \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/maxatac/lib

# The crates and the extension first: they are built anew only when Rust changes.
COPY Cargo.toml Cargo.lock pyproject.toml README.md LICENSE ./
COPY rust rust
RUN if [ -e docker/registries/ca.crt ]; then export CARGO_HTTP_CAINFO=/build/docker/registries/ca.crt; fi \
    && if [ -e docker/registries/cargo.toml ]; then install -D docker/registries/cargo.toml "$CARGO_HOME/config.toml"; fi \
    && cargo fetch --quiet --locked \
    && cargo metadata --quiet --locked --offline --format-version 1 > crates.json \
    && mkdir .cargo maxatac \
    && touch maxatac/__init__.py \
    && printf '[build]\nrustflags = ["--remap-path-prefix=%s=crates"]\n' "$CARGO_HOME"/registry/src/* > .cargo/config.toml \
    && tools/bin/maturin build --quiet --release --locked --offline --interpreter python3 --compatibility linux --out /tmp

COPY docker/entrypoint.sh docker/notices.py docker/
COPY maxatac maxatac
# Without its dependencies, and apart from them, so that an image of the next version shares their layer.
ARG REVISION
RUN if [ -n "$REVISION" ]; then printf '{"revision": "%s"}\n' "$REVISION" > maxatac/build.json; fi \
    && tools/bin/maturin build --quiet --release --locked --offline --interpreter python3 --compatibility linux --out dist \
    && tools/bin/pip --python /opt/maxatac/bin/python install --quiet --no-deps --no-index --no-compile --prefix /build/package dist/*.whl \
    && python3 -m compileall -q --invalidation-mode unchecked-hash package/lib \
    && python3 docker/notices.py notices crates.json /opt/maxatac/lib/python3.11/site-packages \
    && install -m 644 LICENSE notices/ \
    && install -m 755 docker/entrypoint.sh entrypoint

FROM ${BASE}
# tini hands signals on, so that a run can save its state; workflow engines call bash and ps; macs calls the peaks of
# "prepare --call_peaks". The home is for every user.
RUN apt-get update \
    && apt-get install -y --no-install-recommends macs procps python3 tini \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/* /var/log/* \
    && install -d -m 1777 /home/maxatac

COPY --from=build /opt/maxatac /opt/maxatac
COPY --from=build /build/notices /usr/share/doc/maxatac
COPY --from=build /build/package /opt/maxatac
COPY --from=build /build/entrypoint /usr/local/bin/maxatac-entrypoint

# The root may be read-only and the user any. Keras and Matplotlib look for settings in folders of the image: what lies
# under /tmp may be another user's, and what lies in the home is for other programs: packages there, too, which Debian's
# Python, that of MACS, would prefer to its own. Compiled code is in the image.
ARG BACKEND=tensorflow
ENV PATH=/opt/maxatac/bin:/usr/local/bin:/usr/bin:/bin \
    KERAS_BACKEND=${BACKEND} \
    KERAS_HOME=/opt/maxatac/share/keras \
    MPLBACKEND=Agg \
    MPLCONFIGDIR=/opt/maxatac/share/matplotlib \
    HOME=/home/maxatac \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONNOUSERSITE=1 \
    PYTHONUNBUFFERED=1

ARG BASE
ARG VERSION=0.1.0
# A build that is told no more, such as "docker build .", has the tag of the version as its revision; "make image" passes
# commit and date. python3 cwl/options.py --write writes the addresses of pyproject.toml here.
ARG REVISION=v0.1.0
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=https://github.com/OWNER/maxatac
ARG DOCUMENTATION=https://github.com/OWNER/maxatac/tree/main/docs
LABEL org.opencontainers.image.title="maxatac" \
      org.opencontainers.image.description="Train deep networks that predict transcription factor binding from ATAC-seq signal and DNA sequence" \
      org.opencontainers.image.authors="The maxatac developers" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.url="${SOURCE}" \
      org.opencontainers.image.documentation="${DOCUMENTATION}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.base.name="${BASE}"

WORKDIR /data
# Cromwell and Nextflow name no user and mount a folder that is root's: any other user could not write there. Who names a
# user (docker run --user) gets that one.
# hadolint ignore=DL3002
USER 0:0
# -s: started by Apptainer, or with the processes of the host, tini is not process 1, and would warn of it.
ENTRYPOINT ["/usr/bin/tini", "-s", "-g", "--", "/usr/local/bin/maxatac-entrypoint"]
CMD ["--help"]
