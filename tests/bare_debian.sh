#!/usr/bin/env bash
# Runs a command of this project on a bare Debian 12: a fresh root folder with git and nothing else, entered with chroot.
#
#   sudo tests/bare_debian.sh                     # ./octothorpe demo, timed
#   sudo tests/bare_debian.sh ./octothorpe test   # any other command
#
# Needs root and debootstrap. What is committed is what is tested. DEBIAN_MIRROR names a mirror, BARE_DEBIAN a folder to keep the base system in
# between runs. The names of servers, the extra certificates and the Maven settings of this machine are taken over, so that it works behind a proxy.
set -euo pipefail
project=$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")
((EUID == 0)) || { echo 'bare_debian: this needs root, for chroot' >&2 && exit 1; }
command -v debootstrap >/dev/null || { echo 'bare_debian: type this first: apt-get install -y debootstrap' >&2 && exit 1; }

scratch=$(mktemp -d)
leave() {
  ! mountpoint -q "$scratch/system/proc" || umount "$scratch/system/proc"
  rm -rf --one-file-system "$scratch"
}
trap leave EXIT

base=${BARE_DEBIAN:-$scratch/base}
[[ -x $base/usr/bin/git ]] || debootstrap --variant=minbase --include=git,ca-certificates bookworm "$base" "${DEBIAN_MIRROR:-http://deb.debian.org/debian}"
cp -a --reflink=auto "$base" "$scratch/system"
system=$scratch/system

cp /etc/resolv.conf /etc/hosts "$system/etc/"
if compgen -G '/usr/local/share/ca-certificates/*.crt' >/dev/null; then
  cp /usr/local/share/ca-certificates/*.crt "$system/usr/local/share/ca-certificates/"
  chroot "$system" update-ca-certificates >/dev/null 2>&1
fi
[[ ! -f ${HOME:-/root}/.m2/settings.xml ]] || install -D "${HOME:-/root}/.m2/settings.xml" "$system/root/.m2/settings.xml"
git -C "$project" bundle create --quiet "$system/root/octothorpe.bundle" HEAD
mount -t proc proc "$system/proc"

(($# > 0)) || set -- ./octothorpe demo
environment=(PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root)
for name in http_proxy https_proxy no_proxy MVNW_REPOURL; do
  [[ -z ${!name:-} ]] || environment+=("$name=${!name}")
done
start=$SECONDS status=0
# shellcheck disable=SC2016  # expanded in there
env -i "${environment[@]}" chroot "$system" bash -c 'cd /root && git clone -q -c advice.detachedHead=false octothorpe.bundle octothorpe && cd octothorpe && exec "$@"' bash "$@" || status=$?
echo "bare_debian: '$*' ended with exit code $status after $((SECONDS - start)) s"
exit "$status"
