#!/usr/bin/env bash
# Runs a command as an ordinary user whose own rootless podman has the image localhost/maxatac:ci, as on a shared
# machine: the container then has that user's number, 54321, and nobody is root anywhere.
#
#   rootless.sh podman run --rm localhost/maxatac:ci --version
#   ROOTLESS_PATH=/opt/tools/bin rootless.sh cwltool --podman ...
#
# Start it in a folder that this user may read; ROOTLESS_PATH goes before the system's PATH, and its programs must be
# readable, too. With --home it prints a folder that the user may write to. The stack (stack.sh) must be up and the
# image built. Status 77: it cannot be done here, and the reason is told.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=${MAXATAC_CONTAINERS:-/tmp/maxatac-containers}
image=localhost/maxatac:ci
user=ciuser number=54321
home=$root/rootless

skip() {
    echo "rootless containers left out: $*" >&2
    exit 77
}

as_user() {
    runuser -u "$user" -- env -i HOME="$home" USER="$user" LANG=C.UTF-8 XDG_RUNTIME_DIR="$home/runtime" TMPDIR="$home/tmp" \
        PATH="${ROOTLESS_PATH:+$ROOTLESS_PATH:}/usr/local/bin:/usr/bin:/bin" "$@"
}

[ "$(id -u)" = 0 ] || skip "becoming another user needs root"
if ! id "$user" >/dev/null 2>&1; then
    [ "${CI-}" = true ] || skip "no user $user (CI=true creates it)"
    useradd --uid "$number" --home-dir "$home" --no-create-home --shell /bin/sh "$user" || skip "no user can be made"
fi
if [ ! -e "$home/.config/containers/storage.conf" ]; then
    mkdir -p "$home/.config/containers" "$home/tmp"
    mkdir -p -m 700 "$home/runtime"
    sed "s|$root|$home|" "$root/storage.conf" >"$home/.config/containers/storage.conf"
    cp "$root/containers.conf" "$home/.config/containers/containers.conf"
    chown -R "$user": "$home"
fi
[ "${1-}" = --home ] && echo "$home" && exit

cd_to=$PWD
as_user test -x "$cd_to" || cd "$home"
built=$("$here/stack.sh" podman image inspect --format '{{.Id}}' "$image") || skip "no image; run stack.sh build"
there=$(as_user podman image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
if [ "$built" != "$there" ]; then
    as_user podman rmi --force "$image" >/dev/null 2>&1 || true
    "$here/stack.sh" podman save --quiet "$image" | (cd "$home" && as_user podman load --quiet) >/dev/null ||
        skip "rootless podman cannot store the image"
fi
as_user "$@"
