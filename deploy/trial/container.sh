#!/bin/bash
# What the Dockerfile's last stage does, by hand in a root folder that debootstrap has made, where there is no container engine. Then
# the container's way to start: a read-only root, its own user without any capability, and /data. Needs root.
# container.sh <root folder> <kaipiao> <a folder of what Docker is sent>
# shellcheck disable=SC2016 # the shells within expand what is theirs
set -euo pipefail
root=$1
binary=$2
sent=$3
here=$(cd "$(dirname "$0")" && pwd)
mapfile -t environment < <(sed -n 's/^ENV //p' "$here/../Dockerfile")

say() { echo "== $*"; }
say "the Dockerfile's steps"
chroot "$root" groupadd --gid 10001 kaipiao
chroot "$root" useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin kaipiao
chroot "$root" install --directory --mode=0700 --owner=10001 --group=10001 /data
install -D -m 755 "$binary" "$root/usr/bin/kaipiao"
install -D -m 644 -t "$root/usr/share/doc/kaipiao" "$sent/LICENSE" "$sent"/crates/render/fonts/OFL{,-kai}.txt
install -D -m 644 "$sent/deploy/container.toml" "$root/etc/kaipiao/kaipiao.toml"

# In namespaces of their own: mounts, processes, network. What docker run --read-only --cap-drop ALL --user 10001 does.
within() {
  unshare --mount --pid --net --fork --kill-child bash -euo pipefail -c '
    ip link set lo up
    mount --bind "$0" "$0"
    mount --bind "$0/data" "$0/data"
    mount -o remount,bind,ro "$0"
    mount -t proc proc "$0/proc"
    exec chroot "$0" setpriv --reuid 10001 --regid 10001 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
      env --ignore-environment PATH=/usr/bin:/bin HOME=/data "${@:2}" bash -euo pipefail -c "$1"' "$root" "$1" "${environment[@]}"
}

say "the entry point, with a read-only root"
within '
  cd /data
  kaipiao serve --config /etc/kaipiao/kaipiao.toml > serve.log 2>&1 &
  for _ in $(seq 100); do
    if kaipiao health --config /etc/kaipiao/kaipiao.toml > health.log 2>&1; then break; fi
    sleep 0.1
  done
  kaipiao health --config /etc/kaipiao/kaipiao.toml || { cat serve.log; exit 1; }
  id
  grep -E "^Cap(Eff|Prm|Bnd)" /proc/$!/status
  if touch /usr/bin/x 2> /dev/null; then echo "FAILED: the root can be written to"; exit 1; fi
  kill $!
  wait $!
  ls /data
'
say "the sandbox of the tests, the whole order"
within '
  cd /data
  kaipiao serve --data /data/sandbox > sandbox.log 2>&1 &
  for _ in $(seq 100); do
    if kaipiao health > health.log 2>&1; then break; fi
    sleep 0.1
  done
  kaipiao demo > demo.log || { tail demo.log; exit 1; }
  wc -l < demo.log
  kill $!
  wait $!
'
echo "as it should be"
