# Sourced by scripts/vm/kernel: the package archive that this machine uses, and the later releases in it, seen through
# lists and settings below $apt. Reading them needs no root and leaves the machine's own lists alone. The set of sources
# in use is $sources: `own` for those of this release, `all` for the later ones as well.
# shellcheck shell=bash disable=SC2154 # $apt, $sources and $spec are the caller's
arch=$(dpkg --print-architecture 2>/dev/null || uname -m)
# Releases that may follow the machine's own, oldest first, where distro-info-data is not installed to name them.
debian_releases="bookworm trixie forky duke"
ubuntu_releases="jammy noble plucky questing resolute"

# A field of /etc/os-release.
system() { sed -nE "s/^$1=\"?([^\"]*)\"?\$/\1/p" /etc/os-release; }

# The sources of the machine's archive, once as they stand and once for every later release, in a directory of their own:
# reading them needs no root, and the machine's own package lists stay as they are.
write_sources() {
  local id codename releases later suites file release suite
  id=$(system ID)
  codename=$(system VERSION_CODENAME)
  case $id in
  debian) releases=$debian_releases ;;
  ubuntu) releases=$ubuntu_releases ;;
  *) fail 69 "cannot find kernel packages on '$id', only on Debian and Ubuntu; give --kernel PATH/TO/vmlinuz" ;;
  esac
  if [[ -r /usr/share/distro-info/$id.csv ]]; then
    releases=$(awk -F, 'NR > 1 && $3 != "sid" && $3 != "experimental" { print $3 }' "/usr/share/distro-info/$id.csv")
  fi
  releases=" ${releases//$'\n'/ } "
  later=""
  [[ $releases == *" $codename "* ]] && later=${releases#*" $codename "}
  suites="$codename-backports"
  [[ $id == ubuntu ]] && suites="$codename-proposed"
  for release in $later; do suites+=" $release $release-updates $release-backports"; done
  [[ $id == debian ]] && suites+=" sid"

  rm -rf "$apt/own" "$apt/newer"
  mkdir -p "$apt/own" "$apt/newer" "$apt/cache/archives/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    # A stanza counts if it serves this release; only the one with the release itself also serves the later ones.
    awk -v RS= -v ORS='\n\n' -v name="$codename" '$0 ~ "(^|\n)Suites:[^\n]*[ \t]" name && /Types:[^\n]*deb/' \
      "$file" >"$apt/own/$(basename "$file")"
    awk -v RS= -v ORS='\n\n' -v name="$codename" -v suites="$suites" \
      '$0 ~ "(^|\n)Suites:([^\n]*[ \t])?" name "([ \t\n]|$)" && /Types:[^\n]*deb/ { sub(/Suites:[^\n]*/, "Suites: " suites); print }' \
      "$file" >"$apt/newer/$(basename "$file")"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -r $file ]] || continue
    sed -nE "/^deb\s.*\s$codename([-\/][a-z]+)?\s/p" "$file" >"$apt/own/$(basename "$file" .list).list"
    for suite in $suites; do
      sed -nE "s/^(deb\s.*\s)$codename(\s)/\1$suite\2/p" "$file"
    done >"$apt/newer/$(basename "$file" .list).list"
  done
  find "$apt/own" "$apt/newer" -size 0 -delete
  [[ -n $(ls "$apt/own") ]] || fail 69 "no apt source in /etc/apt serves '$codename'; give --kernel PATH/TO/vmlinuz"
}

# apt with private lists; $sources says which set of sources it sees. The machine's hooks are not for us: they clean and
# index what is the machine's.
apt_private() {
  local tool=$1
  shift
  cat >"$apt/apt.conf" <<END
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear Acquire::IndexTargets;
Acquire::IndexTargets::deb::Packages { MetaKey "\$(COMPONENT)/binary-\$(ARCHITECTURE)/Packages"; ShortDescription "Packages"; Description "\$(RELEASE)/\$(COMPONENT) \$(ARCHITECTURE) Packages"; };
Acquire::Languages "none";
APT::Sandbox::User "";
Dir::Etc::SourceList "/dev/null";
Dir::Etc::SourceParts "$apt/$sources";
Dir::State::Lists "$apt/lists-$sources";
Dir::Cache "$apt/cache";
END
  "$tool" -c "$apt/apt.conf" "$@"
}

# Refreshes the lists of $sources. A suite that does not exist (yet) is no failure while another one answers.
refresh_lists() {
  command -v apt-get >/dev/null || fail 69 "no apt-get here to fetch a kernel with; give --kernel PATH/TO/vmlinuz"
  mkdir -p "$apt"
  write_sources
  rm -rf "$apt/all"
  mkdir -p "$apt/all" "$apt/lists-$sources/partial"
  local file
  for file in "$apt/own"/*; do cp "$file" "$apt/all/own-${file##*/}"; done
  for file in "$apt/newer"/*; do cp "$file" "$apt/all/newer-${file##*/}"; done
  echo "rxe-vm: reading the package lists for a kernel ($spec)" >&2
  if ! apt_private apt-get -qq update >"$apt/log" 2>&1 && [[ -z $(compgen -G "$apt/lists-$sources/*Packages*") ]]; then
    fail 69 "cannot reach the package archive ($(grep -m1 -E '^(E|W|Err)' "$apt/log" || echo 'see apt-get update')); once it answers, run: $rxe_vm --kernel $spec true"
  fi
}

# Every kernel release that the lists offer in the plain flavour, oldest first.
offered() {
  local flavour=$arch
  [[ $(system ID) == ubuntu ]] && flavour=generic
  apt_private apt-cache pkgnames linux- |
    sed -nE "s/^linux-(image|binary)(-unsigned)?-([0-9][^-]*(-[0-9]+)?-$flavour)\$/\3/p" | sort -Vu
}

# The release that `stable` means: what the distribution's own kernel package depends on.
stable_release() {
  local meta=linux-image-$arch
  [[ $(system ID) == ubuntu ]] && meta=linux-image-generic
  apt_private apt-cache depends "$meta" 2>/dev/null | sed -nE 's/^ *Depends: linux-image-([0-9].*)/\1/p' | head -n 1
}
