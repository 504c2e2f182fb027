#!/bin/bash
# Run by systemd as root in a root folder of its own (`cargo xtask package`): installs old.deb, starts it, works with it,
# upgrades to new.deb, removes, purges. The first thing that is not as it should be ends it.
set -euo pipefail
cd "$(dirname "$0")"
K=http://127.0.0.1:8080
TOKEN_FILE=/etc/kaipiao/admin-token

say() { echo "== $*"; }
fail() { echo "FAILED: $*"; exit 1; }
version() { dpkg-query --show --showformat '${Version}' kaipiao; }
process() { systemctl show --property MainPID --value "$1"; }
admin() { curl -sS -X "$1" "$K/admin/v1/$2" -H "Authorization: Bearer $(cat "$TOKEN_FILE")" "${@:3}"; }
# Right after a start, as systemd has been told that it listens.
healthy() { kaipiao health --config "/etc/kaipiao/$1"; }

say "install, set up and start, as the book has it"
apt-get() { DEBIAN_FRONTEND=noninteractive command apt-get --yes --no-install-recommends "$@"; }
editor() { # the settings file
  [ "$(systemctl is-active kaipiao || true)" = inactive ] || fail "it was started before anybody has set it up"
  [ "$(stat --format '%U:%G %a' /etc/kaipiao)" = "root:kaipiao 750" ] || fail "who may read the settings"
  [ "$(stat --format '%U:%G %a' /var/lib/kaipiao)" = "kaipiao:kaipiao 700" ] || fail "who may read the data"
  sed -i 's/^# admin_token_file/admin_token_file/' "$1"
}
# shellcheck source=/dev/null # a block of docs/en/packages.md
. ./set_up.sh
old=$(version)
kaipiao console-user --config /etc/kaipiao/kaipiao.toml list | grep -q '^amy  operator$' || fail "the console's first user"
files=$(find /var/lib/kaipiao ! -user kaipiao)
[ -z "$files" ] || fail "not the server's: $files"
problems=$(systemd-analyze verify --man=no kaipiao.service 2>&1) || fail "systemd on the unit: $problems"
[ -z "$problems" ] || fail "systemd on the unit: $problems"
for completions in bash-completion/completions/kaipiao zsh/vendor-completions/_kaipiao fish/vendor_completions.d/kaipiao.fish; do
  grep -q health "/usr/share/$completions" || fail "$completions completes nothing"
done
bash -c '. /usr/share/bash-completion/completions/kaipiao && complete -p kaipiao' > /dev/null || fail "bash completes nothing"
[ "$(stat --format %U "/proc/$(process kaipiao)")" = kaipiao ] || fail "whose process it is"
admin PUT accounts/wx0123456789abcdef -d '{"role":"merchant","name":"Shop"}' | grep -q '"name":"Shop"' || fail "an account is added"
kaipiao doctor --config /etc/kaipiao/kaipiao.toml | grep -E '^(warning|error)' || true

say "reload"
before=$(process kaipiao)
systemctl reload kaipiao
healthy kaipiao.toml
[ "$(process kaipiao)" = "$before" ] || fail "a reload starts it anew"

say "a whole order and an upload under the same unit, in a sandbox"
sed -e 's/kaipiao.toml/sandbox.toml/' -e 's/^StateDirectory=kaipiao/StateDirectory=kaipiao-sandbox/' \
  /lib/systemd/system/kaipiao.service > /etc/systemd/system/kaipiao-sandbox.service
printf 'listen = "127.0.0.1:8081"\ndata = "/var/lib/kaipiao-sandbox"\n' > /etc/kaipiao/sandbox.toml
systemctl daemon-reload
systemctl start kaipiao-sandbox
healthy sandbox.toml
kaipiao demo --curl --server http://127.0.0.1:8081 > order.sh
bash order.sh > order.out 2>&1 || { cat order.out; fail "the order"; }
grep -q '"pdfurl"' order.out || { cat order.out; fail "the order has no invoice"; }
[ "$(head -c 5 invoice.pdf)" = %PDF- ] || fail "the invoice is no PDF"
platform=$(curl -sS 'http://127.0.0.1:8081/cgi-bin/token?grant_type=client_credential&appid=wx6b61697069616f32&secret=6b61697069616f2d706c6174666f726d' |
  grep -o '"access_token":"[^"]*"' | cut -d '"' -f 4)
curl -sS -F pdf=@invoice.pdf "http://127.0.0.1:8081/card/invoice/platform/setpdf?access_token=$platform" | tee upload.out
grep -q '"s_media_id"' upload.out || fail "a PDF cannot be uploaded: the process that reads it may not do so"
systemctl stop kaipiao-sandbox
rm -r /etc/systemd/system/kaipiao-sandbox.service /etc/kaipiao/sandbox.toml /var/lib/kaipiao-sandbox

say "upgrade"
dpkg --install new.deb < /dev/null
[ "$(version)" != "$old" ] || fail "the version is the old one"
[ "$(process kaipiao)" != "$before" ] || fail "the old program goes on"
healthy kaipiao.toml
grep -q '^admin_token_file' /etc/kaipiao/kaipiao.toml || fail "the settings were overwritten"
admin GET accounts | grep -q wx0123456789abcdef || fail "the account is gone"

say "root writes nothing among the server's data"
systemctl stop kaipiao
refused=$(kaipiao console-user --config /etc/kaipiao/kaipiao.toml add bo 2>&1) && fail "root adds a user to the data"
[[ $refused == *"runuser -u kaipiao -- kaipiao"* ]] || fail "what root is told: $refused"
systemctl start kaipiao

say "remove"
dpkg --remove kaipiao
[ "$(systemctl is-active kaipiao || true)" != active ] || fail "it goes on"
[ -e /var/lib/kaipiao/kaipiao.sqlite3 ] || fail "removing has removed the data"
[ -e /etc/kaipiao/kaipiao.toml ] || fail "removing has removed the settings"

say "install again"
dpkg --install new.deb < /dev/null
systemctl start kaipiao
healthy kaipiao.toml
admin GET accounts | grep -q wx0123456789abcdef || fail "the account is gone"

say "purge"
dpkg --purge kaipiao
[ ! -e /var/lib/kaipiao ] || fail "the data is left"
[ ! -e /etc/kaipiao ] || fail "the settings are left"
[ ! -e /usr/bin/kaipiao ] || fail "the program is left"
getent passwd kaipiao > /dev/null || fail "the user is gone, who may have files elsewhere"
echo "as it should be"
