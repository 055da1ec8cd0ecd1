# Debian's kernels and the first file system of a guest: for the scripts beside it, which set $here and $work.
debian_of() { case "$1" in 5.10) echo bullseye ;; *) echo bookworm ;; esac; }

die() { echo "kernels: $*" >&2; exit 2; }

# An archive that is being updated, or out of reach for a moment, is asked three times.
again() {
  local try
  for try in 5 15 0; do
    "$@" && return
    [ $try = 0 ] || sleep $try
  done
  return 1
}

# apt with lists of its own, so that another Debian's kernels can be had without touching this machine's. The archive is the one that this machine uses.
apt_for() {
  local suite=$1 site folder=$work/apt-$1
  shift
  if [ ! -e "$folder/done" ]; then
    mkdir -p "$folder/lists/partial" "$folder/cache/archives/partial"
    site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -m1 '/debian$') || die "apt knows no Debian archive"
    printf 'deb %s %s main\ndeb %s-security %s-security main\n' "$site" "$suite" "$site" "$suite" >"$folder/sources.list"
  fi
  local options=(-q -o "Dir::Etc::sourcelist=$folder/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$folder/lists"
    -o "Dir::Cache=$folder/cache" -o APT::Sandbox::User=root -o Acquire::Languages=none)
  if [ ! -e "$folder/done" ]; then
    # Without "any", lists that could not be fetched are a warning only.
    again apt-get "${options[@]}" -o APT::Update::Error-Mode=any update >"$folder/log" 2>&1 || die "apt-get update: $(tail -n 1 "$folder/log")"
    touch "$folder/done"
  fi
  "$1" "${options[@]}" "${@:2}"
}

# Unpacks the newest kernel of a series; prints its folder.
kernel() {
  local series=$1 suite package folder
  suite=$(debian_of "$series")
  package=$(apt_for "$suite" apt-cache search --names-only "^linux-image-${series//./\\.}\\.[0-9.]+[+a-z0-9-]*-cloud-amd64\$" | cut -d" " -f1 | sort -V | tail -n 1) || exit 2
  [ -n "$package" ] || die "Debian $suite has no kernel $series"
  folder=$work/$package
  if [ ! -e "$folder/done" ]; then
    mkdir -p "$folder"
    (cd "$folder" && again apt_for "$suite" apt-get download "$package" >download.log 2>&1 && dpkg -x ./*.deb . && rm ./*.deb && touch done) || {
      rm -f "$work/apt-$suite/done" # its lists may be of before an update of the archive
      die "$package: $(tail -n 1 "$folder/download.log")"
    }
  fi
  echo "$folder"
}

# The first file system: busybox, and the modules that a guest may ask for.
initrd() {
  local folder=$1 version tree part
  version=$(basename "$folder"/boot/vmlinuz-* | sed s/^vmlinuz-//)
  tree=$folder/initrd
  [ -e "$folder/initrd.cpio" ] && [ "$folder/initrd.cpio" -nt "$here/init" ] && [ "$folder/initrd.cpio" -nt "$here/machine.sh" ] && return
  rm -rf "$tree"
  mkdir -p "$tree"/{bin,proc,sys,dev,new,"lib/modules/$version/kernel"}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  cp "$here/init" "$tree/init"
  for part in net drivers/net/wireguard drivers/net/vrf.ko drivers/net/vrf.ko.xz drivers/net/veth.ko drivers/net/veth.ko.xz drivers/net/tun.ko drivers/net/tun.ko.xz drivers/virtio drivers/block \
    fs/ext4 fs/jbd2 fs/mbcache.ko fs/mbcache.ko.xz fs/overlayfs lib crypto arch/x86/crypto; do
    [ -e "$folder/lib/modules/$version/kernel/$part" ] || continue
    mkdir -p "$(dirname "$tree/lib/modules/$version/kernel/$part")"
    cp -r "$folder/lib/modules/$version/kernel/$part" "$tree/lib/modules/$version/kernel/$part"
  done
  find "$tree/lib/modules" -name '*.xz' -exec xz -d {} +
  cp "$folder/lib/modules/$version"/modules.{order,builtin,builtin.modinfo} "$tree/lib/modules/$version/"
  depmod -b "$tree" "$version"
  (cd "$tree" && find . | cpio -o -H newc --quiet) >"$folder/initrd.cpio"
  rm -rf "$tree"
}
