#!/bin/bash
# In Docker's place where a page's workflow is played: a container is a process of the program, in a folder of its own, and takes
# the options that pages give. BOOK_SERVER=dies: it ends as soon as it is started.
set -euo pipefail
place=$PWD/docker
case $1 in
  run)
    shift
    while [[ $1 == --* ]]; do
      case $1 in
        --detach) shift ;;
        --network | --name) shift 2 ;;
        *) echo "docker run: what is $1?" >&2; exit 125 ;;
      esac
    done
    shift
    mkdir -p "$place"
    if [ "$BOOK_SERVER" = dies ]; then exit 0; fi
    kaipiao "${@/#\/data/$place/data}" --listen "127.0.0.1:$BOOK_PORT" > "$place/log" 2>&1 &
    echo $! > "$place/pid"
    ;;
  exec)
    [ "$2 $3" = "kaipiao kaipiao" ]
    exec "${@:3}" --server "http://127.0.0.1:$BOOK_PORT"
    ;;
  logs) if [ -e "$place/log" ]; then cat "$place/log"; fi ;;
  rm)
    if [ -e "$place/pid" ]; then
      kill "$(cat "$place/pid")" || true
      rm "$place/pid"
    fi
    ;;
  *) echo "docker: what is $1?" >&2; exit 125 ;;
esac
