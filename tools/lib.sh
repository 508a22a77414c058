# shellcheck shell=bash disable=SC2034
# What the scripts in this folder share: messages, and long steps that keep quiet. Sourced.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
log_dir=$repository/build/log

die() {
  printf '%s: error: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

say() { printf '%s: %s\n' "$(basename "$0")" "$*"; }

usage() { # prints the comment at the head of the calling script
  sed -n '2,/^[^#]/{/^#/s/^# \{0,1\}//p}' "$0"
}

# The command prefix that gives root: nothing for root itself.
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi

jobs_allowed() { nproc 2>/dev/null || echo 2; }

last_line() { tail -c 2000 "$1" | tr '\r' '\n' | sed '/^[[:space:]]*$/d' | tail -n 1 | cut -c1-90; }

# step NAME TITLE COMMAND…: runs the command with its output in build/log/NAME.log. Says what goes
# on every 15 seconds and how long it took; on failure shows the end of the log and returns 1.
step() {
  local log=$log_dir/$1.log title=$2 begin=$SECONDS child status=0 next_sign=15
  shift 2
  mkdir -p "$log_dir"
  "$@" >"$log" 2>&1 </dev/null &
  child=$!
  # A signal to the script must not leave a build behind.
  trap 'kill "$child" 2>/dev/null || true; exit 130' INT TERM
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.1
    if [ $((SECONDS - begin)) -ge "$next_sign" ]; then
      next_sign=$((next_sign + 15))
      say "$title: $((SECONDS - begin)) s … $(last_line "$log")"
    fi
  done
  wait "$child" || status=$?
  trap - INT TERM
  if [ "$status" -eq 0 ]; then
    say "$title: done in $((SECONDS - begin)) s"
    return 0
  fi
  say "$title: FAILED after $((SECONDS - begin)) s (exit code $status)" >&2
  echo "--- last 20 lines of $log" >&2
  tail -n 20 "$log" >&2
  return 1
}

# configure PRESET ON|OFF: makes build/PRESET. The second argument says whether tests are wanted; a
# folder that already has them keeps them, so that tools/run and tools/test share their objects.
configure() {
  local folder=$repository/build/$1 tests=$2
  if [ -f "$folder/build.ninja" ]; then
    # ninja itself runs cmake again when a CMakeLists.txt changed.
    if [ "$tests" = OFF ] || grep -q '^BUILD_TESTING:BOOL=ON' "$folder/CMakeCache.txt"; then
      return 0
    fi
  fi
  step "configure-$1" "configuring ($1)" \
    cmake -S "$repository" --preset "$1" "-DBUILD_TESTING=$tests"
}
