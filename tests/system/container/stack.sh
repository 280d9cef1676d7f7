#!/usr/bin/env bash
# Builds and runs the image on a Debian machine that has neither Docker nor a registry: buildah builds it on a base
# made by debootstrap, podman runs it. Everything lies in one folder, apart from the machine's own containers.
#
#   stack.sh up              set it up, say why not with status 77
#   stack.sh build [ARGS]    build localhost/maxatac:ci; ARGS go to buildah (--build-arg BACKEND=jax --tag ...)
#   stack.sh podman ARGS     podman with this stack's settings
#   stack.sh buildah ARGS    buildah with this stack's settings
#   stack.sh down            remove all of it
#
# With CI=true the tools are installed by apt; otherwise they must be there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
project=$(cd "$here/../../.." && pwd)
root=${MAXATAC_CONTAINERS:-/tmp/maxatac-containers}
image=localhost/maxatac:ci
base=debian:bookworm-slim
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
security=${DEBIAN_SECURITY_MIRROR:-http://deb.debian.org/debian-security}

export CONTAINERS_CONF=$root/containers.conf CONTAINERS_STORAGE_CONF=$root/storage.conf
export BUILDAH_ISOLATION=chroot

skip() {
    echo "container tests left out: $*" >&2
    exit 77
}

tools() {
    local missing=() tool
    for tool in buildah podman runc netavark newuidmap debootstrap; do
        PATH=$PATH:/usr/lib/podman command -v "$tool" >/dev/null || missing+=("$tool")
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "${CI-}" = true ] || skip "not installed: ${missing[*]} (CI=true lets apt install them)"
    command -v apt-get >/dev/null || skip "not installed: ${missing[*]}, and this is no Debian"
    apt-get update -qq >&2 &&
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            buildah podman runc netavark uidmap debootstrap >&2 ||
        skip "apt cannot install ${missing[*]}"
}

# Small limits, for a machine may not be allowed to raise them; runc and cgroupfs, for there may be no systemd.
settings() {
    mkdir -p "$1"
    cat >"$1/containers.conf" <<-END
		[containers]
		netns = "host"
		default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
		[engine]
		runtime = "runc"
		cgroup_manager = "cgroupfs"
		events_logger = "file"
	END
    cat >"$1/storage.conf" <<-END
		[storage]
		driver = "overlay"
		graphroot = "$1/storage"
		runroot = "$1/run"
	END
}

# The content of the official image of that name: a minimal Debian without documentation, with updates.
make_base() {
    local fs=$root/rootfs
    rm -rf "$fs"
    debootstrap --variant=minbase bookworm "$fs" "$mirror" >&2 || return
    cat >"$fs/etc/apt/sources.list" <<-END
		deb $mirror bookworm main
		deb $mirror bookworm-updates main
		deb $security bookworm-security main
	END
    cat >"$fs/etc/dpkg/dpkg.cfg.d/docker" <<-END
		path-exclude /usr/share/doc/*
		path-include /usr/share/doc/*/copyright
		path-exclude /usr/share/man/*
		path-exclude /usr/share/info/*
		path-exclude /usr/share/locale/*
	END
    echo force-unsafe-io >"$fs/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
    echo 'Acquire::Languages "none";' >"$fs/etc/apt/apt.conf.d/docker-no-languages"
    echo 'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };' \
        >"$fs/etc/apt/apt.conf.d/docker-clean"
    find "$fs/usr/share/doc" -type f ! -name copyright -delete
    find "$fs/usr/share/doc" -type d -empty -delete
    rm -rf "$fs"/usr/share/{man,info,locale}/* "$fs"/var/lib/apt/lists/* "$fs"/var/cache/apt/* "$fs"/var/log/*
    rm -rf "$fs"/var/cache/debconf/*-old "$fs"/var/lib/dpkg/*-old
    # debootstrap copies these two from the machine.
    : >"$fs/etc/resolv.conf"
    echo debian >"$fs/etc/hostname"
    tar -C "$fs" --numeric-owner --sort=name -cf "$root/base.tar.partial" .
    mv "$root/base.tar.partial" "$root/base.tar"
    rm -rf "$fs"
}

up() {
    [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || skip "made for Linux on x86_64"
    [ "$(id -u)" = 0 ] || skip "needs root (MAXATAC_ENGINE and MAXATAC_IMAGE name an engine and an image to test instead)"
    tools
    settings "$root"
    if ! podman image exists "localhost/$base"; then
        [ -s "$root/base.tar" ] || make_base || skip "debootstrap cannot make a base from $mirror"
        podman import --quiet --change 'CMD ["bash"]' "$root/base.tar" "localhost/$base" >&2 ||
            skip "podman cannot store images here"
    fi
    local said
    said=$(podman run --rm --network none "localhost/$base" true 2>&1) || skip "podman cannot run containers here: $said"
}

# A copy of what the Dockerfile reads, with how this machine reaches the package registries.
context() {
    local into=$root/context
    rm -rf "$into"
    mkdir -p -m 700 "$into"
    (cd "$project" && tar -c --exclude=target --exclude=__pycache__ Dockerfile .dockerignore $(sed -n 's/^!//p' .dockerignore)) |
        tar -x -C "$into"
    local registries=$into/docker/registries
    local bundle=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
    [ -s "$bundle" ] && cp "$bundle" "$registries/ca.crt"
    { echo "[global]" && python3 -m pip config list 2>/dev/null |
        sed -nE "s/^(global|install|:env:)\.(index-url|extra-index-url|trusted-host)='(.*)'$/\2 = \3/p" |
        sort -u; } >"$registries/pip.conf"
    local cargo=${CARGO_HOME:-$HOME/.cargo}/config.toml
    [ -s "$cargo" ] && cp "$cargo" "$registries/cargo.toml"
    echo "$into"
}

build() {
    local copied
    copied=$(context)
    local tag=(--tag "$image") word
    for word; do case $word in -t | --tag | --tag=*) tag=() ;; esac; done
    buildah bud --pull-never --layers \
        --build-arg "REVISION=$(git -C "$project" rev-parse HEAD 2>/dev/null || true)" \
        --build-arg "CREATED=$(git -C "$project" log -1 --format=%cI 2>/dev/null || true)" \
        "${tag[@]}" "$@" "$copied"
    rm -rf "$copied"
}

down() {
    buildah rm --all >/dev/null || true
    podman rmi --all --force >/dev/null || true
    # A build that was cut short leaves mounts.
    awk -v root="$root/" 'index($2, root) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r -n 1 umount
    rm -rf "$root"
}

main() {
    local command=${1-}
    [ $# -gt 0 ] && shift
    case $command in
    up | build | down) "$command" "$@" ;;
    podman | buildah) exec "$command" "$@" ;;
    *) sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2 && exit 2 ;;
    esac
}

# In one line, so that the script may be edited while it runs.
main "$@"; exit
