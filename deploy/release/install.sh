#!/bin/sh
# Installs watertight on Linux and macOS: downloads the archive for this machine, checks its SHA-256, and puts the
# program, its man pages and its completions into place. As root to /usr/local, otherwise to ~/.local.
#
#   sh install.sh [--to FOLDER]
set -eu
version="@VERSION@"
url="@URL@"
to=
while [ $# -gt 0 ]; do
  case $1 in
    --to)
      [ $# -ge 2 ] || { echo "install.sh: --to needs a folder" >&2; exit 64; }
      to=$2
      shift 2
      ;;
    -h | --help)
      sed -n '2,5s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *)
      echo "install.sh: unknown argument $1; only --to FOLDER is known" >&2
      exit 64
      ;;
  esac
done
case $url in
  @*) echo "install.sh: this is the unfilled script of the source; take the one of a release" >&2; exit 64 ;;
esac
if [ -z "$to" ]; then
  if [ "$(id -u)" = 0 ]; then to=/usr/local; else to=$HOME/.local; fi
fi
system=$(uname -s)
machine=$(uname -m)
case $system-$machine in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
  Darwin-x86_64) target=x86_64-apple-darwin ;;
  Darwin-arm64) target=aarch64-apple-darwin ;;
  *)
    echo "install.sh: there is no archive for $system on $machine: build it with \`cargo build --release\`" >&2
    exit 69
    ;;
esac
name="watertight-$version-$target"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" || true' EXIT
trap 'exit 130' INT TERM
fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 3 --connect-timeout 20 -o "$scratch/$1" "$url/$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -T 20 -O "$scratch/$1" "$url/$1"
  else
    echo "install.sh: neither curl nor wget is here" >&2
    return 69
  fi || {
    echo "install.sh: cannot download $url/$1" >&2
    return 69
  }
}
fetch SHA256SUMS || exit
fetch "$name.tar.gz" || exit
wanted=$(sed -n "s/^\([0-9a-f]*\) [ *]$name\.tar\.gz\$/\1/p" "$scratch/SHA256SUMS")
if command -v sha256sum >/dev/null 2>&1; then
  found=$(sha256sum "$scratch/$name.tar.gz")
else
  found=$(shasum -a 256 "$scratch/$name.tar.gz")
fi
found=${found%% *}
if [ -z "$wanted" ] || [ "$wanted" != "$found" ]; then
  echo "install.sh: the checksum of $name.tar.gz is $found, and not ${wanted:-listed}: nothing was installed" >&2
  exit 1
fi
tar -C "$scratch" -xzf "$scratch/$name.tar.gz"
mkdir -p "$to/bin" "$to/share/man/man1" "$to/share/man/zh/man1" "$to/share/bash-completion/completions"
# Beside it first: a running program's file cannot be written, but another can take its name.
cp "$scratch/$name/watertight" "$to/bin/.watertight.new"
chmod 755 "$to/bin/.watertight.new"
mv -f "$to/bin/.watertight.new" "$to/bin/watertight"
cp "$scratch/$name"/man/*.1 "$to/share/man/man1/"
cp "$scratch/$name"/man/zh/*.1 "$to/share/man/zh/man1/"
cp "$scratch/$name/completions/watertight.bash" "$to/share/bash-completion/completions/watertight"
"$to/bin/watertight" --version
echo "installed to $to/bin/watertight"
case :$PATH: in
  *":$to/bin:"*) ;;
  *) echo "$to/bin is not in PATH: add it, or call it by its whole name" ;;
esac
